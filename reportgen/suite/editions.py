"""Commented suites to begin with, each a part of the shipped ``experiments.yaml``, so that its text has one home."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reportgen.assets import OWN_OUTLINE, find_suite
from reportgen.base.errors import ConfigError
from reportgen.suite.loading import json_schema

EditionName = Literal["1", "2", "full", "own"]


@dataclass(frozen=True)
class Edition:
    """Part of the shipped suite: its entries under ``runs``, all if there are none, and the lines that read otherwise.

    An empty new text takes the whole line away.
    """

    groups: tuple[str, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)


_OUTLINE = (
    "outline: full             "
    "# what the report contains: full, vae-gan (edition 1), gan (edition 2), or a file of yours"
)
_SHARED_RUN = "gan-hidden-sweep:         # latent 100, hidden 16 stands in the grid too: it is one run that both share"

EDITIONS: Mapping[EditionName, Edition] = {
    "1": Edition(
        ("vae-latent-sweep", "vae-all-linear", "gan-hidden-sweep"),
        {
            _OUTLINE: _OUTLINE.replace("full   ", "vae-gan", 1),
            "gan: {batch_size: 64, num_training_steps: 5000, learning_rate: 2e-4}": (
                "gan: {batch_size: 64, num_training_steps: 25000, learning_rate: 2e-4}"
            ),
            _SHARED_RUN: "gan-hidden-sweep:",
        },
    ),
    "2": Edition(
        ("gan-grid", "gan-mlp", "gan-relu"),
        {
            "zh: MNIST上的生成模型：变分自编码器与生成对抗网络": "zh: MNIST上的生成对抗网络",
            'en: "Generative models on MNIST: variational autoencoders and adversarial networks"': (
                "en: Generative adversarial networks on MNIST"
            ),
            _OUTLINE: _OUTLINE.replace("full", "gan ", 1),
            "vae: {batch_size: 32, num_training_steps: 25000, learning_rate: 1e-3}": "",
            "section: gan_grid": "section: gan_grid       # the question of the report that these runs answer",
            "vae: {num_training_steps: 1800, image_interval: 450}": "",
        },
    ),
    "full": Edition(),
    "own": Edition(
        ("vae-latent-sweep", "gan-grid"),
        {
            _OUTLINE: "outline: outline.yaml     # what the report contains: this file is yours; or full, vae-gan, gan",
            "latent_dim: [3, 10, 64, 100]": "latent_dim: [3, 100]",
        },
    ),
}
"""Suites by name: the editions of the homework, both together, and one for questions of one's own."""


def compose_suite(name: EditionName) -> str:
    """Return the text of a suite to begin with, with its comments."""
    edition, text = EDITIONS[name], find_suite().read_text(encoding="utf-8")
    if edition.groups:
        head, declared, rest = text.partition("\nruns:")
        runs, profiles, tail = rest.partition("\nprofiles:")
        first, *others = runs.rstrip().split("\n\n")
        title, _, first = first.partition("\n")
        kept = [block for block in (first, *others) if block.split(":")[0].strip() in edition.groups]
        text = f"{head}{declared}{title}\n" + "\n\n".join(kept) + f"\n{profiles}{tail}"
    for old, new in edition.lines.items():
        before, found, after = text.partition(old)
        assert found, f"experiments.yaml has no '{old}'"
        text = before + new + after if new else before.rstrip(" ") + after.removeprefix("\n")
    return text


def write_edition(folder: Path, name: EditionName) -> list[Path]:
    """Write a suite to begin with and what it names: the schema for editors and, of the own one, an outline.

    Return the paths of what was written, the suite first. A schema that is there already is left as it is.

    Raises:
        ConfigError: the folder has such a suite or outline already, or cannot be written to; nothing is overwritten.
    """
    texts = {folder / "experiments.yaml": compose_suite(name)}
    if name == "own":
        texts[folder / "outline.yaml"] = OWN_OUTLINE.read_text(encoding="utf-8")
    for path in texts:
        if path.exists():
            raise ConfigError(f"{path}: is there already and was left as it is; name another folder, or move it away")
    schema = folder / "experiments.schema.json"
    if not schema.exists():
        texts[schema] = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            with path.open("x", encoding="utf-8") as stream:
                stream.write(text)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written to ({error.strerror or error}); name another folder") from None
    return list(texts)
