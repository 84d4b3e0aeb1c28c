"""``reportgen verify --retrain``: one run of a report, trained and measured again and compared."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.base.errors import RunError
from reportgen.lab.executors import Failed
from reportgen.lab.runner import execute_plan, plan_suite, prepare_plan
from reportgen.paper.analysis.results import Results
from reportgen.store.paths import OutputPaths
from reportgen.store.records import Environment, EvaluationRecord, read_evaluation, read_run_record


@dataclass(frozen=True)
class Retrained:
    """One measured value, as recorded in the report and as measured after training again."""

    name: str
    recorded: float | str
    repeated: float | str

    @property
    def is_same(self) -> bool:
        """True if both values are equal, bit for bit."""
        return self.recorded == self.repeated


def retrain(results: Results, name: str, device: str, data_dir: Path | None) -> tuple[list[Retrained], list[str]]:
    """Train and measure one run again in a temporary folder.

    Returns:
        All values of its evaluation, and the differences between the two machines in one line each: another processor
        or version of torch may change the last bits, and training amplifies them.

    Raises:
        RunError: the report has no finished run of this name, or the run failed.
    """
    runs = {run.spec.name: run for run in results.finished}
    if name not in runs:
        raise RunError(f"--retrain {name}: no finished run of this name; choose from: {', '.join(runs)}")
    run = runs[name]
    with tempfile.TemporaryDirectory(prefix="reportgen-") as folder:
        plan = plan_suite(results.suite, Path(folder), only=[name], jobs=1, device=device)
        prepare_plan(plan, data_dir)
        failures = [event for event in execute_plan(plan, Path(folder), data_dir) if isinstance(event, Failed)]
        if failures:
            raise RunError(f"--retrain {name}: {failures[0].reason}")
        paths = OutputPaths(Path(folder)).run(run.spec.folder_name)
        record, evaluation = read_run_record(paths), read_evaluation(paths)
    recorded, repeated = _list_measured(run.evaluation), _list_measured(evaluation)
    values = [Retrained(key, recorded[key], repeated.get(key, math.nan)) for key in recorded]
    differences = _compare_environments(run.record.environment, record.environment)
    if run.record.changed_device:
        differences.append("it was begun on another kind of device than it was ended on")
    return values, differences


def _list_measured(evaluation: EvaluationRecord) -> dict[str, float | str]:
    """Return all measured numbers and texts by their dotted path in the record."""
    return dict(_flatten(evaluation.model_dump(mode="json", exclude={"classifier", "sources"})))


def _flatten(value: Any, name: str = "") -> Iterator[tuple[str, float | str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flatten(item, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _flatten(item, f"{name}.{index}")
    elif value is not None:
        yield name, value


def _compare_environments(recorded: Environment, now: Environment) -> list[str]:
    pairs = {
        "processor": (recorded.processor, now.processor),
        "device": (recorded.device, now.device),
        "python": (recorded.python, now.python),
        "torch": (recorded.packages["torch"], now.packages["torch"]),
    }
    return [f"{key}: recorded {was}, here {here}" for key, (was, here) in pairs.items() if was != here]
