"""Runs in this process, one after another: for debugging and for tests."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

from reportgen.execution import execute_run, explain_failure
from reportgen.executors import Event, Failed, Finished, Job, Started


class InlineExecutor:
    def execute(self, jobs: list[Job]) -> Iterator[Event]:
        for task in itertools.chain.from_iterable(jobs):
            yield Started(task.spec.name)
            start = time.monotonic()
            try:
                execute_run(task, lambda *_: None)
            except Exception as error:
                yield Failed(task.spec.name, explain_failure(error))
            else:
                yield Finished(task.spec.name, time.monotonic() - start)
