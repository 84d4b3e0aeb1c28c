"""What ``--json`` prints: one object, whose keys stay what they are as long as ``format`` is the same number.

Seconds are wall-clock seconds, paths are text, and what is not known is null. A single message of an error goes to
standard error, as without the option, and then there is no object.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from reportgen.lab.runner import Plan
    from reportgen.paper.analysis.planning import PlannedContrast
    from reportgen.paper.report.requirements import Check
    from reportgen.store.housekeeping import Change, Explanation
    from reportgen.suite.loading import Suite

FORMAT = 1
"""Number of the format, raised when a key is renamed or removed or gets another meaning."""


def print_object(command: str, content: Mapping[str, Any]) -> None:
    """Print the object of a command, indented, as UTF-8."""
    shown = {"format": FORMAT, "command": command, **content}
    typer.echo(json.dumps(_clean(shown), indent=2, ensure_ascii=False, allow_nan=False))


def _clean(value: Any) -> Any:
    """Return a value as JSON has it: paths as text, numbers that are not finite as null."""
    if isinstance(value, Mapping):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def describe_checks(checks: Sequence[Check]) -> dict[str, Any]:
    """Describe requirements: whether all are met, and each with the fields of ``Check``."""
    return {"is_met": all(check.is_met for check in checks), "requirements": [asdict(check) for check in checks]}


def describe_plan(
    suite: Suite, plan: Plan, contrasts: Sequence[PlannedContrast], fid: str, another: Plan
) -> dict[str, Any]:
    """Describe what a suite costs, what its seeds can show of each question, and what one more seed costs."""
    return {
        "profile": suite.profile,
        "dataset": suite.dataset,
        "jobs": plan.jobs,
        **_describe_cost(plan),
        "runs": [
            {
                "name": run.spec.name,
                "state": run.state,
                "num_training_steps": run.spec.settings.num_training_steps,
                "estimated_seconds": run.estimated_seconds,
                "groups": run.spec.groups,
            }
            for run in plan.runs
        ],
        "fid": fid,
        "questions": [_describe_contrast(found) for found in contrasts],
        "another_seed": {"num_runs": len(another.runs), **_describe_cost(another)},
    }


def _describe_cost(plan: Plan) -> dict[str, float | None]:
    scoring = plan.scoring.estimated_seconds if plan.scoring is not None else None
    return {"estimated_seconds": plan.estimated_seconds, "inception_seconds": scoring}


def _describe_contrast(found: PlannedContrast) -> dict[str, Any]:
    from reportgen.paper.analysis.planning import FACTORS

    outlook = found.outlook
    return {
        "question": found.subject,
        "compared": [run.label for run in found.a],
        "with": [run.label for run in found.b],
        "lack": found.lack,
        "num_seeds": found.num_seeds,
        "smallest_factor": outlook and outlook.smallest,
        "chances": outlook and dict(zip(FACTORS, outlook.powers, strict=True)),
        "seeds_needed": outlook and dict(zip(FACTORS, outlook.nums_needed, strict=True)),
    }


def describe_explanation(run: str, found: Explanation) -> dict[str, Any]:
    """Describe the state of a run and the changed fields, each with the stage that it repeats."""
    stages = ("training", found.training), ("evaluation", found.evaluation), ("inception", found.inception)
    return {
        "run": run,
        "state": found.state,
        "compared_with": found.recorded,
        "lacks_inception": found.lacks_inception,
        "changes": [_describe_change(stage, change) for stage, changes in stages for change in changes],
    }


def _describe_change(stage: str, change: Change) -> dict[str, Any]:
    return {"stage": stage, **{field.name: getattr(change, field.name) for field in fields(change)}}
