"""Child processes that outlive neither their work nor their parent."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from reportgen.base.errors import ReportgenError

K = TypeVar("K")


@dataclass(frozen=True)
class Died:
    """A process ended without an outcome; ``status`` is its exit status, negative for a signal."""

    status: int


@dataclass(frozen=True)
class _Child:
    process: BaseProcess
    connection: Connection

    def take_outcome(self) -> Any:
        """What the function returned, the ReportgenError that it raised, or Died."""
        try:
            outcome = self.connection.recv()
        except EOFError:
            self.process.join()
            return Died(self.process.exitcode or 0)
        self.process.join()
        return outcome

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def call_side_by_side(
    function: Callable[..., Any], arguments: Mapping[K, tuple[Any, ...]]
) -> Generator[tuple[K, Any], None, None]:
    """Call ``function(*arguments[key])`` for every key, each in a process of its own, whose memory ends with it.

    Yields keys with outcomes as they come: what the function returned, the ReportgenError that it raised, or Died (of
    any other error the process prints its traceback). Closing the generator ends what still runs. On Linux they are
    forked, and there at once.
    """
    is_linux = sys.platform == "linux"
    context = multiprocessing.get_context("fork") if is_linux else multiprocessing.get_context("spawn")
    children: dict[K, _Child] = {}
    try:
        for key, values in arguments.items():
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_call, args=(receiver, sender, function, values), daemon=True)
            with _hold_signals():
                process.start()
            sender.close()
            children[key] = _Child(process, receiver)
        left = dict(children)
        while left:
            ready = wait([child.connection for child in left.values()])
            for key in [key for key, child in left.items() if child.connection in ready]:
                yield key, left.pop(key).take_outcome()
    finally:
        for child in children.values():
            child.end()


STOPPING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _hold_signals() -> Iterator[None]:
    """Let signals wait: what a handler raises within the hooks of a fork is printed and lost, and no interrupt."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _call(receiver: Connection, connection: Connection, function: Callable[..., Any], values: tuple[Any, ...]) -> None:
    receiver.close()  # the parent's end, of which a forked process has a copy
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    threading.Thread(target=end_without_parent, args=(connection,), daemon=True).start()
    try:
        outcome = function(*values)
    except ReportgenError as error:
        outcome = error
    connection.send(outcome)


def end_without_parent(connection: Connection) -> None:
    """End this process as soon as nobody reads its messages any more: even after ``kill -9`` of the parent."""
    poll = select.poll() if hasattr(select, "poll") else None
    if poll is None:
        return  # on Windows the next message fails instead
    poll.register(connection.fileno(), select.POLLERR | select.POLLHUP)
    poll.poll()
    os._exit(1)
