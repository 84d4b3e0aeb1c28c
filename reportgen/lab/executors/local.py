"""One process per run, several at a time: a run that crashes takes no other with it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from reportgen.base.errors import RunError, Stopped
from reportgen.base.processes import end_without_parent
from reportgen.lab.execution import Task, execute_run, explain_failure, record_failure, train_together
from reportgen.lab.executors import Event, Failed, Finished, Job, Progressed, Released, Retried, Started
from reportgen.lab.executors.workers import get_worker_context
from reportgen.store.paths import OutputPaths

SECONDS_TO_STOP = 60.0
"""How long workers may take to write their checkpoints."""


class _Idle:
    """A worker has done what it was given and waits for more, or for an empty job to end."""


@dataclass
class _Worker:
    job: Job
    process: BaseProcess
    connection: Connection
    started: float
    attempt: int
    trains_together: bool
    is_idle: bool = False
    is_over_time: bool = False
    ended: set[str] = field(default_factory=set)
    """The runs of which the end is known."""

    @property
    def left(self) -> Job:
        return tuple(task for task in self.job if task.spec.name not in self.ended)

    def give(self, job: Job) -> None:
        self.job, self.started, self.attempt, self.is_idle = job, time.monotonic(), 0, False
        with suppress(OSError):  # it died; what it had is taken up as after any death
            self.connection.send(job)

    def drain(self) -> Iterator[Event | Released]:
        """All events that have arrived."""
        try:
            while self.connection.poll():
                event = self.connection.recv()
                if isinstance(event, _Idle):
                    self.is_idle = True
                    continue
                if isinstance(event, Finished | Failed | Released):
                    self.ended.add(event.name)
                yield event
        except (EOFError, OSError):
            return


class LocalExecutor:
    """At most ``jobs`` processes at once.

    A process either trains several runs side by side and releases them, or brings one run after another to its end.

    Args:
        retries: how often a run whose process died (killed, out of memory, crashed) is taken up again from its last
            checkpoint; an error that Python reports would come again and is not retried.
        time_limit: seconds that one run may take in one go; k runs in one place may take k times as long.
    """

    def __init__(self, jobs: int, retries: int = 1, time_limit: float | None = None) -> None:
        self.jobs, self.retries, self.time_limit = jobs, retries, time_limit
        self.context = get_worker_context()

    def execute(self, jobs: list[Job]) -> Iterator[Event]:
        waiting, working = [(job, 0) for job in reversed(jobs)], list[_Worker]()
        released: list[Task] = []
        try:
            while waiting or working or released:
                while len(working) < self.jobs and (entry := _choose(waiting, working)):
                    waiting.remove(entry)
                    job, attempt = entry
                    working.append(self._start(job, attempt, trains_together=len(job) > 1))
                    yield from (Started(task.spec.name) for task in job)
                self._employ(working, released, may_wait=_choose(waiting, working) is None)
                handles = [worker.connection for worker in working] + [worker.process.sentinel for worker in working]
                wait(handles, 1.0 if self.time_limit else None)
                self._end_late(working)
                for worker in list(working):
                    ended = not worker.process.is_alive()  # asked before draining: what it sent is all there
                    for event in list(worker.drain()):
                        if isinstance(event, Released):
                            released += [task for task in worker.job if task.spec.name == event.name]
                        else:
                            yield event
                    if ended:
                        yield from self._take_back(worker, waiting)
                        worker.process.join()
                        worker.connection.close()
                        working.remove(worker)
        finally:
            _stop(working)

    def _employ(self, working: list[_Worker], released: list[Task], *, may_wait: bool) -> None:
        """Share out what is released. A worker without work waits while more may come: beginning one takes seconds."""
        more_may_come = may_wait and any(worker.trains_together for worker in working)
        for worker in working:
            if worker.is_idle and (released or not more_may_come):
                worker.give(self._deal(released))
        while released and len(working) < self.jobs:
            working.append(self._start(self._deal(released), 0, trains_together=False))

    def _deal(self, tasks: list[Task]) -> Job:
        """Take a fair share of what is released out of the list."""
        share = -(-len(tasks) // self.jobs)
        job = tuple(tasks[:share])
        del tasks[:share]
        return job

    def _take_back(self, worker: _Worker, waiting: list[tuple[Job, int]]) -> Iterator[Event]:
        """What a process left when it ended waits again, each alone: what it worked on if it has a try left."""
        left = worker.left
        if worker.trains_together and len(left) > 1 and not worker.is_over_time:  # whose fault it was shows then
            waiting += [((task,), worker.attempt) for task in left]
            yield from (Retried(task.spec.name, _describe_death(worker)) for task in left)
            return
        begun = left if worker.trains_together else left[:1]
        waiting += [((task,), worker.attempt) for task in left[len(begun) :]]
        if worker.attempt < self.retries and not worker.is_over_time:
            waiting += [((task,), worker.attempt + 1) for task in begun]
            yield from (Retried(task.spec.name, _describe_death(worker)) for task in begun)
        else:
            yield from [_report_death(worker, task) for task in begun]

    def _end_late(self, working: list[_Worker]) -> None:
        """Kill what is over its time; its last checkpoint stays."""
        for worker in working:
            if (
                self.time_limit
                and not worker.is_idle
                and time.monotonic() - worker.started > self.time_limit * len(worker.job)
            ):
                worker.is_over_time = True
                worker.process.kill()

    def _start(self, job: Job, attempt: int, *, trains_together: bool) -> _Worker:
        receiver, sender = self.context.Pipe()
        body = _train_together if trains_together else _work_in_turn
        process = self.context.Process(target=_work, args=(body, job, sender), daemon=True)
        process.start()
        sender.close()
        return _Worker(job, process, receiver, time.monotonic(), attempt, trains_together)


def _choose(waiting: list[tuple[Job, int]], working: list[_Worker]) -> tuple[Job, int] | None:
    """The next job, from the end of the list; only one process at a time trains several runs: a GPU holds no more."""
    is_taken = any(worker.trains_together for worker in working)
    return next((entry for entry in reversed(waiting) if not (is_taken and len(entry[0]) > 1)), None)


def _stop(working: list[_Worker]) -> None:
    """Let every worker write a checkpoint and end; an interrupt while waiting, or a worker that hangs, ends them."""
    for worker in working:
        worker.process.terminate()
    limit = time.monotonic() + SECONDS_TO_STOP
    left = list(working)
    try:
        while left and (seconds := limit - time.monotonic()) > 0:
            # What they send is read and thrown away: one that waits for a reader would never write its checkpoint.
            wait([worker.connection for worker in left] + [worker.process.sentinel for worker in left], seconds)
            left = [worker for worker in left if worker.process.is_alive()]
            for worker in left:
                list(worker.drain())
    finally:
        for worker in working:
            worker.process.kill()
            worker.process.join()


Body = Callable[[Job, Connection, threading.Event], None]


def _work(body: Body, job: Job, connection: Connection) -> None:
    """The body of a worker process: SIGTERM asks it to write a checkpoint and stop; without its parent it ends."""
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    threading.Thread(target=end_without_parent, args=(connection,), daemon=True).start()
    os.environ["TQDM_DISABLE"] = "1"
    _stop_at_sigterm(stopping)
    with suppress(ConnectionError, EOFError, Stopped):
        body(job, connection, stopping)


def _stop_at_sigterm(stopping: threading.Event) -> None:
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())


def _train_together(job: Job, connection: Connection, stopping: threading.Event) -> None:
    train_together(
        job,
        lambda name, step, losses: connection.send(Progressed(name, "training", step, losses)),
        lambda name: connection.send(Released(name)),
        lambda name, reason: connection.send(Failed(name, reason)),
        stopping.is_set,
    )


def _work_in_turn(job: Job, connection: Connection, stopping: threading.Event) -> None:
    while job:
        for task in job:
            _stop_at_sigterm(stopping)
            _work_on(task, connection, stopping, time.monotonic())
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if stopping.is_set():
            return
        connection.send(_Idle())
        job = connection.recv()


def _work_on(task: Task, connection: Connection, stopping: threading.Event, start: float) -> None:
    name = task.spec.name

    def report(stage: str, step: int, losses: dict[str, float]) -> None:
        if stage == "evaluation":  # short, and done anew by the next command
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
        connection.send(Progressed(name, stage, step, losses))

    try:
        execute_run(task, report, stopping.is_set)
    except (ConnectionError, Stopped):
        raise
    except Exception as error:
        connection.send(Failed(name, explain_failure(error)))
    else:
        connection.send(Finished(name, time.monotonic() - start))


def _describe_death(worker: _Worker) -> str:
    if worker.is_over_time:
        return "it took longer than --time-limit; the same command goes on from its last checkpoint"
    code = worker.process.exitcode
    reason = (
        f"its process was killed by signal {-code}" if code is not None and code < 0 else f"its process ended ({code})"
    )
    if code == -signal.SIGKILL:
        reason += "; the machine may be out of memory: try fewer --jobs"
    return reason


def _report_death(worker: _Worker, task: Task) -> Failed:
    reason = _describe_death(worker)
    paths = OutputPaths(task.output).run(task.spec.folder_name)
    with suppress(RunError):  # a full disk has no room for the reason either
        record_failure(paths, reason, "")
    return Failed(task.spec.name, reason)
