"""Atomic writes, appending, checksums, and the user's folders for cache and datasets."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import platformdirs

from reportgen.base.errors import RunError


def find_cache_dir() -> Path:
    """Return the user's cache folder for this program, on Linux below ``XDG_CACHE_HOME`` or ``~/.cache``.

    The folder may not exist yet, and may not be writable.
    """
    return platformdirs.user_cache_path("reportgen", appauthor=False)


def find_data_dir() -> Path:
    """Return the folder of datasets if ``--data-dir`` names none: ``REPORTGEN_DATA``, or one below the cache folder."""
    named = os.environ.get("REPORTGEN_DATA")
    return Path(named) if named else find_cache_dir() / "data"


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hex digits; the file is read in pieces.

    Raises:
        OSError: the file is missing or unreadable.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def replace_file(path: Path) -> Iterator[IO[bytes]]:
    """Yield a stream to a temporary file that replaces ``path`` in one step when the block ends.

    The file is synced before it is renamed, and its folder after that, so that a crash at any time leaves either the
    old file or the new one. If the block or the writing fails, ``path`` stays unchanged. The temporary file, whose path
    is the stream's ``name``, is in the same folder.

    Raises:
        OSError: the disk is full, or the folder is not writable.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    reach_failpoint("before the file")
    stream = tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False)  # noqa: SIM115
    temporary = Path(stream.name)
    try:
        with stream:
            reach_failpoint("before the write")
            yield stream
            stream.flush()
            reach_failpoint("after the write")
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        reach_failpoint("before the rename")
        os.replace(temporary, path)
        reach_failpoint("after the rename")
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    reach_failpoint("after the folder's fsync")


def reach_failpoint(name: str) -> None:
    """Do nothing; ``tools/faults.py`` replaces this function with one that kills the process at a given call."""


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, either completely or not at all.

    Raises:
        RunError: the disk is full, or the folder is not writable; an existing file stays unchanged.
    """
    try:
        with replace_file(path) as stream:
            stream.write(content)
    except OSError as error:
        raise explain_unwritable(path, error) from error


def append_text(path: Path, content: str) -> None:
    """Append a text as UTF-8 to a file that exists; a crash may leave a part of it.

    Raises:
        RunError: the file is gone, the disk is full, or the file is not writable; a part of the text may be appended.
    """
    try:
        with path.open("r+b") as stream:
            stream.seek(0, os.SEEK_END)
            encoded = content.encode("utf-8", "surrogateescape")
            reach_failpoint("before the append")
            stream.write(encoded[: len(encoded) // 2])
            stream.flush()
            reach_failpoint("amid the append")
            stream.write(encoded[len(encoded) // 2 :])
            stream.flush()
            reach_failpoint("after the append")
    except OSError as error:
        raise explain_unwritable(path, error) from error


def explain_unwritable(path: Path, error: OSError) -> RunError:
    """Return the error that tells a user why a file cannot be written, and the remedy."""
    reason = error.strerror or str(error)
    return RunError(f"{path}: cannot be written ({reason}); free some space or choose another --output")


def write_text(path: Path, content: str) -> None:
    """Write a text as UTF-8; surrogate escapes, as in a path that could not be decoded, become their original bytes.

    Raises:
        RunError: the file cannot be written.
    """
    write_bytes(path, content.encode("utf-8", "surrogateescape"))


def write_json(path: Path, content: Any) -> None:
    """Write content as JSON in UTF-8, with an indent of one space.

    Raises:
        RunError: the file cannot be written.
    """
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        RunError: the file is missing, unreadable or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: cannot be read ({error}); run 'reportgen run' again") from error


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
