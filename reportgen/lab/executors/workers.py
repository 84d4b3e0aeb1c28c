"""The start of worker processes. Imports no torch, because there may turn out to be nothing to train."""

from __future__ import annotations

import multiprocessing
import sys
from typing import TYPE_CHECKING

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
