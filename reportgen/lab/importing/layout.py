"""Folders as the course's framework leaves them -> what each configuration left, by the names of files alone.

Checkpoints are ``<results>/<configuration>/<step>/*.bin``, curves ``<runs>/<configuration>/events.out.tfevents.*`` or
tables that a tracker exported. They may lie at any depth, each kind alone or both.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reportgen.base.errors import ConfigError

GENERATOR, DISCRIMINATOR, VAE = "generator.bin", "discriminator.bin", "pytorch_model.bin"
CHECKPOINT_FILES = (GENERATOR, DISCRIMINATOR, VAE)
EVENTS = "events.out.tfevents."
TABLE_ENDINGS = (".csv", ".parquet")
UNNUMBERED = 0
"""Step of a checkpoint whose folder names none."""

GENERAL_STEMS = ("history", "metrics", "scalars", "log", "logs", "data", "progress", "results")
"""Names of tables that are not those of a configuration."""

HINTS: Mapping[str, str] = {
    "z": "latent_dim",
    "latent": "latent_dim",
    "hidden": "hidden_dim",
    "gh": "hidden_dim",
    "dh": "hidden_dim",
    "batch": "batch_size",
    "num-train-steps": "num_training_steps",
    "lr": "learning_rate",
    "use_mlp": "use_mlp",
}
"""Word in a configuration's name -> the setting whose value follows it."""


@dataclass
class Candidate:
    """What one configuration left: its checkpoints by step, counted from 1, and the files of its curves."""

    name: str
    root: Path
    """Folder that was searched; paths are shown from its parent on."""
    folder: Path
    checkpoints: dict[int, dict[str, Path]] = field(default_factory=dict)
    """Step -> name of the file -> path."""
    events: list[Path] = field(default_factory=list)
    tables: list[Path] = field(default_factory=list)

    def show(self, path: Path) -> str:
        """Return a path from the searched folder's name on, with forward slashes."""
        return path.relative_to(self.root.parent).as_posix()


def find_candidates(folders: Sequence[Path]) -> list[Candidate]:
    """Find all configurations below some folders, in the order of their names.

    Raises:
        ConfigError: a folder does not exist, or has neither checkpoints nor curves.
    """
    found = []
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"import {folder}: no such folder")
        candidates = _search(folder.resolve())
        if not candidates:
            raise ConfigError(
                f"import {folder}: neither checkpoints (<configuration>/<step>/{GENERATOR} or {VAE}) nor curves "
                f"(<configuration>/{EVENTS}*, CSV or parquet) are in it"
            )
        found += candidates
    return found


def _search(root: Path) -> list[Candidate]:
    files = sorted(Path(folder) / name for folder, _, names in os.walk(root) for name in names)
    by_folder: dict[Path, Candidate] = {}
    for path in files:
        if path.name in CHECKPOINT_FILES:
            is_numbered = re.fullmatch(r"[0-9]{1,9}", path.parent.name) is not None
            folder = path.parent.parent if is_numbered else path.parent
            step = int(path.parent.name) + 1 if is_numbered else UNNUMBERED
            candidate = by_folder.setdefault(folder, Candidate(folder.name, root, folder))
            candidate.checkpoints.setdefault(step, {})[path.name] = path
    for path in files:
        if path.name.startswith(EVENTS):
            _assign(by_folder, path.parent, path.parent, root).events.append(path)
        elif path.suffix in TABLE_ENDINGS:
            own = path.parent if path.stem in GENERAL_STEMS else path.with_suffix("")
            _assign(by_folder, path.parent, own, root).tables.append(path)
    return sorted(by_folder.values(), key=lambda candidate: (candidate.name, candidate.folder))


def _assign(by_folder: dict[Path, Candidate], parent: Path, own: Path, root: Path) -> Candidate:
    """Return the candidate that a file of curves belongs to: of those with checkpoints the nearest of its name.

    The name is that of the file or of a folder above it; without checkpoints of any such name it is on its own.
    """
    names = (own.name, *(folder.name for folder in (parent, *parent.parents) if folder.is_relative_to(root)))
    for name in names:
        alike = [folder for folder, c in by_folder.items() if c.name == name and (c.checkpoints or folder == own)]
        if alike:
            return by_folder[max(alike, key=lambda folder: _count_shared(folder, own))]
    return by_folder.setdefault(own, Candidate(own.name, root, own))


def _count_shared(one: Path, other: Path) -> int:
    pairs = zip(one.parts, other.parts, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one.parts), len(other.parts)))


def read_hints(name: str) -> dict[str, str]:
    """Return what a configuration's name says of its settings, as texts by setting; of two values the last."""
    words = "|".join(map(re.escape, sorted(HINTS, key=len, reverse=True)))
    return {HINTS[word]: value for word, value in re.findall(rf"(?:^|[_-])({words})[-_]([0-9.e]+|True|False)", name)}


def list_contradictions(name: str, settings: Mapping[str, object]) -> Iterator[str]:
    """Yield what a configuration's name says and its tensors or steps contradict, each in a few words."""
    hints: Iterable[tuple[str, str]] = read_hints(name).items()
    for field_name, text in hints:
        if field_name == "use_mlp":
            field_name, text = "architecture", "mlp" if text == "True" else "conv"
        found = settings.get(field_name)
        if found is not None and str(found) != text and not _is_equal(found, text):
            yield f"{field_name} is {found}, the folder's name says {text}"


def _is_equal(found: object, text: str) -> bool:
    try:
        return isinstance(found, int | float) and float(text) == found
    except ValueError:
        return False
