"""One process per run, several at a time: a run that crashes takes no other with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from reportgen.execution import Task, execute_run, explain_failure, record_failure
from reportgen.executors import Event, Failed, Finished, Progressed, Started
from reportgen.store import OutputPaths


@dataclass
class _Worker:
    task: Task
    process: BaseProcess
    connection: Connection
    started: float

    def drain(self) -> Iterator[Event]:
        """All events that have arrived."""
        try:
            while self.connection.poll():
                yield self.connection.recv()
        except (EOFError, OSError):
            return


class LocalExecutor:
    """At most ``jobs`` runs at once."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        # A fork server imports torch once; spawning would do so for every run.
        if sys.platform == "win32":
            self.context = multiprocessing.get_context("spawn")
        else:
            self.context = multiprocessing.get_context("forkserver")
            self.context.set_forkserver_preload(["reportgen.execution"])

    def execute(self, tasks: list[Task]) -> Iterator[Event]:
        waiting, working = list(reversed(tasks)), list[_Worker]()
        try:
            while waiting or working:
                while waiting and len(working) < self.jobs:
                    working.append(self._start(waiting.pop()))
                    yield Started(working[-1].task.spec.name)
                wait([worker.connection for worker in working] + [worker.process.sentinel for worker in working])
                for worker in list(working):
                    ended = not worker.process.is_alive()  # asked before draining: what it sent is all there
                    events = list(worker.drain())
                    yield from events
                    over = any(isinstance(event, Finished | Failed) for event in events)
                    if ended and not over:
                        yield _report_death(worker)
                    if ended or over:
                        worker.process.join()
                        worker.connection.close()
                        working.remove(worker)
        finally:
            for worker in working:
                worker.process.terminate()
            for worker in working:
                worker.process.join()

    def _start(self, task: Task) -> _Worker:
        receiver, sender = self.context.Pipe(duplex=False)
        process = self.context.Process(target=_work, args=(task, sender), daemon=True)
        process.start()
        sender.close()
        return _Worker(task, process, receiver, time.monotonic())


def _work(task: Task, connection: Connection) -> None:
    """The body of a worker process. When its parent is gone, its next message fails and it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    os.environ["TQDM_DISABLE"] = "1"
    name, start = task.spec.name, time.monotonic()
    try:
        execute_run(task, lambda stage, step, losses: connection.send(Progressed(name, stage, step, losses)))
    except BrokenPipeError:
        return
    except Exception as error:
        connection.send(Failed(name, explain_failure(error)))
    else:
        connection.send(Finished(name, time.monotonic() - start))


def _report_death(worker: _Worker) -> Failed:
    code = worker.process.exitcode
    reason = (
        f"its process was killed by signal {-code}" if code is not None and code < 0 else f"its process ended ({code})"
    )
    if code == -signal.SIGKILL:
        reason += "; the machine may be out of memory: try fewer --jobs"
    paths = OutputPaths(worker.task.output).run(worker.task.spec.folder_name)
    record_failure(paths, reason, "")
    return Failed(worker.task.spec.name, reason)
