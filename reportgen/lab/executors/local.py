"""Execution in worker processes on this machine: a run that crashes its worker takes down no other run.

Only the workers import torch.
"""

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
from reportgen.lab.executors import Event, Failed, Finished, Job, Progressed, Released, Retried, Started
from reportgen.lab.executors.workers import get_worker_context
from reportgen.lab.tasks import Task
from reportgen.store.paths import OutputPaths
from reportgen.store.records import FailureRecord, write_record

SECONDS_TO_STOP = 60.0
"""Time that workers get to write their checkpoints on a stop."""


class _Idle:
    """Message of a worker that has finished its job and waits for the next; an empty job ends it."""


@dataclass
class _Worker:
    """A worker process and its current job."""

    job: Job
    process: BaseProcess
    connection: Connection
    started: float
    attempt: int
    trains_together: bool
    is_idle: bool = False
    is_over_time: bool = False
    ended: set[str] = field(default_factory=set)
    """Names of the runs of the job that have finished, failed or been released."""

    @property
    def left(self) -> Job:
        """Tasks of the job that have not ended yet."""
        return tuple(task for task in self.job if task.spec.name not in self.ended)

    def assign(self, job: Job) -> None:
        """Send an idle worker its next job."""
        self.job, self.started, self.attempt, self.is_idle = job, time.monotonic(), 0, False
        with suppress(OSError):  # the worker died; its job is requeued as after any other death
            self.connection.send(job)

    def drain(self) -> Iterator[Event | Released]:
        """Yield the events that have arrived, without waiting for more."""
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
    """Executor with at most ``jobs`` worker processes at once.

    A worker either trains several runs side by side and releases them, or trains and measures one run after another.

    Args:
        retries: how often to resume a run from its last checkpoint after its worker died (killed, out of memory,
            crashed); a Python exception would occur again and is not retried.
        time_limit: seconds that a run may take in one go; a job of k runs may take k times as long.
    """

    def __init__(self, jobs: int, retries: int = 1, time_limit: float | None = None) -> None:
        self.jobs, self.retries, self.time_limit = jobs, retries, time_limit
        self.context = get_worker_context()

    def execute(self, jobs: list[Job]) -> Iterator[Event]:
        """Execute jobs in worker processes; closing the generator lets them write checkpoints and ends them."""
        waiting, working = [(job, 0) for job in reversed(jobs)], list[_Worker]()
        released: list[Task] = []
        try:
            while waiting or working or released:
                while len(working) < self.jobs and (entry := _choose(waiting, working)):
                    waiting.remove(entry)
                    job, attempt = entry
                    working.append(self._start(job, attempt, trains_together=len(job) > 1))
                    yield from (Started(task.spec.name) for task in job)
                self._assign_released(working, released, may_wait=_choose(waiting, working) is None)
                handles = [worker.connection for worker in working] + [worker.process.sentinel for worker in working]
                wait(handles, 1.0 if self.time_limit else None)
                self._kill_overdue(working)
                for worker in list(working):
                    ended = not worker.process.is_alive()  # checked before draining, so that no event is missed
                    for event in list(worker.drain()):
                        if isinstance(event, Released):
                            released += [task for task in worker.job if task.spec.name == event.name]
                        else:
                            yield event
                    if ended:
                        yield from self._requeue(worker, waiting)
                        worker.process.join()
                        worker.connection.close()
                        working.remove(worker)
        finally:
            _stop(working)

    def _assign_released(self, working: list[_Worker], released: list[Task], *, may_wait: bool) -> None:
        """Assign released runs to idle and new workers.

        A worker stays idle while more runs may be released, because starting one takes seconds; then it is ended.
        """
        more_may_come = may_wait and any(worker.trains_together for worker in working)
        for worker in working:
            if worker.is_idle and (released or not more_may_come):
                worker.assign(self._pop_share(released))
        while released and len(working) < self.jobs:
            working.append(self._start(self._pop_share(released), 0, trains_together=False))

    def _pop_share(self, tasks: list[Task]) -> Job:
        """Remove one worker's share of released tasks from the list and return it."""
        share = -(-len(tasks) // self.jobs)
        job = tuple(tasks[:share])
        del tasks[:share]
        return job

    def _requeue(self, worker: _Worker, waiting: list[tuple[Job, int]]) -> Iterator[Event]:
        """Requeue the runs that a dead worker left, each as a job of its own; report those without a retry left."""
        left = worker.left
        if worker.trains_together and len(left) > 1 and not worker.is_over_time:  # alone, the culprit shows itself
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

    def _kill_overdue(self, working: list[_Worker]) -> None:
        """Kill workers that exceed the time limit; their last checkpoints stay."""
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
    """Return the next job, from the end of the list, or None.

    Only one worker at a time trains runs side by side, because they fill the GPU.
    """
    is_taken = any(worker.trains_together for worker in working)
    return next((entry for entry in reversed(waiting) if not (is_taken and len(entry[0]) > 1)), None)


def _stop(working: list[_Worker]) -> None:
    """Ask all workers to write a checkpoint and end; kill them after ``SECONDS_TO_STOP`` or on an interrupt."""
    for worker in working:
        worker.process.terminate()
    limit = time.monotonic() + SECONDS_TO_STOP
    left = list(working)
    try:
        while left and (seconds := limit - time.monotonic()) > 0:
            # Their messages are discarded, but must be read: a worker blocked in ``send`` writes no checkpoint.
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
    """Run the body of a worker; SIGTERM asks it to write a checkpoint and stop, and the end of its parent ends it."""
    stopping = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are handled by the parent
    threading.Thread(target=end_without_parent, args=(connection,), daemon=True).start()
    os.environ["TQDM_DISABLE"] = "1"
    _stop_at_sigterm(stopping)
    with suppress(ConnectionError, EOFError, Stopped):
        body(job, connection, stopping)


def _stop_at_sigterm(stopping: threading.Event) -> None:
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())


def _train_together(job: Job, connection: Connection, stopping: threading.Event) -> None:
    from reportgen.lab.execution import train_together

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
    from reportgen.lab.execution import execute_run, explain_failure

    name = task.spec.name

    def report(stage: str, step: int, losses: dict[str, float]) -> None:
        if stage != "training":  # repeated by the next command
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
        return "it took longer than --time-limit; run the same command again to resume from its last checkpoint"
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
        write_record(paths.failure, FailureRecord(reason=reason, details=""))
    return Failed(task.spec.name, reason)
