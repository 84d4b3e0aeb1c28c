"""The state of a run, derived from its files: nothing is stored that could lie."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

from pydantic import ValidationError

from reportgen.base.errors import RunError
from reportgen.base.files import read_json
from reportgen.store.locks import is_held
from reportgen.store.manifest import is_stage_finished
from reportgen.store.paths import RunPaths
from reportgen.store.records import FailureRecord, read_evaluation

State = Literal["finished", "running", "failed", "trained", "interrupted", "missing"]


def is_run_finished(paths: RunPaths, training_key: str, evaluation_key: str, *, check_files: bool = True) -> bool:
    """Whether both stages are finished under these keys.

    Args:
        check_files: whether all their checksums have to hold, and evaluation.json has to be a whole record.
    """
    return (
        is_stage_finished(paths, "evaluation", evaluation_key, check_files=check_files)
        and is_stage_finished(paths, "training", training_key, check_files=check_files)
        and (not check_files or _has_evaluation(paths))
    )


def _has_evaluation(paths: RunPaths) -> bool:
    with suppress(RunError):
        read_evaluation(paths)
        return True
    return False


def find_state(paths: RunPaths, training_key: str, evaluation_key: str, *, check_files: bool = False) -> State:
    """Derive a run's state from its files: nothing is stored that could lie."""
    if is_run_finished(paths, training_key, evaluation_key, check_files=check_files):
        return "finished"
    if is_held(paths):
        return "running"
    if paths.failure.exists():
        return "failed"
    if is_stage_finished(paths, "training", training_key, check_files=check_files):
        return "trained"
    return "interrupted" if paths.list_checkpoints() else "missing"


def read_failure(paths: RunPaths) -> str:
    """Why the last attempt failed, in one line; empty if it did not."""
    if not paths.failure.exists():
        return ""
    try:
        return FailureRecord.model_validate(read_json(paths.failure)).reason
    except ValidationError:
        return "unknown"
