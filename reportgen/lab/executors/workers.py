"""How processes that train are begun. Imports no torch: whether there is anything to train may not be known yet."""

from __future__ import annotations

import multiprocessing
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

PRELOADED = ("reportgen.lab.execution", "torch._dynamo")
"""What processes that train have imported before they begin: torch takes seconds, and so does what its optimisers
import when the first of them is made."""


def get_worker_context() -> ForkServerContext | SpawnContext:
    """How processes that train are begun: forked from a server that has imported torch, elsewhere than on Linux anew.

    There is no fork on Windows, and macOS's libraries may crash in a forked process.
    """
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def begin_to_import() -> None:
    """Let the server of ``get_worker_context`` import while this process does something else."""
    if sys.platform != "linux":
        return
    from multiprocessing import forkserver

    get_worker_context()
    forkserver.ensure_running()
