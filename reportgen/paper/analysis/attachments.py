"""The data attached to a PDF: enough to derive its numbers again without the output folder."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from reportgen import DISTRIBUTION, __version__
from reportgen.base.errors import RenderError
from reportgen.paper.analysis.curves import CurveSummary
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.results import Configuration, RecordedRun, Results, RunResult, Shown
from reportgen.store.paths import OutputPaths
from reportgen.store.records import EvaluationRecord, ImageStatistic, InceptionRecord, RunRecord, explain_problem
from reportgen.store.states import DONE
from reportgen.store.suites import RecordedSuite
from reportgen.suite.languages import Language
from reportgen.suite.loading import Suite
from reportgen.suite.plan import plan_runs

METRICS_FORMAT = 5
"""The version of the layout of ``metrics.json``.

History: 1, the first; 2, random pairs of latents and the evolution of samples; 3, the lowest value of every curve;
4, whole ``RunRecord`` and ``EvaluationRecord``; 5, the ``InceptionRecord`` apart, other features of the classifier.
"""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet take the text of a cell for a formula."""


def export_metrics(results: Results, language: Language, notes: Mapping[str, Any]) -> str:
    """Return the text of ``metrics.json``: the suite, the author's notes, and each run's record and summarised curves.

    It suffices to write all sentences and tables of the report again. NaN is written as null, since JSON has no NaN.
    """
    content = {
        "format": METRICS_FORMAT,
        "reportgen": __version__,
        "language": language,
        "notes": dict(notes),
        "suite": results.suite.model_dump(mode="json"),
        "runs": {run.spec.name: _export_run(run) for run in results.runs},
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=str)


def hash_results(metrics: str) -> str:
    """Return the first 16 hex digits of the SHA-256 of the suite and the runs in the text of ``metrics.json``.

    The report prints it on its last page. Every recorded digit enters it, including those that no table shows; notes
    and language do not, so that all translations of a report have the same hash.
    """
    content = json.loads(metrics)
    data = json.dumps([content["suite"], content["runs"]], sort_keys=True)
    return hashlib.sha256(data.encode("utf-8")).hexdigest()[:16]


def _export_run(run: RunResult) -> dict[str, Any]:
    """Return a run as JSON data; state and failure are all that an unfinished one has."""
    if run.state not in DONE:
        return {"state": run.state, "failure": run.failure}
    summaries = {name: _replace_nan(dataclasses.asdict(summary)) for name, summary in run.summaries.items()}
    return {
        "state": run.state,
        "failure": run.failure,
        "record": _replace_nan(run.record.model_dump(mode="json")),
        "evaluation": _replace_nan(run.evaluation.model_dump(mode="json")) if run.is_finished else None,
        "inception": _replace_nan(run.inception.model_dump(mode="json")) if run.inception is not None else None,
        "curves": summaries,
    }


def _replace_nan(value: Any) -> Any:
    """Return JSON data in which None, at any depth, stands for NaN and infinities."""
    if isinstance(value, dict):
        return {key: _replace_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def import_metrics(text: str, suite_text: str, pictures: str = "") -> tuple[Results, Language]:
    """Return the results and the language stored in the text of ``metrics.json``.

    The results carry what sentences and tables need and, from the text of ``pictures.json``, what figures show; their
    paths lead to no files.

    Raises:
        RenderError: the text is damaged or was written by another version of reportgen.
    """
    try:
        content = json.loads(text)
        check_version(content)
        suite = Suite.model_validate(content["suite"])
        recorded = RecordedSuite(suite, Path("experiments.yaml"), suite_text, source_changed=False)
        specs = [spec for spec in plan_runs(suite) if spec.settings.model in suite.outline.models]
        folder, shown = OutputPaths(Path("not-on-disk")), _import_pictures(pictures)
        runs = []
        for spec in specs:
            run, paths = content["runs"][spec.name], folder.run(spec.folder_name)
            pictured = shown.get(spec.name, Shown())
            runs.append(RunResult(spec, paths, run["state"], run["failure"], _import_run(run), pictured))
        return Results(recorded, tuple(runs)), content["language"]
    except ValidationError as error:
        raise RenderError(f"metrics.json: cannot be read: {explain_problem(error)}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RenderError(f"metrics.json: cannot be read: {type(error).__name__} {error}") from None


def check_version(content: Mapping[str, Any]) -> None:
    """Raise RenderError if the content of ``metrics.json`` is of another version, with other wordings."""
    made_by = content["reportgen"]
    if made_by != __version__ or content["format"] != METRICS_FORMAT:
        raise RenderError(
            f"made by reportgen {made_by}, this is {__version__}; nothing was compared. To verify it: "
            f"pip install {DISTRIBUTION}=={made_by}"
        )


def _import_run(run: dict[str, Any]) -> RecordedRun | None:
    """Return the numbers of a run from JSON data; None if it was not finished."""
    if run["state"] not in DONE:
        return None
    curves = {name: CurveSummary(**_restore_nan(summary)) for name, summary in run["curves"].items()}
    if run["evaluation"] is None:
        return RecordedRun(RunRecord.model_validate(run["record"]), None, None, curves)
    scores = {detector: _restore_nan(row) for detector, row in run["evaluation"]["scores"].items()}
    evaluation = EvaluationRecord.model_validate({**run["evaluation"], "scores": scores})
    return RecordedRun(RunRecord.model_validate(run["record"]), evaluation, _import_inception(run["inception"]), curves)


def _import_inception(record: dict[str, Any] | None) -> InceptionRecord | None:
    if record is None:
        return None
    scores = record["scores"]
    return InceptionRecord.model_validate({**record, "scores": None if scores is None else _restore_nan(scores)})


def _restore_nan(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of JSON data in which NaN replaces None, and tuples replace lists."""

    def restore(value: Any) -> Any:
        if isinstance(value, list):
            return tuple(map(restore, value))
        return math.nan if value is None else value

    return {field: restore(value) for field, value in row.items()}


# ---- what figures show ----------------------------------------------------------------------------------------------


def export_pictures(results: Results) -> str:
    """Return the text of ``pictures.json``: the curves, images and latents that figures drawn so far show, by run."""
    content = {run.spec.name: _export_shown(run.shown) for run in results.runs if run.shown != Shown()}
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def _export_shown(shown: Shown) -> dict[str, Any]:
    curves = {name: [curve.index.tolist(), _replace_nan(curve.tolist())] for name, curve in shown.curves.items()}
    images = {name: base64.b64encode(content).decode("ascii") for name, content in shown.images.items()}
    parts: dict[str, dict[str, Any]] = {"curves": curves, "images": images, "grid_steps": shown.grid_steps}
    return {name: dict(sorted(part.items())) for name, part in parts.items()} | {"latents": shown.latents}


def _import_pictures(text: str) -> dict[str, Shown]:
    """Return what figures show, by run; nothing for an empty text."""
    return {name: _import_shown(part) for name, part in json.loads(text or "{}").items()}


def _import_shown(part: Mapping[str, Any]) -> Shown:
    curves = {}
    for name, (steps, values) in part["curves"].items():
        numbers = [math.nan if value is None else value for value in values]
        curves[name] = pd.Series(numbers, pd.Index(steps, name="step"), name=name)
    images = {name: base64.b64decode(content) for name, content in part["images"].items()}
    return Shown(curves, images, dict(part["grid_steps"]), part["latents"])


# ---- the table of all runs ------------------------------------------------------------------------------------------


def export_runs(results: Results) -> str:
    """Return the table of runs as CSV with a header, one row per run.

    An apostrophe is put before text that a spreadsheet would take for a formula.
    """
    table = tabulate_runs(results)
    for column in table.select_dtypes(exclude="number").columns:
        table[column] = table[column].map(escape_formula)
    return table.to_csv(index=False, lineterminator="\n")


def escape_formula(value: object) -> object:
    """Return a value with an apostrophe before it if it is text that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def tabulate_runs(results: Results) -> pd.DataFrame:
    """Return a table with one row per run: its settings, state, failure and, if it is finished, its scores.

    Scores are in columns named ``<detector>_<score>``; durations are in seconds. Cells of unfinished runs are NaN
    there.
    """
    rows = []
    for run in results.runs:
        settings = run.spec.settings
        row: dict[str, object] = {"run": run.spec.name, "key": run.key, "dataset": run.spec.dataset}
        row |= settings.model_dump() | {"seed": run.spec.seed, "state": run.state, "failure": run.failure}
        if run.is_finished:
            row |= {
                **_flatten_scores(run),
                **_flatten_statistics(run),
                **_flatten_quantities(run),
                "digits_read": run.evaluation.digits.counted,
                "train_seconds": run.record.train_seconds,
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _flatten_scores(run: RunResult) -> dict[str, object]:
    """Return the scores of all detectors of a finished run, named ``<detector>_<score>``; yardsticks are left out."""
    return {
        f"{detector}_{name}": value
        for detector, scores in run.scores.items()
        for name, value in scores
        if name not in ("detector", "yardsticks")
    }


RUN_QUANTITIES = (
    *("read_share", "class_imbalance", "smallest_class", "variety", "copies"),
    *("active_units", "prior_distance"),
)
"""Quantities of a single run that have a column of their own."""


def _flatten_quantities(run: RunResult) -> dict[str, float]:
    """Return the quantities of a finished run by name; NaN for those that its model or dataset lacks."""
    alone = Configuration(run.spec.settings, (run,))
    return {name: measure(name, alone).mean for name in RUN_QUANTITIES}


def _flatten_statistics(run: RunResult) -> dict[str, float]:
    """Return the statistics of images as columns ``<name>`` and, of real images, ``<name>_real``."""
    statistics = {name: value for name, value in run.evaluation if isinstance(value, ImageStatistic)}
    return {
        column: value
        for name, statistic in statistics.items()
        for column, value in ((name, statistic.samples), (f"{name}_real", statistic.real))
    }
