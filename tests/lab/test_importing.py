"""What was trained elsewhere, as the course's framework leaves it: read, matched, measured, or refused in a line."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from framework import build_gan, run_import, write_events, write_gan
from requiring import require_module
from torch import nn

from reportgen.base.errors import ConfigError, ReportgenError, RunError
from reportgen.lab import importing
from reportgen.lab.importing.curves import list_rows
from reportgen.lab.importing.events import read_events
from reportgen.lab.importing.layout import find_candidates, list_contradictions, read_hints
from reportgen.lab.importing.runs import read_candidate
from reportgen.lab.importing.tables import read_table
from reportgen.lab.importing.weights import Mismatch, match_gan, match_vae, read_state
from reportgen.lab.models.gan import build_discriminator, build_generator
from reportgen.lab.models.vae import Vae
from reportgen.suite.settings import GanSettings, VaeSettings

COMMON = "dataset: mnist-5k\nfid: {num_images: 50, inception: off}\n"

# ---- names and places -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("z-100_batch-64_num-train-steps-25000", {"latent_dim": "100", "num_training_steps": "25000"}),
        ("latent-100_hidden-16_batch-64_num-train-steps-5000", {"hidden_dim": "16", "latent_dim": "100"}),
        ("z-16_gh-100_dh-100_batch-64_num-train-steps-5000", {"hidden_dim": "100", "batch_size": "64"}),
        ("z-100_batch-64_hidden-100_num-train-steps-5000-use_mlp_True", {"use_mlp": "True", "hidden_dim": "100"}),
        ("final version", {}),
    ],
)
def test_a_name_gives_hints(name: str, expected: dict[str, str]) -> None:
    assert expected.items() <= read_hints(name).items()


def test_what_contradicts_a_name_is_said() -> None:
    name = "z-100_batch-64_hidden-8_num-train-steps-5000-use_mlp_True"
    settings = {"latent_dim": 100, "hidden_dim": 16, "architecture": "conv", "num_training_steps": 5000}
    assert list(list_contradictions(name, settings)) == [
        "hidden_dim is 16, the folder's name says 8",
        "architecture is conv, the folder's name says mlp",
    ]


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_curves_join_the_nearest_checkpoints_of_their_name(tmp_path: Path) -> None:
    for person in ("a", "b"):
        touch(tmp_path / person / "results" / "z-1" / "0" / "pytorch_model.bin")
        touch(tmp_path / person / "runs" / "z-1" / "events.out.tfevents.1.host")
    touch(tmp_path / "b" / "exported" / "z-1.csv", tmp_path / "alone" / "events.out.tfevents.2.host")
    found = {c.folder.relative_to(tmp_path).as_posix(): c for c in find_candidates([tmp_path])}
    assert list(found) == ["alone", "a/results/z-1", "b/results/z-1"]
    assert [c.events[0].parts[-4:-2] for c in found.values() if c.checkpoints] == [("a", "runs"), ("b", "runs")]
    assert [path.name for path in found["b/results/z-1"].tables] == ["z-1.csv"]


def test_any_folder_on_the_way_can_be_named(tmp_path: Path) -> None:
    step = tmp_path / "results" / "z-1" / "24999"
    touch(step / "generator.bin", step / "discriminator.bin")
    for folder in (tmp_path, step.parent.parent, step.parent, step):
        (candidate,) = find_candidates([folder])
        assert (candidate.name, list(candidate.checkpoints)) == ("z-1", [25000])


def test_a_folder_without_anything_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"neither checkpoints .* nor curves"):
        find_candidates([tmp_path])
    with pytest.raises(ConfigError, match="no such folder"):
        find_candidates([tmp_path / "no"])


# ---- layers ---------------------------------------------------------------------------------------------------------


def names_of(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A state dict under names that say nothing, in the same order."""
    prefixes = {name: i for i, name in enumerate(dict.fromkeys(n.rpartition(".")[0] for n in state))}
    return {f"x{prefixes[n.rpartition('.')[0]]}.{n.rpartition('.')[2]}": tensor for n, tensor in state.items()}


@pytest.mark.parametrize("architecture", ["conv", "mlp"])
def test_a_gan_is_matched_by_shapes_whatever_its_names(architecture: Any) -> None:
    settings = GanSettings(architecture=architecture, latent_dim=5, hidden_dim=3)
    generator, discriminator = build_generator(settings), build_discriminator(settings)
    matched = match_gan(names_of(generator.state_dict()), names_of(discriminator.state_dict()))
    assert matched.settings == {"model": "gan", "architecture": architecture, "latent_dim": 5, "hidden_dim": 3}
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        network.load_state_dict(matched.states[name])


def test_layers_without_bias_draw_the_same(tmp_path: Path) -> None:
    settings = GanSettings(latent_dim=5, hidden_dim=3)
    generator, discriminator = build_generator(settings), build_discriminator(settings)
    layers = [layer for layer in generator.modules() if isinstance(layer, nn.ConvTranspose2d)]
    state = {name: t for name, t in generator.state_dict().items() if name not in ("layers.0.bias", "layers.3.bias")}
    for layer in layers[:2]:
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
    matched = match_gan(state, discriminator.state_dict())
    rebuilt = build_generator(settings)
    rebuilt.load_state_dict(matched.states["generator"])
    z = torch.randn(2, 5, 1, 1)
    torch.testing.assert_close(rebuilt.eval()(z), generator.eval()(z), rtol=0, atol=0)


@pytest.mark.parametrize("architecture", ["conv", "linear"])
@pytest.mark.parametrize("decoder_first", [False, True])
@pytest.mark.parametrize("has_heads", [False, True])
def test_a_vae_is_matched_in_any_order_and_with_two_heads(
    architecture: Any, decoder_first: bool, has_heads: bool
) -> None:
    vae = Vae(VaeSettings(architecture=architecture, latent_dim=7))
    state = vae.state_dict()
    encoder = {name: t for name, t in state.items() if name.startswith("encoder")}
    decoder = {name: t for name, t in state.items() if name.startswith("decoder")}
    if has_heads:
        last = {leaf: encoder.pop(f"encoder.fc.2.{leaf}") for leaf in ("weight", "bias")}
        encoder |= {f"mu.{leaf}": t.chunk(2)[0] for leaf, t in last.items()}
        encoder |= {f"logvar.{leaf}": t.chunk(2)[1] for leaf, t in last.items()}
    own = {**decoder, **encoder} if decoder_first else {**encoder, **decoder}
    matched = match_vae(names_of(own))
    assert matched.settings == {"model": "vae", "architecture": architecture, "latent_dim": 7}
    assert all(torch.equal(matched.states["vae"][name], tensor) for name, tensor in state.items())


def test_other_layers_are_listed_one_by_one() -> None:
    settings = GanSettings(latent_dim=5, hidden_dim=3)
    generator, discriminator = build_generator(settings).state_dict(), build_discriminator(settings).state_dict()
    generator["layers.3.weight"] = torch.zeros(12, 6, 5, 5)
    with pytest.raises(Mismatch, match="not those of our conv GAN 5_3") as caught:
        match_gan(generator, dict(list(discriminator.items())[:-1]))
    assert caught.value.lines == (
        "generator, layer 3 (layers.3): weight 12x6x5x5, bias 6; expected weight 12x6x4x4, bias 6",
        "discriminator, layer 6: missing; expected weight 1x12x4x4",
    )
    own = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Linear(8, 4)).state_dict()
    with pytest.raises(Mismatch, match="latent dimension cannot be found") as caught:
        match_vae(own)
    assert caught.value.lines == ("0: weight 8x1x3x3, bias 8", "1: weight 4x8, bias 4")


# ---- bad input ------------------------------------------------------------------------------------------------------


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch /tmp/reportgen-was-here",)


def save(content: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def claim_much() -> bytes:
    return save({"layer.weight": torch.zeros(1).expand(50_000, 50_000)})


def claim_storage() -> bytes:
    """A small file whose pickle claims a storage of 10 GB."""
    content, out = save({"w.weight": torch.zeros(77)}), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("data.pkl"):  # 77 as BININT1 -> 2.5e9 as LONG1
                data = data.replace(b"KM", b"\x8a\x05" + struct.pack("<q", 2_500_000_000)[:5])
            new.writestr(name, data)
    return out.getvalue()


def compress() -> bytes:
    """A file whose storage is 40 MB of zeros, compressed."""
    content, out = save({"w.weight": torch.zeros(10_000_000)}), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out.getvalue()


def flip() -> bytes:
    content = bytearray(save({"w.weight": torch.arange(1000.0)}))
    content[len(content) // 2] ^= 1
    return bytes(content)


BAD: dict[str, tuple[bytes, str]] = {
    "a pickle that runs code": (save({"w": Evil()}), r"more than tensors and was not run \(posix.system\)"),
    "10 GB of one number": (claim_much(), r"claims 10,000,000,000 bytes of tensors in a file of 1,\d\d\d"),
    "10 GB of storage": (claim_storage(), r"claims 10,000,000,000 bytes of tensors in a file of \d,?\d*"),
    "40 MB, compressed": (compress(), r"claims 40,\d\d\d,\d\d\d bytes of tensors in a file of"),
    "half-written": (save({"w.weight": torch.zeros(1000)})[:2000], "half-written, damaged, or not written by torch"),
    "a flipped bit": (flip(), "damaged|checksum"),
    "empty": (b"", "half-written"),
    "text": (b"hello", "half-written"),
    "no state dict": (save([1, 2]), "no state dict"),
    "a state dict in a dict": (save({"model": {"w": torch.zeros(1)}}), "no state dict"),
    "not a number": (save({"w.weight": torch.tensor([1.0, float("nan")])}), "not finite"),
}


@pytest.mark.fault(row=10)
@pytest.mark.parametrize("name", BAD)
def test_a_bad_checkpoint_is_one_line_and_runs_no_code(tmp_path: Path, name: str) -> None:
    content, expected = BAD[name]
    path = tmp_path / "generator.bin"
    path.write_bytes(content)
    with pytest.raises(RunError, match=expected) as caught:
        read_state(path)
    assert "\n" not in str(caught.value)
    assert not Path("/tmp/reportgen-was-here").exists()


def test_mixed_trainings_in_one_folder_are_one_line(tmp_path: Path) -> None:
    write_gan(tmp_path / "hw" / "z-5" / "99", *build_gan(3))
    write_gan(tmp_path / "hw" / "z-5" / "199", *build_gan(4))
    reading = read_candidate(find_candidates([tmp_path / "hw"])[0])
    assert reading.problem == (
        "two trainings are mixed in this folder: step 100 is conv GAN 5_3, step 200 is conv GAN 5_4; "
        "move one of them to a folder of its own"
    )


def test_a_gan_and_a_vae_in_one_folder_are_one_line(tmp_path: Path) -> None:
    write_gan(tmp_path / "z-5" / "99", *build_gan(3))
    torch.save({}, tmp_path / "z-5" / "99" / "pytorch_model.bin")
    assert "it has a VAE and a GAN" in read_candidate(find_candidates([tmp_path])[0]).problem


def test_a_lost_discriminator_is_one_line(tmp_path: Path) -> None:
    write_gan(tmp_path / "z-5" / "99", *build_gan(3))
    (tmp_path / "z-5" / "99" / "discriminator.bin").unlink()
    problem = read_candidate(find_candidates([tmp_path])[0]).problem
    assert problem == "step 100: discriminator.bin is missing; a GAN is imported with both networks"


def test_nothing_is_written_if_nothing_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "hw" / "z" / "1").mkdir(parents=True)
    (tmp_path / "hw" / "z" / "1" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(ReportgenError, match="none of 1 configurations can be imported; nothing was written"):
        run_import(tmp_path / "hw", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# ---- curves ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tags", [("D(x)", "D(G(z1))", "D(G(z2))"), ("D_x", "D_G_z1", "D_G_z2")])
def test_tags_of_every_year_are_the_same_metrics(tmp_path: Path, tags: tuple[str, ...]) -> None:
    curves = read_events(write_events(tmp_path, [(0, tag, 0.25) for tag in tags]))
    rows, unknown = list_rows(curves, "gan")
    assert rows == [(1, "D_x", 0.25), (1, "D_G_z1", 0.25), (1, "D_G_z2", 0.25)]
    assert not unknown


@pytest.mark.fault(row=10)
@pytest.mark.parametrize("num_bytes", [1, 30, 300])
def test_a_torn_tail_ends_the_reading(tmp_path: Path, num_bytes: int) -> None:
    path = write_events(tmp_path, [(step, "loss", float(step)) for step in range(100)])
    path.write_bytes(path.read_bytes()[:-num_bytes])
    curves = read_events(path)
    last = curves.last_step
    assert 80 < last < 99
    assert list(curves.scalars["loss"].values()) == [float(step) for step in range(last + 1)]
    assert curves.remarks[0].endswith(f"read up to step {last}")


def test_a_damaged_record_ends_the_reading(tmp_path: Path) -> None:
    path = write_events(tmp_path, [(step, "loss", float(step)) for step in range(100)])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert 30 < read_events(path).last_step < 70
    path.write_bytes(b"no events at all, but some text that is long enough")
    curves = read_events(path)
    assert curves.remarks == ["damaged after 0 of 51 bytes; read without a single value"]


def write_table(path: Path, table: pd.DataFrame) -> Path:
    if path.suffix == ".parquet":
        require_module("fastparquet").write(str(path), table)
    else:
        table.to_csv(path, index=False)
    return path


WIDE = pd.DataFrame({"Step": [0, 1], "z-1 - D_x": [0.5, 0.25], "z-1 - D_x__MIN": [0.1, 0.1], "note": ["a", "b"]})
LONG = pd.DataFrame({"step": [0, 1, 0], "metric": ["D_x", "D_x", "other"], "value": [0.5, 0.25, 9.0]})
BOARD = pd.DataFrame({"Wall time": [1.0, 2.0], "Step": [0, 1], "Value": [0.5, 0.25]})


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("wandb.csv", WIDE),
        ("mlflow.csv", LONG),
        ("run-z-1-tag-D_x.csv", BOARD),
        ("wandb.parquet", WIDE),
        ("mlflow.parquet", LONG),
    ],
)
def test_tables_of_trackers_are_read(tmp_path: Path, name: str, table: pd.DataFrame) -> None:
    rows, _ = list_rows(read_table(write_table(tmp_path / name, table)), "gan")
    assert rows == [(1, "D_x", 0.5), (2, "D_x", 0.25)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [("a,b\n1,2\n", "no column of steps"), ("", "cannot be read"), ('step,"x\n1', "cannot be read")],
)
def test_a_table_of_another_kind_is_one_line(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(RunError, match=expected):
        read_table(tmp_path / "x.csv")


def test_a_vae_whose_terms_alone_were_logged_has_their_sum() -> None:
    curves = importing.curves.Curves({"dev/reconstruction_loss": {0: 3.0, 1: 2.0}, "dev/KL_divergence": {1: 0.5}})
    assert (2, "dev_total", 2.5) in list_rows(curves, "vae")[0]


def test_settings_of_the_suite_that_are_not_valid_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_gan(tmp_path / "hw" / "z-5" / "99", *build_gan(3))
    suite = tmp_path / "suite.yaml"
    suite.write_text(f"{COMMON}runs: {{z-5: {{model: vae}}}}")
    with pytest.raises(RunError, match="none of 1"):
        run_import(tmp_path / "hw", tmp_path / "out", suite)
    assert "not imported: runs.z-5 of the suite is of a vae, its tensors are of a gan" in capsys.readouterr().out
