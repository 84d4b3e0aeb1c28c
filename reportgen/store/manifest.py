"""The manifest of a run, written last: its finished stages, with the SHA-256 of each of their files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from reportgen.base.errors import RunError
from reportgen.base.files import hash_file, write_json
from reportgen.store.paths import RunPaths

FORMAT_VERSION = 2
"""Of everything under ``output``. History: 1, the first; 2, evaluation.json is a whole ``EvaluationRecord``."""

Stage = Literal["training", "evaluation"]

READ_SINCE: Mapping[Stage, int] = {"training": 1, "evaluation": 2}
"""The oldest format in which this program still reads what a stage left; one of an older format is done again."""


def record_stage(
    paths: RunPaths, stage: Stage, key: str, files: list[Path], identity: Mapping[str, Any] | None = None
) -> None:
    """Say in the manifest that a stage is finished; call it when all of the stage's files are written.

    Args:
        identity: what the key was made from, so that a later change can be named.
    """
    checksums = {file.relative_to(paths.folder).as_posix(): hash_file(file) for file in sorted(files)}
    entry = {"key": key, "identity": dict(identity or {}), "files": checksums}
    write_json(paths.manifest, {"format": FORMAT_VERSION, "stages": {**_read_stages(paths), stage: entry}})


def is_stage_finished(paths: RunPaths, stage: Stage, key: str, *, check_files: bool = True) -> bool:
    """Whether the manifest lists the stage under this key and, with ``check_files``, all its checksums hold."""
    entry = _read_stages(paths).get(stage)
    if entry is None or entry["key"] != key:
        return False
    return not check_files or all(_matches(paths.folder / name, sha256) for name, sha256 in entry["files"].items())


def read_identity(paths: RunPaths, stage: Stage) -> dict[str, Any] | None:
    """What the key of a recorded stage was made from; None if the stage is not there or did not say."""
    return _read_stages(paths).get(stage, {}).get("identity") or None


def _matches(path: Path, sha256: str) -> bool:
    return path.is_file() and hash_file(path) == sha256


def find_outdated_format(paths: RunPaths, stage: Stage) -> int | None:
    """Return the format of a recorded stage that this program no longer reads; None if it reads it or none is there."""
    written, stages = _read_manifest(paths)
    return written if stage in stages and written < READ_SINCE[stage] else None


def _read_stages(paths: RunPaths) -> dict[Stage, dict[str, Any]]:
    """The stages that the manifest lists in a format that is read; one that is damaged counts as not there.

    Raises:
        RunError: a newer program wrote it.
    """
    written, stages = _read_manifest(paths)
    return {stage: stages[stage] for stage, since in READ_SINCE.items() if stage in stages and written >= since}


def _read_manifest(paths: RunPaths) -> tuple[int, dict[str, dict[str, Any]]]:
    """The format that it was written in, and all of its sound entries by stage."""
    try:
        manifest = json.loads(paths.manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return FORMAT_VERSION, {}
    match manifest:
        case {"format": int(written), "stages": dict(stages)}:
            check_format(paths.manifest, manifest)
            return written, {name: entry for name, entry in stages.items() if _is_entry(entry)}
    return FORMAT_VERSION, {}


def _is_entry(entry: Any) -> bool:
    match entry:
        case {"key": str(), "files": dict(files)}:
            return isinstance(entry.get("identity", {}), dict) and all(isinstance(v, str) for v in files.values())
    return False


def check_format(path: Path, content: Mapping[str, Any]) -> None:
    """Raises RunError if a newer program wrote this."""
    if content["format"] > FORMAT_VERSION:
        raise RunError(
            f"{path}: format {content['format']} is newer than this program's {FORMAT_VERSION}; "
            "update reportgen or choose another --output"
        )
