"""The state of a run, derived from its files: nothing is stored that could lie."""

from __future__ import annotations

from typing import Literal

from reportgen.base.files import read_json
from reportgen.store.locks import is_held
from reportgen.store.manifest import is_stage_finished
from reportgen.store.paths import RunPaths

State = Literal["finished", "running", "failed", "trained", "interrupted", "missing"]


def is_run_finished(paths: RunPaths, training_key: str, evaluation_key: str, *, check_files: bool = True) -> bool:
    """Whether both stages are finished under these keys."""
    return is_stage_finished(paths, "evaluation", evaluation_key, check_files=check_files) and is_stage_finished(
        paths, "training", training_key, check_files=check_files
    )


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
    content = read_json(paths.failure)
    return str(content.get("reason", "unknown")) if isinstance(content, dict) else "unknown"
