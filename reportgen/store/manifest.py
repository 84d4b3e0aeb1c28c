"""The manifest of a run, written last: its finished stages, with the SHA-256 of each file of a stage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from reportgen.base.errors import RunError
from reportgen.base.files import hash_file, write_json
from reportgen.store.paths import RunPaths

FORMAT_VERSION = 2
"""Format of all files under ``output``; a program refuses a newer format than its own.

Raise it when files are laid out differently, and ``READ_SINCE`` with it if the old layout is no longer read. For new or
changed measurements raise ``EVALUATION_VERSION`` in ``suite/plan.py`` instead: its key makes old ones unfinished.

History: 1, the first; 2, evaluation.json is a whole ``EvaluationRecord``.
"""

Stage = Literal["training", "evaluation", "inception"]

READ_SINCE: Mapping[Stage, int] = {"training": 1, "evaluation": 2, "inception": 2}
"""Stage -> the oldest format of its files that this program reads; a stage in an older format is done again."""


def record_stage(
    paths: RunPaths, stage: Stage, key: str, files: list[Path], identity: Mapping[str, Any] | None = None
) -> None:
    """Record in the manifest that a stage is finished; call this after all files of the stage are written.

    Args:
        files: files of the stage, below the run's folder; their checksums are computed here.
        identity: content that the key is a hash of, kept so that a later change can be named.

    Raises:
        RunError: a newer program wrote the manifest, or the manifest cannot be written.
    """
    checksums = {file.relative_to(paths.folder).as_posix(): hash_file(file) for file in sorted(files)}
    entry = {"key": key, "identity": dict(identity or {}), "files": checksums}
    write_json(paths.manifest, {"format": FORMAT_VERSION, "stages": {**_read_stages(paths), stage: entry}})


def is_stage_finished(paths: RunPaths, stage: Stage, key: str, *, check_files: bool = True) -> bool:
    """Return whether the manifest lists the stage under this key.

    Args:
        check_files: whether every file of the stage must also be there with its recorded SHA-256.

    Raises:
        RunError: a newer program wrote the manifest.
    """
    entry = _read_stages(paths).get(stage)
    if entry is None or entry["key"] != key:
        return False
    return not check_files or all(_matches(paths.folder / name, sha256) for name, sha256 in entry["files"].items())


def read_identity(paths: RunPaths, stage: Stage) -> dict[str, Any] | None:
    """Return the content that the key of a recorded stage is a hash of; None if the manifest does not have it."""
    return _read_stages(paths).get(stage, {}).get("identity") or None


def _matches(path: Path, sha256: str) -> bool:
    return path.is_file() and hash_file(path) == sha256


def find_outdated_format(paths: RunPaths, stage: Stage) -> int | None:
    """Return the format of a recorded stage that this program no longer reads; None if it does or there is none."""
    written, stages = _read_manifest(paths)
    return written if stage in stages and written < READ_SINCE[stage] else None


def _read_stages(paths: RunPaths) -> dict[Stage, dict[str, Any]]:
    """Return the entries of all stages in a format that this program reads; leave damaged entries out.

    Raises:
        RunError: a newer program wrote the manifest.
    """
    written, stages = _read_manifest(paths)
    return {stage: stages[stage] for stage, since in READ_SINCE.items() if stage in stages and written >= since}


def _read_manifest(paths: RunPaths) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the format of the manifest and its sound entries by stage; none if the file is missing or damaged."""
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
    """Raise RunError if the content of the file at ``path`` has a newer format than this program's."""
    if content["format"] > FORMAT_VERSION:
        raise RunError(
            f"{path}: format {content['format']} is newer than this program's {FORMAT_VERSION}; "
            "update reportgen or choose another --output"
        )
