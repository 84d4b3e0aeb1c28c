"""The record of the suite that was last run into an output folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from pydantic import ValidationError

from reportgen.base.errors import RunError
from reportgen.base.files import hash_file, read_json, write_json
from reportgen.store.manifest import FORMAT_VERSION, check_format
from reportgen.store.paths import OutputPaths
from reportgen.store.records import explain_problem
from reportgen.suite.loading import Suite


def write_suite(paths: OutputPaths, suite: Suite, source: Path) -> None:
    """Record the suite that is run, with the text and the checksum of its file."""
    content = {
        "format": FORMAT_VERSION,
        "source": str(source.resolve()),
        "source_sha256": hash_file(source),
        "source_text": source.read_text(encoding="utf-8-sig"),
        "suite": suite.model_dump(mode="json"),
    }
    write_json(paths.suite, content)


@dataclass(frozen=True)
class RecordedSuite:
    """The suite that was last run into an output folder, with the text of its file."""

    suite: Suite
    source: Path
    source_text: str
    source_changed: bool
    """True if the file has changed since; its new texts and runs need ``reportgen run`` first."""


def _has_changed(source: Path, sha256: str) -> bool:
    try:
        return source.is_file() and hash_file(source) != sha256
    except OSError:  # in another user's private folder
        return False


def read_suite(paths: OutputPaths) -> RecordedSuite:
    """Read the record of the suite that was last run.

    Raises:
        RunError: nothing was run into this folder yet, or the record is unusable.
    """
    if not paths.suite.exists():
        raise RunError(f"{paths.root}: nothing was run into this folder yet; run: reportgen run experiments.yaml")
    content = read_json(paths.suite)
    try:
        check_format(paths.suite, content)
        source = Path(os.fsdecode(content["source"].encode("utf-8")))
        changed = _has_changed(source, content["source_sha256"])
        return RecordedSuite(Suite.model_validate(content["suite"]), source, content["source_text"], changed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = shorten(explain_problem(error) if isinstance(error, ValidationError) else str(error), 200)
        raise RunError(
            f"{paths.suite}: cannot be used, perhaps as another version of reportgen wrote it ({reason}); "
            "run 'reportgen run' again, which repeats no finished training"
        ) from error
