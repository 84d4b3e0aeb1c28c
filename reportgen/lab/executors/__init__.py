"""Executors, which turn jobs into a stream of events; a failure is an event, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from reportgen.lab.tasks import Task


@dataclass(frozen=True)
class Started:
    """A worker has begun a run, or resumed it."""

    name: str


@dataclass(frozen=True)
class Progressed:
    """A run has made progress."""

    name: str
    stage: str
    """``training``, ``evaluation`` or ``inception``."""
    step: int
    """Number of training steps that are done; in the stage ``inception`` that of images."""
    losses: dict[str, float]
    """Latest value of each loss; empty if there are no new ones."""


@dataclass(frozen=True)
class Finished:
    """A run is trained and measured."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Failed:
    """A run has failed; its ``reason`` is one line for the user."""

    name: str
    reason: str


@dataclass(frozen=True)
class Retried:
    """The worker of a run died; another one will resume the run from its last checkpoint."""

    name: str
    reason: str


@dataclass(frozen=True)
class Released:
    """A worker has trained a run to its last step; another one records and measures it."""

    name: str


Event = Started | Progressed | Finished | Failed | Retried


Job = tuple[Task, ...]
"""Work for one process: a run, or several that are trained side by side."""


class Executor(Protocol):
    """Interface of what executes jobs."""

    def execute(self, jobs: list[Job]) -> Iterator[Event]:
        """Start jobs in this order as workers become free; yield exactly one Finished or Failed for every task."""
        ...
