"""Where runs are executed: an executor turns tasks into a stream of events, and a failure is an event like another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from reportgen.lab.execution import Task


@dataclass(frozen=True)
class Started:
    name: str


@dataclass(frozen=True)
class Progressed:
    """``stage`` is training or evaluation; ``losses`` has the newest value of each loss, or nothing new."""

    name: str
    stage: str
    step: int
    losses: dict[str, float]


@dataclass(frozen=True)
class Finished:
    name: str
    seconds: float


@dataclass(frozen=True)
class Failed:
    name: str
    reason: str


@dataclass(frozen=True)
class Retried:
    """Its process died; the run goes on from its last checkpoint in another one."""

    name: str
    reason: str


@dataclass(frozen=True)
class Released:
    """Its process has done what it could for the run; what is left is done in another one."""

    name: str


Event = Started | Progressed | Finished | Failed | Retried


Job = tuple["Task", ...]
"""What is done in one process: a run, or several that are trained side by side."""


class Executor(Protocol):
    def execute(self, jobs: list[Job]) -> Iterator[Event]:
        """Do all jobs, in this order as places become free; every task ends in one Finished or Failed."""
        ...
