"""``reportgen verify --retrain``: one run of a report, trained and measured again and compared."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.base.errors import RunError
from reportgen.base.fetching import find_inception
from reportgen.lab.executors import Failed
from reportgen.lab.runner import Plan, execute_plan, plan_suite, prepare_plan
from reportgen.paper.analysis.results import Results
from reportgen.store.paths import OutputPaths
from reportgen.store.records import (
    Environment,
    EvaluationRecord,
    InceptionRecord,
    read_evaluation,
    read_inception,
    read_run_record,
)
from reportgen.suite.loading import Suite


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
        All values of its evaluation and, if their weights are here, of its Inception scores, and the differences
        between the two machines in one line each: another processor or version of torch may change the last bits, and
        training amplifies them.

    Raises:
        RunError: the report has no finished run of this name, or the run failed.
    """
    runs = {run.spec.name: run for run in results.finished}
    if name not in runs:
        raise RunError(f"--retrain {name}: no finished run of this name; choose from: {', '.join(runs)}")
    run = runs[name]
    if run.is_imported:
        raise RunError(f"--retrain {name}: it was trained elsewhere and imported, so there is no training to repeat")
    scores_again = run.inception is not None and find_inception() is not None
    with tempfile.TemporaryDirectory(prefix="reportgen-") as folder:
        suite = _choose_scores(results.suite, with_inception=scores_again)
        plan = plan_suite(suite, Path(folder), only=[name], jobs=1, device=device)
        prepare_plan(plan, data_dir)
        for part in (plan, plan.scoring):
            if part is not None:
                _execute(part, Path(folder), data_dir)
        paths = OutputPaths(Path(folder)).run(run.spec.folder_name)
        record, evaluation = read_run_record(paths), read_evaluation(paths)
        inception = read_inception(paths) if scores_again else None
    recorded = _list_measured(run.evaluation, run.inception if scores_again else None)
    repeated = _list_measured(evaluation, inception)
    values = [Retrained(key, recorded[key], repeated.get(key, math.nan)) for key in recorded]
    differences = _compare_environments(run.record.environment, record.environment)
    if run.record.changed_device:
        differences.append("it was begun on another kind of device than it was ended on")
    return values, differences


def _choose_scores(suite: Suite, *, with_inception: bool) -> Suite:
    """Return the suite with the Inception weights of this machine, or without Inception scores."""
    choice = {"inception": "auto" if with_inception else "off", "inception_weights": None}
    return suite.model_copy(update={"fid": suite.fid.model_copy(update=choice)})


def _execute(plan: Plan, folder: Path, data_dir: Path | None) -> None:
    for event in execute_plan(plan, folder, data_dir):
        if isinstance(event, Failed):
            raise RunError(f"--retrain {event.name}: {event.reason}")


def _list_measured(evaluation: EvaluationRecord, inception: InceptionRecord | None) -> dict[str, float | str]:
    """Return all measured numbers and texts by their dotted path in the record."""
    measured = evaluation.model_dump(mode="json", exclude={"classifier", "sources"})
    scored = {} if inception is None else {"inception": inception.model_dump(mode="json")}
    return dict(_flatten({**measured, **scored}))


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
