"""Locks on runs, which the operating system releases when their process ends."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from pydantic import ValidationError

from reportgen.base.errors import RunError
from reportgen.base.files import explain_unwritable, read_json
from reportgen.store.paths import RunPaths
from reportgen.store.records import HolderRecord, write_record

SECONDS_TO_LOOK = 1.0
"""Time to wait for a lock, because a process that only checks whether a run is held takes its lock for a moment."""


@contextmanager
def hold_run(paths: RunPaths) -> Iterator[None]:
    """Hold a run's lock in the body, and create the run's folder if it is missing.

    Raises:
        RunError: another process holds the lock, or the folder cannot be written to.
    """
    lock = FileLock(paths.lock)
    try:
        paths.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=SECONDS_TO_LOOK)
    except Timeout:
        raise RunError(f"{paths.folder.name}: another process is working on it ({describe_holder(paths)})") from None
    except OSError as error:
        raise explain_unwritable(paths.folder, error) from error
    try:
        write_record(paths.holder, HolderRecord(pid=os.getpid(), host=platform.node()))
        yield
    finally:
        lock.release()


def describe_holder(paths: RunPaths) -> str:
    """Return PID and host of the process that holds a run's lock, or that the PID is unknown."""
    try:
        holder = HolderRecord.model_validate(read_json(paths.holder))
        return f"PID {holder.pid} on {holder.host}"
    except (RunError, ValidationError):
        return "PID unknown"


def is_held(paths: RunPaths) -> bool:
    """Return whether a process is working on the run."""
    if not paths.lock.exists():
        return False
    try:
        with FileLock(paths.lock).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # another user's folder, whose lock can be neither taken nor queried
        return False
