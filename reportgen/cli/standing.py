"""What ``reportgen status`` shows: the states of a suite's runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.store.housekeeping import list_former
from reportgen.store.locks import describe_holder
from reportgen.store.paths import OutputPaths
from reportgen.store.states import find_states, is_inception_finished, read_failure
from reportgen.store.suites import RecordedSuite, read_suite
from reportgen.suite.plan import plan_runs


@dataclass(frozen=True)
class StandingRun:
    """A run with its state, the reason of a failure or the process that works on it, and its folder."""

    name: str
    state: str
    reason: str
    folder: Path


@dataclass(frozen=True)
class Status:
    """The states of all runs of a suite; of the Inception scores, how many runs want them and have them."""

    recorded: RecordedSuite
    runs: tuple[StandingRun, ...]
    num_wanting_inception: int
    num_having_inception: int


def read_status(output: Path) -> Status:
    """Derive the states of the runs of the suite that was run last from its files.

    Raises:
        RunError: nothing was run into this folder yet, or its record is unusable.
    """
    paths = OutputPaths(output)
    recorded = read_suite(paths)
    specs = plan_runs(recorded.suite)
    former, found = list_former(paths, specs), find_states(paths, specs)
    runs = []
    for spec in specs:
        run = paths.run(spec.folder_name)
        state = found[spec.name]
        describe = {"failed": read_failure, "running": describe_holder}.get(state)
        shown = "stale" if state == "missing" and spec.base_name in former else state
        runs.append(StandingRun(spec.name, shown, describe(run) if describe else "", run.folder))
    wanted = [spec for spec in specs if spec.inception_key is not None]
    num = sum(is_inception_finished(paths.run(s.folder_name), s.inception_key, check_files=False) for s in wanted)
    return Status(recorded, tuple(runs), len(wanted), num)


def format_status(found: Status) -> Iterator[str]:
    """Yield a line per run, and their numbers."""
    for run in found.runs:
        yield f"{run.state:<11} {run.name}  {run.reason}".rstrip()
    states = [run.state for run in found.runs]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    yield f"profile {found.recorded.suite.profile}: {len(states)} runs: {counts}"
    if found.num_wanting_inception:
        yield f"Inception FID: {found.num_having_inception} of {found.num_wanting_inception} runs"


def describe_status(found: Status) -> dict[str, Any]:
    """Describe a suite and its runs for ``--json``."""
    return {
        "profile": found.recorded.suite.profile,
        "suite": found.recorded.source,
        "suite_has_changed": found.recorded.source_changed,
        "runs": [vars(run) for run in found.runs],
        "inception": {"num_wanted": found.num_wanting_inception, "num_finished": found.num_having_inception},
    }
