"""The record of what reports were rendered from, by which nothing is rendered twice."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import reportgen
from reportgen.assets import find_templates
from reportgen.base.errors import RunError
from reportgen.base.files import hash_file, write_json
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.states import DONE, State
from reportgen.store.suites import RecordedSuite
from reportgen.suite.plan import plan_runs

PACKAGES = (
    *("babel", "fonttools", "jinja2", "latex2mathml", "markdown-it-py", "matplotlib", "nh3", "numpy", "pandas"),
    *("pygments", "scipy", "weasyprint", "ziamath"),
)
PROGRAM_SUFFIXES = {".py", ".po", ".yaml", ".csv", ".json", ".j2", ".css", ".js", ".svg", ".ttf"}


def hash_inputs(output: OutputPaths, recorded: RecordedSuite, states: Mapping[str, State], notes: Path) -> str:
    """Hash all that reports depend on: the program, the suite, the runs, the author's notes."""
    digest = hashlib.sha256(repr((_hash_program(), recorded.source_changed)).encode())
    for piece in (*_read_all(output.root, [output.suite]), *_read_all(notes, sorted(notes.rglob("*.md")))):
        digest.update(piece)
    for spec in plan_runs(recorded.suite):
        paths = output.run(spec.folder_name)
        digest.update(states[spec.name].encode())
        # The history grows during training, unread.
        read = _stat_all(paths) if states[spec.name] in DONE else ()
        for piece in (*_read_all(paths.folder, [paths.manifest, paths.failure]), *read):
            digest.update(piece)
    return digest.hexdigest()


def _read_all(folder: Path, paths: Iterable[Path]) -> Iterator[bytes]:
    for path in paths:
        with suppress(OSError):
            yield str(path.relative_to(folder)).encode("utf-8", "surrogateescape") + path.read_bytes()


def _stat_all(paths: RunPaths) -> Iterator[bytes]:
    """Yield name, size and modification time of the files of a run that a report reads."""
    files = (paths.spec, paths.history, paths.evaluation, paths.latents, paths.inception)
    for path in (*files, *sorted(paths.images.glob("*.png"))):
        with suppress(OSError):
            status = path.stat()
            yield f"{path.name} {status.st_size} {status.st_mtime_ns}".encode()


@cache
def _hash_program() -> str:
    """Hash the versions of packages, our source and the templates."""
    folder = Path(reportgen.__file__).parent
    digest = hashlib.sha256(repr([importlib.metadata.version(name) for name in PACKAGES]).encode())
    for root in (folder, find_templates()):
        for path in sorted(root.rglob("*")):
            if path.suffix in PROGRAM_SUFFIXES:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def find_rendered(output: OutputPaths, request: Sequence[str], inputs: str) -> tuple[list[Path], list[str]] | None:
    """Find reports rendered from these inputs; return their paths and the warnings of that time, or None.

    They count only if all their files are on disk as they were written.

    Args:
        request: languages and formats; reports rendered for a larger request satisfy a smaller one.
        inputs: the hash of the inputs.
    """
    for made, entry in _read_record(output).items():
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            paths = {output.root / name: sha256 for name, sha256 in entry["files"].items()}
            is_enough = set(request) <= set(made.split()) and entry["inputs"] == inputs
            if is_enough and all(hash_file(path) == sha256 for path, sha256 in paths.items()):
                wanted = [path for path in paths if set(path.name.split(".")[1:]) <= set(request)]
                return [path for path in wanted if path.parent == output.root], entry["warnings"]
    return None


def record_rendered(
    output: OutputPaths, request: Sequence[str], inputs: str, written: Sequence[Path], warnings: Sequence[str]
) -> None:
    """Record what a request was rendered to, for ``find_rendered``.

    Args:
        inputs: the hash of the inputs.
        written: the reports and their picture files.
    """
    files = {path.relative_to(output.root).as_posix(): hash_file(path) for path in written}
    entry = {"inputs": inputs, "files": files, "warnings": list(warnings)}
    with suppress(RunError):  # without the record the next rendering only takes longer
        write_json(output.rendered, {**_read_record(output), " ".join(request): entry})


def _read_record(output: OutputPaths) -> dict[str, Any]:
    """Read the record, an entry per request; empty if it is missing or damaged."""
    with suppress(OSError, ValueError):
        record = json.loads(output.rendered.read_text(encoding="utf-8"))
        if isinstance(record, dict):
            return record
    return {}
