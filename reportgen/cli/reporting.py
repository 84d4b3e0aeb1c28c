"""Reports made while a suite is run: of its first runs as soon as there are some, after each seed, and at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from reportgen.lab.executors import Event, Finished
from reportgen.lab.runner import RUNS_TO_SHOW, Plan

NICENESS = 5
"""Niceness of a rendering beside the training, which then gets about a quarter of a core that both want."""

SECONDS_TO_END = 5.0
"""Time that a rendering has to end its own processes when it is no longer wanted."""


class InterimReports:
    """Reports of what is finished so far, each rendered by a process of low priority while the training goes on.

    A context manager: its end stops a rendering that is still going on. A rendering that fails is said and no more.
    """

    def __init__(self, plan: Plan, output: Path, say: Callable[[str], None]) -> None:
        """Begin without a report.

        Args:
            say: called with one line whenever a report is made, or could not be made.
        """
        self.output, self.say = output, say
        self.seeds = {run.spec.name: run.spec.seed for run in plan.runs}
        self.left = {run.spec.name for run in plan.missing}
        self.has_begun = False
        self.rendering: _Rendering | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.rendering is not None:
            self.rendering.end()

    def follow(self, event: Event) -> None:
        """Begin a rendering if the event makes one due, and say if one has ended."""
        self._announce()
        if isinstance(event, Finished):
            self.left.discard(event.name)
            if self.rendering is None and self.left and self._is_due(event.name):
                self.rendering = _Rendering(self.output, len(self.seeds) - len(self.left))
                self.has_begun = True

    def _is_due(self, name: str) -> bool:
        """Return whether the end of a run calls for a report: the first that there is, or its seed's last."""
        is_first = not self.has_begun and len(self.seeds) - len(self.left) >= RUNS_TO_SHOW
        return is_first or self.seeds[name] not in {self.seeds[other] for other in self.left}

    def _announce(self) -> None:
        if self.rendering is None or self.rendering.process.poll() is None:
            return
        num, last_line = self.rendering.num_runs, self.rendering.read_last_line()
        if self.rendering.process.returncode == 0:
            self.say(f"a report of the first {num} runs: {self.output}/report.*")
        else:
            self.say(f"no report of the first {num} runs: {last_line}; the training goes on")
        self.rendering = None


class _Rendering:
    """A process that renders the report of so many finished runs."""

    def __init__(self, output: Path, num_runs: int) -> None:
        self.num_runs = num_runs
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        # Of a process group of its own, so that an interrupt on the terminal reaches the parent only, which ends it.
        self.process = subprocess.Popen(
            [*list_arguments(output), "--with-stdin"],
            stdin=subprocess.PIPE,  # closed by the end of this process, even by kill -9
            stdout=self.log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        if hasattr(os, "setpriority"):
            with suppress(OSError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, self.process.pid, NICENESS)

    def read_last_line(self) -> str:
        """Return the last line that the process wrote, and forget all."""
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").split("\n")
        self.log.close()
        return next((line for line in reversed(lines) if line.strip()), "it said nothing").removeprefix("reportgen: ")

    def end(self) -> None:
        """End the process with its own children."""
        self.process.terminate()
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def list_arguments(output: Path) -> list[str]:
    """Return the command that renders the reports of an output folder."""
    return [sys.executable, "-m", "reportgen", "render", "--output", str(output)]


def render_apart(output: Path) -> int:
    """Render the reports in a process that writes to the same terminal; return its exit status."""
    return subprocess.run(list_arguments(output), check=False).returncode
