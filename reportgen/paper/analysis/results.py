"""The recorded runs of a suite, with the seeds of one configuration brought together."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import pandas as pd

from reportgen.base.errors import RunError
from reportgen.paper.analysis.curves import TAIL_SHARE, CurveSummary, summarise_curve
from reportgen.paper.analysis.estimates import Estimate, estimate_mean, estimate_share_error
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.records import (
    EvaluationRecord,
    Measured,
    RunRecord,
    Scores,
    Source,
    read_evaluation,
    read_run_record,
)
from reportgen.store.states import State, find_state, read_failure
from reportgen.store.suites import RecordedSuite, read_suite
from reportgen.suite.loading import Suite
from reportgen.suite.plan import RunSpec, plan_runs
from reportgen.suite.settings import Question, Settings

CLASSIFIER = "classifier"
INCEPTION = "inception"
SEPARATION = "separation"
"""D(x) - D(G(z)) at every logged step: the two move together, so that their difference has its own error."""


@dataclass(frozen=True)
class RecordedRun:
    """The numbers of a finished run without its files."""

    record: RunRecord
    evaluation: EvaluationRecord
    summaries: Mapping[str, CurveSummary]


@dataclass(frozen=True, eq=False)
class RunResult:
    """One run: its files, read when they are asked for, or what a report carries of them (``recorded``).

    ``failure`` is empty unless the last attempt failed.
    """

    spec: RunSpec
    paths: RunPaths
    state: State
    failure: str
    recorded: RecordedRun | None = None

    @property
    def is_finished(self) -> bool:
        return self.state == "finished"

    @cached_property
    def record(self) -> RunRecord:
        """What was trained, and where."""
        return self.recorded.record if self.recorded else read_run_record(self.paths)

    @cached_property
    def evaluation(self) -> EvaluationRecord:
        """What was measured."""
        return self.recorded.evaluation if self.recorded else read_evaluation(self.paths)

    def summarise(self, metric: str) -> CurveSummary:
        return self.summaries[metric]

    @cached_property
    def summaries(self) -> Mapping[str, CurveSummary]:
        """Of every logged metric, and of how far D keeps real and generated images apart."""
        if self.recorded:
            return self.recorded.summaries
        curves = dict(self.curves)
        if "D_x" in curves:
            curves[SEPARATION] = curves["D_x"] - curves["D_G_z1"]
        return {metric: summarise_curve(curve) for metric, curve in curves.items()}

    def find_scores(self, detector: str) -> Scores | None:
        """All scores of one detector; None if it was not asked, or failed."""
        return self.evaluation.scores.get(detector)

    @property
    def key(self) -> str:
        """The training key: of a finished run the one that it was recorded under."""
        return self.record.key if self.is_finished else self.spec.training_key

    @property
    def sources(self) -> dict[str, Source]:
        """The code that ran, by name."""
        return {**self.record.sources, **self.evaluation.sources}

    @cached_property
    def curves(self) -> Mapping[str, pd.Series]:
        """Every logged metric over the steps at which it was logged (the index)."""
        try:
            tidy = pd.read_csv(self.paths.history)
        except (OSError, ValueError) as error:
            raise RunError(f"{self.paths.history}: cannot be read ({error}); run 'reportgen run' again") from error
        steps, values = tidy["step"].to_numpy(), tidy["value"].to_numpy()
        rows = tidy.groupby("metric", sort=True).indices
        return {str(m): pd.Series(values[i], pd.Index(steps[i], name="step"), name=m) for m, i in rows.items()}

    def curve(self, metric: str) -> pd.Series:
        return self.curves[metric]

    def list_steps(self, grid: str) -> list[int]:
        """The steps at which a grid of images was drawn, ascending."""
        return self.paths.list_grid_steps(grid)

    def find_grid(self, grid: str, step: int | None = None) -> Path:
        """The grid drawn at ``step``, by default the last one."""
        steps = [0, *self.list_steps(grid)]
        return self.paths.grid(grid, steps[-1] if step is None else step)

    def read_image(self, path: Path) -> bytes:
        """The bytes of one of its images.

        Raises:
            RunError: it is not there any more.
        """
        try:
            return path.read_bytes()
        except OSError as error:
            reason = error.strerror or error
            raise RunError(f"{path}: cannot be read ({reason}); 'reportgen run' measures the run again") from None


@dataclass(frozen=True, eq=False)
class Configuration:
    """One setting of a model with all of its finished seeds.

    Its estimates know no rule for seeds: to compare or to print, read them by ``quantities.measure``.
    """

    settings: Settings
    runs: tuple[RunResult, ...]

    @cached_property
    def label(self) -> str:
        """How the report calls it: VAE-100, GAN 100_16, MLP GAN 100_100; with what else tells it from the others."""
        _, *differing = re.split(r"-(?=[a-z_]+=)", self.first.spec.configuration_name)
        suffix = f" ({', '.join(differing)})" if differing else ""
        return self.settings.label + suffix

    @cached_property
    def first_seed(self) -> Configuration:
        """The same with the run whose images are shown, and no other."""
        return Configuration(self.settings, self.runs[:1])

    @property
    def slug(self) -> str:
        """The name as part of an element's id."""
        return re.sub(r"[^a-z0-9_-]", "-", self.first.spec.configuration_name)

    @property
    def first(self) -> RunResult:
        """The run whose images are shown: that of the first seed."""
        return self.runs[0]

    def score(self, name: str, detector: str = CLASSIFIER) -> Estimate:
        """A score of one detector by its field in ``Scores``; NaN where it could not be computed."""
        scores = [found for run in self.runs if (found := run.find_scores(detector)) is not None]
        error = getattr(scores[0], f"{name}_error", None) if len(scores) == 1 else None
        return estimate_mean((getattr(row, name) for row in scores), error)

    def floor(self, split: Literal["train", "dev"]) -> float:
        """What even perfect reconstruction of a split's images costs, in nats per image."""
        entropy = self.first.evaluation.dataset.pixel_entropy
        return entropy.train if split == "train" else entropy.dev

    @cached_property
    def sharpness(self) -> Estimate:
        """The variance of the Laplacian of samples, as a multiple of that of real images."""
        return estimate_mean(run.evaluation.sharpness.relative for run in self.runs)

    @cached_property
    def gradient_energy(self) -> Estimate:
        """Of samples, as a multiple of that of real images."""
        return estimate_mean(run.evaluation.gradient_energy.relative for run in self.runs)

    @cached_property
    def read_share(self) -> Estimate:
        """The share of samples that the classifier reads as a digit, in [0, 1]."""
        readings = [run.evaluation.digits for run in self.runs]
        first = readings[0]
        error = estimate_share_error(first.total - first.num_unread, first.total)
        return estimate_mean((row.read_share for row in readings), error)

    def reads_as(self, what: Literal["same", "another", "unread"]) -> Estimate:
        """The share of readable dev images whose reconstruction reads so, in [0, 1].

        NaN for a GAN, which reconstructs nothing, and where no dev image is readable.
        """
        found = [run.evaluation.reconstruction for run in self.runs]
        readings = [row for row in found if row is not None and row.total]
        if len(readings) < len(found):
            return estimate_mean([])
        counts = [getattr(row, what) for row in readings]
        error = estimate_share_error(counts[0], readings[0].total)
        return estimate_mean((count / row.total for count, row in zip(counts, readings, strict=True)), error)

    def over_pairs(self, name: str) -> Estimate:
        """Return a measure of the first seed's random pairs by its field in ``RandomPairs``; NaN where it failed."""
        measured: Measured = getattr(self.first.evaluation.interpolation.random_pairs, name)
        values = [] if measured.value is None else [measured.value]
        return estimate_mean(values, measured.error, "pairs", measured.num - 1)

    @property
    def train_seconds(self) -> Estimate:
        """Return the wall-clock seconds of training."""
        return estimate_mean(run.record.train_seconds for run in self.runs)

    @property
    def ms_per_step(self) -> Estimate:
        """Return the wall-clock milliseconds of one training step."""
        steps = self.settings.num_training_steps
        return estimate_mean(1000 * run.record.train_seconds / steps for run in self.runs)

    def curve(self, metric: str) -> pd.Series:
        """The mean over seeds at every logged step."""
        return self._curves(metric).mean(axis=1)

    def band(self, metric: str) -> tuple[pd.Series, pd.Series] | None:
        """The lowest and the highest seed at every logged step; None for a single seed."""
        curves = self._curves(metric)
        return (curves.min(axis=1), curves.max(axis=1)) if len(self.runs) > 1 else None

    def _curves(self, metric: str) -> pd.DataFrame:
        return pd.concat([run.curve(metric) for run in self.runs], axis=1)

    def last(self, metric: str) -> Estimate:
        """The last logged value."""
        return estimate_mean(summary.last for summary in self._summaries(metric))

    def rise_since_lowest(self, metric: str) -> Estimate:
        """The last logged value less the lowest one."""
        return estimate_mean(summary.last - summary.lowest for summary in self._summaries(metric))

    def lowest_steps(self, metric: str) -> list[int]:
        """The step of the lowest logged value, for each seed."""
        return [summary.lowest_step for summary in self._summaries(metric)]

    def tail(self, metric: str) -> Estimate:
        """The mean over the last fifth of training."""
        summaries = self._summaries(metric)
        first = summaries[0]
        means = (s.tail_mean for s in summaries)
        return estimate_mean(means, _known(first.tail_error), "steps", first.num_blocks - 1)

    def tail_drift(self, metric: str) -> Estimate:
        """The change over the last fifth, by its fitted line; with one seed the error is that of the regression."""
        thousands = TAIL_SHARE * self.settings.num_training_steps / 1000
        summaries = self._summaries(metric)
        first = summaries[0]
        error = _known(thousands * first.tail_slope_error)
        return estimate_mean((thousands * s.tail_slope for s in summaries), error, "steps", first.num_blocks - 2)

    def tail_spread(self, metric: str) -> Estimate:
        """The standard deviation over the last fifth of training."""
        return estimate_mean(summary.tail_spread for summary in self._summaries(metric))

    def _summaries(self, metric: str) -> list[CurveSummary]:
        return [run.summarise(metric) for run in self.runs]


def _known(error: float) -> float | None:
    return error if math.isfinite(error) else None


@dataclass(frozen=True)
class Results:
    """Everything that a report is made from."""

    recorded: RecordedSuite
    runs: tuple[RunResult, ...]

    @property
    def suite(self) -> Suite:
        return self.recorded.suite

    @property
    def is_full(self) -> bool:
        """Whether the numbers are those of the file as it stands, not of a profile that changes it."""
        return self.suite.profile == "full"

    @property
    def unfinished(self) -> list[RunResult]:
        return [run for run in self.runs if not run.is_finished]

    @property
    def finished(self) -> list[RunResult]:
        return [run for run in self.runs if run.is_finished]

    @cached_property
    def configurations(self) -> list[Configuration]:
        """Those with at least one finished run, in the file's order."""
        seeds_of: dict[Settings, list[RunResult]] = defaultdict(list)
        for run in self.finished:
            seeds_of[run.spec.settings].append(run)
        return [Configuration(settings, tuple(runs)) for settings, runs in seeds_of.items()]

    def answer(self, section: Question) -> list[Configuration]:
        """The configurations that a question of the report is about, smallest dimensions first."""
        wanted = {s for group in self.suite.groups if group.section == section for s in group.settings}
        return sorted((c for c in self.configurations if c.settings in wanted), key=lambda c: c.settings.dimensions)

    def find(self, settings: Settings) -> Configuration | None:
        """Return the configuration of these settings; None if no run of it is finished."""
        return next((c for c in self.configurations if c.settings == settings), None)

    @cached_property
    def detectors(self) -> list[str]:
        """The detectors that the report has a column for: the classifier always, Inception where it was at hand."""
        return [d for d in (CLASSIFIER, INCEPTION) if d == CLASSIFIER or any(r.find_scores(d) for r in self.finished)]


def load_results(output: Path) -> Results:
    """Read the suite that was run last and what there is of the runs that its outline is about.

    Raises:
        RunError: nothing was run into this folder; a file of a finished run cannot be read.
    """
    paths = OutputPaths(output)
    recorded = read_suite(paths)
    specs = [s for s in plan_runs(recorded.suite) if s.settings.model in recorded.suite.outline.models]
    return Results(recorded, tuple(_load_run(paths, spec) for spec in specs))


def _load_run(paths: OutputPaths, spec: RunSpec) -> RunResult:
    run = paths.run(spec.folder_name)
    state = find_state(run, spec.training_key, spec.evaluation_key)
    return RunResult(spec, run, state, read_failure(run) if state == "failed" else "")
