"""Child processes that end with their work or with their parent."""

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
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from reportgen.base.errors import ReportgenError

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, ForkServerContext, SpawnContext

    Context = ForkContext | ForkServerContext | SpawnContext

K = TypeVar("K")


@dataclass(frozen=True)
class Died:
    """Outcome of a process that ended without returning or raising a ReportgenError."""

    status: int
    """Exit status; negative for a signal."""


@dataclass(frozen=True)
class _Child:
    process: BaseProcess
    connection: Connection

    def take_outcome(self) -> Any:
        """Receive the return value of the function, the ReportgenError that it raised, or Died."""
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
    function: Callable[..., Any],
    arguments: Mapping[K, tuple[Any, ...]],
    context: Context | None = None,
    at_once: int | None = None,
) -> Generator[tuple[K, Any], None, None]:
    """Call ``function(*arguments[key])`` for every key, each call in a process of its own.

    Without a context the processes are forked on Linux, elsewhere spawned. Closing the generator kills those that still
    run.

    Args:
        at_once: the most processes at a time, begun in the order of the keys; by default all.

    Yields:
        Keys with outcomes in order of arrival: the return value, the ReportgenError that was raised, or Died. After any
        other exception the process prints its traceback and the outcome is Died.
    """
    if context is None:
        is_linux = sys.platform == "linux"
        context = multiprocessing.get_context("fork") if is_linux else multiprocessing.get_context("spawn")
    waiting, children, left = list(arguments.items()), list[_Child](), dict[K, _Child]()
    try:
        while waiting or left:
            while waiting and len(left) < (at_once or len(arguments)):
                key, values = waiting.pop(0)
                left[key] = _start(context, function, values)
                children.append(left[key])
            ready = wait([child.connection for child in left.values()])
            for key in [key for key, child in left.items() if child.connection in ready]:
                yield key, left.pop(key).take_outcome()
    finally:
        for child in children:
            child.end()


def _start(context: Context, function: Callable[..., Any], values: tuple[Any, ...]) -> _Child:
    receiver, sender = context.Pipe(duplex=False)
    process: BaseProcess = context.Process(target=_call, args=(receiver, sender, function, values), daemon=True)
    with _block_signals():
        process.start()
    sender.close()
    return _Child(process, receiver)


STOPPING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _block_signals() -> Iterator[None]:
    """Block SIGINT and SIGTERM: an exception raised by a handler in the hooks of a fork would be printed and lost."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    former = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _call(receiver: Connection, connection: Connection, function: Callable[..., Any], values: tuple[Any, ...]) -> None:
    receiver.close()  # a forked process inherits the parent's end
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are handled by the parent
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    threading.Thread(target=end_without_parent, args=(connection,), daemon=True).start()
    try:
        outcome = function(*values)
    except ReportgenError as error:
        outcome = error
    connection.send(outcome)


def end_without_parent(connection: Connection | TextIO) -> None:
    """Wait until the parent has closed its end of a connection or pipe, even by ``kill -9``; then end this process."""
    poll = select.poll() if hasattr(select, "poll") else None
    if poll is None:
        return  # on Windows, sending the next message fails instead
    poll.register(connection.fileno(), select.POLLERR | select.POLLHUP)
    poll.poll()
    os._exit(1)
