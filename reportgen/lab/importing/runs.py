"""A configuration that was trained elsewhere -> a run of an output folder, with the files that every run has."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from reportgen.base.errors import ReportgenError, RunError
from reportgen.base.files import explain_unwritable, hash_file, write_text
from reportgen.lab.data import Dataset
from reportgen.lab.execution import (
    explain_failure,
    load_once,
    load_reference,
    prepare_device,
    record_evaluation,
    record_training,
)
from reportgen.lab.importing.curves import LOGGED, Curves, list_rows
from reportgen.lab.importing.events import read_events
from reportgen.lab.importing.layout import DISCRIMINATOR, GENERATOR, UNNUMBERED, VAE, Candidate
from reportgen.lab.importing.weights import Matched, Mismatch, State, match_gan, match_vae, read_state
from reportgen.lab.models.vae import Vae, find_vae
from reportgen.lab.monitoring import SampleMonitor, compute_now
from reportgen.lab.provenance import describe_environment, list_model_sources
from reportgen.lab.training.history import format_history
from reportgen.lab.training.loop import Row
from reportgen.lab.training.objectives import Objective, to_unit, use_precision
from reportgen.lab.training.registry import build_objective
from reportgen.store.locks import hold_run
from reportgen.store.manifest import is_stage_finished, record_stage
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.records import Origin, RunRecord, write_record
from reportgen.store.states import is_run_finished
from reportgen.suite.plan import RunSpec

logger = logging.getLogger(__name__)

NUM_COMPARED = 500
"""Dev images by which the mean of a VAE's codes is told from their log-variance."""
SWAP_SHARE = 0.8
"""Largest share of the reconstruction loss that the other half of the codes must have to be taken for the mean."""


@dataclass(frozen=True)
class Reading:
    """What was read of a configuration; without a problem it can be imported."""

    candidate: Candidate
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The model and what the tensors tell of it, and the number of steps if the folders or the curves tell it."""
    curves: Curves = field(default_factory=Curves)
    files: Mapping[str, str] = field(default_factory=dict)
    """Path, from the searched folder's name on -> SHA-256."""
    digest: str = ""
    """Hash of the content of all files with their steps and kinds, 16 hex digits; the folders' places are not in it."""
    remarks: tuple[str, ...] = ()
    problem: str = ""
    """Reason in one line why it cannot be imported."""
    details: tuple[str, ...] = ()
    """Layers that differ from ours."""


# ---- reading --------------------------------------------------------------------------------------------------------


def read_candidate(candidate: Candidate) -> Reading:
    """Read the checkpoints and the curves of a configuration."""
    curves, remarks = _read_curves(candidate)
    remarks += curves.remarks
    try:
        settings = _read_settings(candidate)
    except Mismatch as mismatch:
        return Reading(candidate, remarks=tuple(remarks), problem=str(mismatch), details=mismatch.lines)
    except ReportgenError as error:
        return Reading(candidate, remarks=tuple(remarks), problem=str(error))
    if not settings:
        model = curves.guess_model()
        if model is None:
            return Reading(
                candidate, remarks=tuple(remarks), problem="it has neither checkpoints nor curves of a model"
            )
        settings["model"] = model
        lacking = sorted(LOGGED[model] - {metric for _, metric, _ in list_rows(curves, model)[0]})
        if lacking:
            problem = f"it has no checkpoints, and its curves lack {', '.join(lacking)}"
            return Reading(candidate, remarks=tuple(remarks), problem=problem)
    num_steps = max(candidate.checkpoints, default=UNNUMBERED)
    if num_steps == UNNUMBERED and curves.last_step >= 0:
        num_steps = curves.last_step + 1
    if num_steps != UNNUMBERED:
        settings["num_training_steps"] = num_steps
    _, unknown = list_rows(curves, settings["model"])
    if unknown:
        remarks.append(f"no metric of a {settings['model']}, left out: {', '.join(unknown)}")
    files = {candidate.show(path): hash_file(path) for path in _list_files(candidate)}
    return Reading(candidate, settings, curves, files, _digest(candidate), tuple(remarks))


def _read_curves(candidate: Candidate) -> tuple[Curves, list[str]]:
    """Read all curves; what is damaged or of no known kind becomes a remark."""
    curves, remarks = Curves(), []
    for path in candidate.events:
        read = read_events(path)
        curves.add(Curves(read.scalars, [f"{candidate.show(path)}: {remark}" for remark in read.remarks]))
    for path in candidate.tables:
        from reportgen.lab.importing.tables import read_table  # pandas, which importing a run does without

        try:
            curves.add(read_table(path))
        except RunError as error:
            remarks.append(f"{candidate.show(path)}: {error}")
    return curves, remarks


def _read_settings(candidate: Candidate) -> dict[str, Any]:
    """Return the settings that the tensors of all checkpoints tell; empty without any.

    Raises:
        Mismatch: the layers of a checkpoint are not those of our networks.
        RunError: a checkpoint cannot be read or lacks a file, or two of them are of different models.
    """
    first: tuple[int, dict[str, Any]] | None = None
    for step in sorted(candidate.checkpoints):
        settings = read_checkpoint(candidate, step).settings
        first = first or (step, settings)
        if settings != first[1]:
            raise RunError(
                f"two trainings are mixed in this folder: step {first[0]} is {_name(first[1])}, step {step} is "
                f"{_name(settings)}; move one of them to a folder of its own"
            )
    return dict(first[1]) if first else {}


def _name(settings: Mapping[str, Any]) -> str:
    dimensions = "_".join(str(settings[name]) for name in ("latent_dim", "hidden_dim") if name in settings)
    return f"{settings['architecture']} {settings['model'].upper()} {dimensions}"


def read_checkpoint(candidate: Candidate, step: int) -> Matched:
    """Read the weights of one step.

    Raises:
        Mismatch: its layers are not those of our networks.
        RunError: a file of it is missing or cannot be read.
    """
    paths = candidate.checkpoints[step]
    place = f"step {step}" if step != UNNUMBERED else "the checkpoint"
    if VAE in paths and len(paths) > 1:
        raise RunError(f"{place}: two trainings are mixed in this folder: it has a VAE and a GAN")
    if VAE not in paths and len(paths) < 2:
        absent = (GENERATOR, DISCRIMINATOR)[GENERATOR in paths]
        raise RunError(f"{place}: {absent} is missing; a GAN is imported with both networks")
    states: dict[str, State] = {}
    for name, path in paths.items():
        try:
            states[name] = read_state(path)
        except RunError as error:
            raise RunError(f"{place}, {name}: {error}") from None
    try:
        return match_vae(states[VAE]) if VAE in states else match_gan(states[GENERATOR], states[DISCRIMINATOR])
    except Mismatch as mismatch:
        raise Mismatch(f"{place}: {mismatch}", mismatch.lines) from None


def _list_files(candidate: Candidate) -> list[Path]:
    weights = [path for _, paths in sorted(candidate.checkpoints.items()) for path in paths.values()]
    return [*weights, *candidate.events, *candidate.tables]


def _digest(candidate: Candidate) -> str:
    weights = [
        [step, name, hash_file(path)] for step, paths in candidate.checkpoints.items() for name, path in paths.items()
    ]
    curves = [["curves", path.suffix, hash_file(path)] for path in (*candidate.events, *candidate.tables)]
    text = json.dumps([sorted(weights), sorted(curves)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


# ---- importing ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ImportTask:
    """A configuration with all that a process needs to import it; it can be pickled."""

    spec: RunSpec
    reading: Reading
    output: Path
    data_dir: Path | None
    device: str


def import_run(task: ImportTask) -> str:
    """Import one run: its weights, curves and samples over all steps, and its evaluation; return a remark or nothing.

    All files are written to a folder beside the run's, which is renamed in the end: a kill leaves no part of a run.

    Raises:
        RunError: the run cannot be measured or written.
    """
    output, device = OutputPaths(task.output), prepare_device(task.device)
    paths = output.run(task.spec.folder_name)
    with hold_run(paths):
        if _is_there(task, paths):
            return ""
        if not task.reading.candidate.checkpoints:
            with _build_beside(paths) as beside:
                _write_curves(task, beside, device)
            return ""
        dataset = load_once(task.spec.dataset, task.data_dir, device)
        with _build_beside(paths) as beside:
            return _write_run(task, beside, dataset, output)


def try_import(task: ImportTask) -> tuple[str, str]:
    """Import one run; return a remark, and the reason of the failure in one line or nothing."""
    try:
        return import_run(task), ""
    except Exception as error:
        return "", explain_failure(error)


@contextmanager
def _build_beside(paths: RunPaths) -> Iterator[RunPaths]:
    """Yield the paths of a new folder that takes the place of a run's in one step when the block ends.

    The run's lock is held: what an import that was killed left beside it is nobody's.
    """
    for left in paths.folder.parent.glob(f".{paths.folder.name}.*.tmp"):
        shutil.rmtree(left, ignore_errors=True)
    beside = Path(tempfile.mkdtemp(dir=paths.folder.parent, prefix=f".{paths.folder.name}.", suffix=".tmp"))
    try:
        yield RunPaths(beside)
        beside.chmod(0o755)
        shutil.rmtree(paths.folder)
        os.replace(beside, paths.folder)
    except OSError as error:
        raise explain_unwritable(paths.folder, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        with suppress(OSError):  # it is not empty: the run is there
            paths.folder.rmdir()


def _is_there(task: ImportTask, paths: RunPaths) -> bool:
    if not task.reading.candidate.checkpoints:
        return is_stage_finished(paths, "training", task.spec.training_key)
    return is_run_finished(paths, task.spec.training_key, task.spec.evaluation_key)


def _write_curves(task: ImportTask, paths: RunPaths, device: torch.device) -> None:
    """Write a training of which nothing but curves is there."""
    spec = task.spec
    rows, _ = list_rows(task.reading.curves, spec.settings.model)
    write_record(paths.spec, _describe(task, device))
    write_text(paths.history, format_history(rows))
    record_stage(paths, "training", spec.training_key, [paths.spec, paths.history], spec.training_identity)


def _write_run(task: ImportTask, paths: RunPaths, dataset: Dataset, output: OutputPaths) -> str:
    spec, device, candidate = task.spec, dataset.train.images.device, task.reading.candidate
    generator = torch.Generator(device).manual_seed(spec.seed)
    objective = build_objective(spec.settings, device, generator)
    monitor = _make_monitor(task, device)
    rows, _ = list_rows(task.reading.curves, spec.settings.model)
    logged = {metric for _, metric, _ in rows}
    grids: dict[tuple[int, str], torch.Tensor] = {}
    swaps = False
    for step in sorted(candidate.checkpoints, reverse=True):
        states = read_checkpoint(candidate, step).states
        is_last, number = not grids, step if step != UNNUMBERED else spec.settings.num_training_steps
        swaps = _is_swapped(objective, states, dataset) if is_last else swaps
        _load(objective, states, swaps)
        if is_last:
            last = states
        use_precision("fp32")
        grids |= {(number, name): grid.cpu() for name, grid in objective.draw_grids(dataset.dev.images).items()}
        dev_losses = objective.compute_dev_losses(dataset.dev.images)
        scores = monitor(number, objective.modules).fetch()
        measured = {**{name: float(value) for name, value in dev_losses.items()}, **scores}
        rows += [(number, name, value) for name, value in measured.items() if name not in logged]
    _load(objective, last, swaps)
    record_training(spec, paths, _describe(task, device), sorted(rows, key=_get_step), grids, objective.modules)
    record_evaluation(spec, paths, objective.modules, dataset, output.cache)
    return "log-variance before mean in its codes: swapped, which reconstructs better" if swaps else ""


def _get_step(row: Row) -> int:
    return row[0]


def _load(objective: Objective, states: Mapping[str, State], swaps: bool) -> None:
    for name, network in objective.modules.items():
        network.load_state_dict(states[name])
        if swaps and isinstance(network, Vae):
            _swap_halves(network)


def _make_monitor(task: ImportTask, device: torch.device) -> SampleMonitor:
    spec = task.spec
    reference = load_reference(spec.dataset, task.data_dir, device, spec.evaluation["fid_num_images"], task.output)
    return SampleMonitor(spec.settings, spec.seed, reference, logger.warning, compute_now)


@torch.no_grad()
def _is_swapped(objective: Objective, states: Mapping[str, State], dataset: Dataset) -> bool:
    """Return whether a VAE gives log-variances where ours gives means: its codes then reconstruct better if swapped.

    Shapes cannot tell; False for a GAN.
    """
    if "vae" not in objective.modules:
        return False
    images = to_unit(dataset.dev.images[:NUM_COMPARED])
    losses = []
    for swaps in (False, True):
        _load(objective, states, swaps)
        vae = find_vae(objective.modules).eval()
        losses.append(float(F.binary_cross_entropy(vae.reconstruct(images).clamp(0, 1), images)))
        vae.train()
    return losses[1] < SWAP_SHARE * losses[0]


@torch.no_grad()
def _swap_halves(vae: Vae) -> None:
    """Swap the two halves of the encoder's outputs."""
    last = [layer for layer in vae.encoder.modules() if isinstance(layer, nn.Linear)][-1]
    for tensor in (last.weight, last.bias):
        tensor.copy_(torch.cat(tensor.chunk(2)[::-1]))


def _describe(task: ImportTask, device: torch.device) -> RunRecord:
    spec, candidate = task.spec, task.reading.candidate
    steps: Sequence[int] = sorted(step for step in candidate.checkpoints if step != UNNUMBERED)
    return RunRecord(
        name=spec.name,
        key=spec.training_key,
        settings=spec.settings,
        dataset=spec.dataset,
        seed=spec.seed,
        train_seconds=None,
        environment=describe_environment(device),
        origin=Origin(folder=candidate.show(candidate.folder), steps=tuple(steps), files=task.reading.files),
        sources=list_model_sources(spec.settings),
    )
