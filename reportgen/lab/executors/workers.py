"""The start of worker processes, which import torch so that the process that starts them need not."""

from __future__ import annotations

import importlib
import multiprocessing
import sys
from typing import TYPE_CHECKING, Any

from reportgen.base.errors import ReportgenError, RunError
from reportgen.base.processes import Died, call_side_by_side

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

PRELOADED = ("reportgen.lab.execution", "torch._dynamo")
"""Modules imported before workers are forked: torch takes seconds, and so do the imports of its first optimiser."""


def get_worker_context() -> ForkServerContext | SpawnContext:
    """Return the multiprocessing context of workers: on Linux a fork server with torch imported, elsewhere ``spawn``.

    Windows has no fork, and macOS's libraries may crash in a forked process.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def begin_to_import() -> None:
    """Start the fork server, which imports torch while this process continues; do nothing if not on Linux."""
    if sys.platform != "linux":
        return
    from multiprocessing import forkserver

    get_worker_context()
    forkserver.ensure_running()


def call_in_worker(name: str, *arguments: object) -> Any:
    """Call a function of ``reportgen.lab.execution`` in a worker process; where there is no fork server, in this one.

    Raises:
        ReportgenError: the function raised it.
        RunError: the process died, or printed the traceback of another exception.
    """
    if sys.platform != "linux":
        return _call(name, *arguments)
    ((_, outcome),) = call_side_by_side(_call, {name: (name, *arguments)}, get_worker_context())
    if isinstance(outcome, ReportgenError):
        raise outcome
    if isinstance(outcome, Died):
        raise RunError(f"{name}: its process ended with status {outcome.status}; look at 'reportgen doctor'")
    return outcome


def _call(name: str, *arguments: object) -> Any:
    return getattr(importlib.import_module(PRELOADED[0]), name)(*arguments)
