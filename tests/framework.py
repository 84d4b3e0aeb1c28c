"""Folders as the course's framework leaves them, written by torch's and tensorboardX's own writers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from tensorboardX import SummaryWriter

from reportgen.cli.importing import Imported, import_folders
from reportgen.lab.execution import load_modules
from reportgen.lab.models.gan import build_discriminator, build_generator
from reportgen.store.paths import RunPaths
from reportgen.store.records import read_run_record
from reportgen.suite.settings import GanSettings

State = Mapping[str, torch.Tensor]


def read_networks(paths: RunPaths) -> dict[str, dict[str, torch.Tensor]]:
    """The state dicts of a run that was trained here, in the order of the layers."""
    modules = load_modules(read_run_record(paths).settings, paths.weights, torch.device("cpu"))
    return {name: network.state_dict() for name, network in modules.items()}


def rename(state: State, attribute: str) -> dict[str, torch.Tensor]:
    """A state dict whose layers are entries of one ``nn.Sequential`` under an attribute of another name."""
    return {f"{attribute}.{name.partition('.')[2]}": tensor for name, tensor in state.items()}


def build_gan(hidden_dim: int) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The state dicts of both networks of an untrained GAN."""
    settings = GanSettings(latent_dim=5, hidden_dim=hidden_dim)
    return build_generator(settings).state_dict(), build_discriminator(settings).state_dict()


def write_gan(folder: Path, generator: State, discriminator: State) -> None:
    """One step's folder of a GAN."""
    folder.mkdir(parents=True)
    torch.save(dict(generator), folder / "generator.bin")
    torch.save(dict(discriminator), folder / "discriminator.bin")


def write_vae(folder: Path, state: State) -> None:
    """One step's folder of a VAE."""
    folder.mkdir(parents=True)
    torch.save(dict(state), folder / "pytorch_model.bin")


def write_events(folder: Path, rows: Iterable[tuple[int, str, float]]) -> Path:
    """An event file of scalars (step, tag, value); tensorboardX writes signs of a tag as underscores."""
    with SummaryWriter(str(folder)) as writer:
        for step, tag, value in rows:
            writer.add_scalar(tag, value, step)
    return next(folder.glob("events.out.tfevents.*"))


def run_import(folder: Path, output: Path, suite: Path | None = None) -> Imported:
    """Import a folder in this process."""
    return import_folders([folder], suite, output, jobs=1, device="cpu", data_dir=None)
