"""The state of a run, derived from its files; no status is stored, so none can be wrong after a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal

from pydantic import ValidationError

from reportgen.base.errors import RunError
from reportgen.base.files import read_json
from reportgen.store.locks import is_held
from reportgen.store.manifest import is_stage_finished, read_identity
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.records import FailureRecord, Record, read_evaluation, read_inception
from reportgen.suite.plan import RunSpec

State = Literal["finished", "curves", "running", "failed", "trained", "interrupted", "missing"]

DONE: frozenset[State] = frozenset({"finished", "curves"})
"""States of runs that nothing is left to do for: measured, or imported without weights, so that curves are all."""


def is_run_finished(paths: RunPaths, training_key: str, evaluation_key: str, *, check_files: bool = True) -> bool:
    """Return whether training and evaluation are finished under these keys.

    Args:
        check_files: whether to verify the checksums of their files and that evaluation.json is a complete record, too.
    """
    return (
        is_stage_finished(paths, "evaluation", evaluation_key, check_files=check_files)
        and is_stage_finished(paths, "training", training_key, check_files=check_files)
        and (not check_files or _has(read_evaluation, paths))
    )


def is_inception_finished(paths: RunPaths, inception_key: str | None, *, check_files: bool = True) -> bool:
    """Return whether the Inception scores are recorded under this key; False without a key.

    Args:
        check_files: whether to verify the checksum of inception.json and that it is a complete record, too.
    """
    return (
        inception_key is not None
        and is_stage_finished(paths, "inception", inception_key, check_files=check_files)
        and (not check_files or _has(read_inception, paths))
    )


def _has(read: Callable[[RunPaths], Record], paths: RunPaths) -> bool:
    """Return whether a record is there and complete."""
    with suppress(RunError):
        read(paths)
        return True
    return False


def find_state(paths: RunPaths, training_key: str, evaluation_key: str, *, check_files: bool = False) -> State:
    """Derive a run's state from its manifest, its lock, its failure and its checkpoints.

    Args:
        check_files: whether to verify the checksums of the files of finished stages, too.
    """
    if is_run_finished(paths, training_key, evaluation_key, check_files=check_files):
        return "finished"
    if is_held(paths):
        return "running"
    if paths.failure.exists():
        return "failed"
    if is_stage_finished(paths, "training", training_key, check_files=check_files):
        return "curves" if _has_curves_alone(paths) else "trained"
    return "interrupted" if paths.list_checkpoints() else "missing"


def _has_curves_alone(paths: RunPaths) -> bool:
    """Return whether a training was imported without weights."""
    identity = read_identity(paths, "training") or {}
    return "imported" in identity.get("settings", {}) and not paths.weights.exists()


def find_states(output: OutputPaths, specs: Iterable[RunSpec]) -> dict[str, State]:
    """Return the states of runs by their names, without verifying checksums."""
    return {
        spec.name: find_state(output.run(spec.folder_name), spec.training_key, spec.evaluation_key) for spec in specs
    }


def read_failure(paths: RunPaths) -> str:
    """Return the reason of the last failure in one line; empty if the last attempt did not fail."""
    if not paths.failure.exists():
        return ""
    try:
        return FailureRecord.model_validate(read_json(paths.failure)).reason
    except ValidationError:
        return "unknown"
