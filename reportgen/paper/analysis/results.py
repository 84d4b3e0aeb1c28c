"""The recorded runs of a suite, grouped into configurations: all seeds of one setting."""

from __future__ import annotations

import io
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from statistics import fmean
from typing import Literal, Protocol, TypeVar

import pandas as pd

from reportgen.base.errors import RunError
from reportgen.paper.analysis.balance import estimate_imbalance, estimate_smallest
from reportgen.paper.analysis.curves import NUM_WINDOWS, TAIL_SHARE, UNLOGGED, CurveSummary, summarise_curve, thin_curve
from reportgen.paper.analysis.estimates import Estimate, estimate_mean, estimate_share_error
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.records import (
    EvaluationRecord,
    ImageStatistic,
    InceptionRecord,
    Measured,
    Posterior,
    RunRecord,
    Scores,
    Source,
    TrainingNeighbours,
    read_evaluation,
    read_inception,
    read_run_record,
)
from reportgen.store.states import DONE, State, find_states, is_inception_finished, read_failure
from reportgen.store.suites import RecordedSuite, read_suite
from reportgen.suite.loading import Suite
from reportgen.suite.plan import RunSpec, plan_runs
from reportgen.suite.settings import Question, Settings, has_digits

CLASSIFIER = "classifier"
"""The name of the detector that is the package's digit classifier."""
INCEPTION = "inception"
"""The name of the detector that is the Inception network."""
SEPARATION = "separation"
"""The name of the derived metric D(x) - D(G(z)), D(G(z)) taken before the update of D.

D(x) and D(G(z)) are correlated, so the error of their difference is taken from its own curve.
"""


@dataclass(frozen=True)
class RecordedRun:
    """The numbers of a finished run, without its files."""

    record: RunRecord
    evaluation: EvaluationRecord | None
    """None if the run was imported without weights."""
    inception: InceptionRecord | None
    summaries: Mapping[str, CurveSummary]


@dataclass
class Shown:
    """What figures show of a run beyond its numbers, kept as it is read, or taken from the report that carries it."""

    curves: dict[str, pd.Series] = field(default_factory=dict)
    """Thinned curves by metric, indexed by training step."""
    images: dict[str, bytes] = field(default_factory=dict)
    """Image files by name."""
    grid_steps: dict[str, list[int]] = field(default_factory=dict)
    """Training steps that have a grid of images, by the grid's name."""
    latents: str | None = None
    """Text of the CSV file of posterior means; None if no figure shows them."""


@dataclass(frozen=True, eq=False)
class RunResult:
    """One run of a suite, finished or not.

    Its numbers are read from its files on first use, or taken from ``recorded`` if a report carries them, and so is
    ``shown``. ``failure`` is the reason of the last failed attempt, empty if there is none.
    """

    spec: RunSpec
    paths: RunPaths
    state: State
    failure: str
    recorded: RecordedRun | None = None
    shown: Shown = field(default_factory=Shown)

    @property
    def is_finished(self) -> bool:
        """True if the run was trained and measured."""
        return self.state == "finished"

    @property
    def is_imported(self) -> bool:
        """True if the run was trained elsewhere."""
        return self.spec.settings.imported is not None

    @cached_property
    def record(self) -> RunRecord:
        """The settings, environment and duration of the training.

        Raises:
            RunError: spec.json is missing or damaged.
        """
        return self.recorded.record if self.recorded else read_run_record(self.paths)

    @cached_property
    def evaluation(self) -> EvaluationRecord:
        """The measurements of the trained run.

        Raises:
            RunError: evaluation.json is missing or damaged.
        """
        if self.recorded is None:
            return read_evaluation(self.paths)
        assert self.recorded.evaluation is not None, "runs without weights are in no configuration of the results"
        return self.recorded.evaluation

    @cached_property
    def inception(self) -> InceptionRecord | None:
        """The Inception scores; None if they are not wanted or not measured.

        Raises:
            RunError: inception.json is missing or damaged.
        """
        if self.recorded:
            return self.recorded.inception
        is_there = is_inception_finished(self.paths, self.spec.inception_key, check_files=False)
        return read_inception(self.paths) if is_there else None

    @cached_property
    def scores(self) -> Mapping[str, Scores]:
        """The scores by the name of the detector; one that was not used, or failed, is left out."""
        inception = self.inception.scores if self.inception is not None else None
        return {**self.evaluation.scores, **({INCEPTION: inception} if inception is not None else {})}

    @property
    def score_failures(self) -> Mapping[str, str]:
        """The reasons why scores could not be computed, by the name of the detector."""
        failure = self.inception.failure if self.inception is not None else ""
        return {**self.evaluation.failures, **({INCEPTION: failure} if failure else {})}

    @cached_property
    def summaries(self) -> Mapping[str, CurveSummary]:
        """The summaries of all logged metrics by name, and for a GAN that of ``separation``."""
        if self.recorded:
            return self.recorded.summaries
        curves = dict(self.curves)
        if curves.keys() >= {"D_x", "D_G_z1"}:
            curves[SEPARATION] = (curves["D_x"] - curves["D_G_z1"]).dropna()
        return {metric: summarise_curve(curve) for metric, curve in curves.items() if len(curve)}

    def find_scores(self, detector: str) -> Scores | None:
        """Return the scores by one detector; None if it was not used, or failed."""
        return self.scores.get(detector)

    @property
    def key(self) -> str:
        """The training key: the recorded one if the run is finished, otherwise the one that its plan asks for."""
        return self.record.key if self.is_finished else self.spec.training_key

    @property
    def sources(self) -> dict[str, Source]:
        """The recorded source code that trained and measured the run, by name."""
        return {**self.record.sources, **self.evaluation.sources}

    @cached_property
    def curves(self) -> Mapping[str, pd.Series]:
        """All logged metrics by name, each a series of values indexed by training step.

        Raises:
            RunError: the history cannot be read.
        """
        try:
            tidy = pd.read_csv(self.paths.history)
        except (OSError, ValueError) as error:
            raise RunError(f"{self.paths.history}: cannot be read ({error}); run 'reportgen run' again") from error
        steps, values = tidy["step"].to_numpy(), tidy["value"].to_numpy()
        rows = tidy.groupby("metric", sort=True).indices
        return {str(m): pd.Series(values[i], pd.Index(steps[i], name="step"), name=m) for m, i in rows.items()}

    def curve(self, metric: str) -> pd.Series:
        """Return one logged metric as figures draw it (see ``thin_curve``); KeyError if it was not logged."""
        if metric not in self.shown.curves:
            self.shown.curves[metric] = thin_curve(self.curves[metric])
        return self.shown.curves[metric]

    def list_steps(self, grid: str) -> list[int]:
        """Return the training steps that have a grid of images of this name, ascending."""
        if grid not in self.shown.grid_steps:
            self.shown.grid_steps[grid] = self.paths.list_grid_steps(grid)
        return self.shown.grid_steps[grid]

    def find_grid(self, grid: str, step: int | None = None) -> Path:
        """Return the path of the grid drawn at a step, by default the last; it need not exist."""
        steps = [0, *self.list_steps(grid)]
        return self.paths.grid(grid, steps[-1] if step is None else step)

    def read_latents(self) -> pd.DataFrame:
        """Return the posterior means of dev images: their class in ``label``, coordinates in ``axis1`` and so on.

        Raises:
            RunError: the file is missing or cannot be read.
        """
        try:
            if self.shown.latents is None:
                self.shown.latents = self.paths.latents.read_text(encoding="utf-8")
            return pd.read_csv(io.StringIO(self.shown.latents))
        except (OSError, ValueError) as error:
            raise RunError(f"{self.paths.latents}: cannot be read ({error}); run 'reportgen run' again") from error

    def read_image(self, path: Path) -> bytes:
        """Return the bytes of an image file of this run.

        Raises:
            RunError: the file is gone or cannot be read.
        """
        try:
            if path.name not in self.shown.images:
                self.shown.images[path.name] = path.read_bytes()
            return self.shown.images[path.name]
        except OSError as error:
            reason = error.strerror or error
            raise RunError(f"{path}: cannot be read ({reason}); 'reportgen run' measures the run again") from None


class HasSettings(Protocol):
    """A configuration, or a run of one that need not have taken place."""

    @property
    def settings(self) -> Settings:
        """The settings of the model."""


C = TypeVar("C", bound=HasSettings)


@dataclass(frozen=True, eq=False)
class Cohort:
    """The configurations of a report, which together tell how far seeds differ."""

    members: list[Configuration] = field(default_factory=list)


ALONE = Cohort()
"""The cohort of a configuration that stands for itself, without any members: one, so that its fits are kept."""


@dataclass(frozen=True, eq=False)
class Configuration:
    """One setting of a model, with its finished runs, one per seed.

    Its estimates know nothing of other trainings: use ``measuring.measure`` to get values for comparing and printing.
    """

    settings: Settings
    runs: tuple[RunResult, ...]
    cohort: Cohort = ALONE

    @property
    def label(self) -> str:
        """The name in the report."""
        return self.first.spec.label

    @cached_property
    def first_seed(self) -> Configuration:
        """A configuration of the same settings that has the first seed alone, whose images are shown."""
        return Configuration(self.settings, self.runs[:1], self.cohort)

    @property
    def slug(self) -> str:
        """The name as it enters the ids of figures and tables: lower-case letters, digits, ``_`` and ``-``."""
        return re.sub(r"[^a-z0-9_-]", "-", self.first.spec.configuration_name)

    @property
    def first(self) -> RunResult:
        """The run of the first seed, whose images are shown."""
        return self.runs[0]

    def score(self, name: str, detector: str = CLASSIFIER) -> Estimate:
        """Return a score by its field in ``Scores``, averaged over seeds; NaN if no seed has it.

        A single seed has the recorded standard error over samples, if there is one.
        """
        scores = [found for run in self.runs if (found := run.find_scores(detector)) is not None]
        error = getattr(scores[0], f"{name}_error", None) if len(scores) == 1 else None
        return estimate_mean((getattr(row, name) for row in scores), error)

    def floor(self, split: Literal["train", "dev"]) -> float:
        """Return the reconstruction loss of a perfect reconstruction of a split, in nats per image."""
        entropy = self.first.evaluation.dataset.pixel_entropy
        return entropy.train if split == "train" else entropy.dev

    def image_statistic(self, name: str) -> Estimate:
        """Return an ``ImageStatistic`` of samples, by its field in the record, as a multiple of that of real images."""
        statistics: list[ImageStatistic] = [getattr(run.evaluation, name) for run in self.runs]
        return estimate_mean(statistic.relative for statistic in statistics)

    @cached_property
    def read_share(self) -> Estimate:
        """The share of samples that the classifier reads as a digit, in [0, 1]."""
        readings = [run.evaluation.digits for run in self.runs]
        first = readings[0]
        error = estimate_share_error(first.total - first.num_unread, first.total)
        return estimate_mean((row.read_share for row in readings), error)

    def reads_as(self, what: Literal["same", "another", "unread"]) -> Estimate:
        """Return the share in [0, 1] of readable dev images whose reconstruction is read in this way.

        ``same`` is the digit of the image, ``another`` a different digit, ``unread`` no digit. NaN for a GAN, which
        reconstructs nothing, and if no dev image is readable.
        """
        found = [run.evaluation.reconstruction for run in self.runs]
        readings = [row for row in found if row is not None and row.total]
        if len(readings) < len(found):
            return estimate_mean([])
        counts = [getattr(row, what) for row in readings]
        error = estimate_share_error(counts[0], readings[0].total)
        return estimate_mean((count / row.total for count, row in zip(counts, readings, strict=True)), error)

    @property
    def class_counts(self) -> tuple[int, ...]:
        """Number of training images of each class, from 0 to 9."""
        return self.first.evaluation.dataset.class_counts

    @property
    def read_counts(self) -> list[tuple[int, ...]]:
        """For each seed the numbers of samples that read as 0 to 9; empty if the dataset has no digits."""
        return [run.evaluation.digits.all_counts[:10] for run in self.runs if has_digits(run.spec.dataset)]

    @property
    def class_imbalance(self) -> Estimate:
        """The total variation distance of the digits read in samples from the training classes, in [0, 1]."""
        return estimate_imbalance(self.read_counts, self.class_counts)

    @property
    def smallest_class(self) -> Estimate:
        """The share of the rarest digit among the samples that read as digits, in [0, 1]."""
        return estimate_smallest(self.read_counts)

    @property
    def variety(self) -> Estimate:
        """The variety of samples of a digit relative to that of real images, averaged over the digits that have one.

        NaN if a seed has none.
        """
        found = [[value for value in run.evaluation.variety if value is not None] for run in self.runs]
        return estimate_mean(map(fmean, found) if all(found) else [])

    @property
    def copies(self) -> Estimate:
        """The share of samples that are copies of training images, in [0, 1]."""
        return _estimate_copies([run.evaluation.memorisation.samples for run in self.runs])

    @property
    def dev_copies(self) -> Estimate:
        """The share of dev images that would count as copies of training images, in [0, 1]; of the first seed's run."""
        return _estimate_copies([self.first.evaluation.memorisation.dev])

    @property
    def active_units(self) -> Estimate:
        """The number of latent dimensions whose posterior mean depends on the image; NaN for a GAN."""
        return estimate_mean(posterior.active_units for posterior in self._posteriors)

    @property
    def prior_distance(self) -> Estimate:
        """The distance of the aggregated posterior from the prior, in nats, as ``Posterior`` has it; NaN for a GAN."""
        measured = [posterior.prior_distance for posterior in self._posteriors]
        values = [row.value for row in measured if row.value is not None]
        return estimate_mean(values, measured[0].error if measured else None)

    @property
    def _posteriors(self) -> list[Posterior]:
        return [run.evaluation.posterior for run in self.runs if run.evaluation.posterior is not None]

    def over_pairs(self, name: str) -> Estimate:
        """Return a measurement by its dotted field in ``RandomPairs``; NaN if it failed for a seed.

        A single seed has the error over pairs.
        """
        measured: list[Measured] = [attrgetter(name)(run.evaluation.interpolation.random_pairs) for run in self.runs]
        values = [row.value for row in measured if row.value is not None]
        first = measured[0]
        return estimate_mean(values if len(values) == len(measured) else [], first.error, "pairs", first.num - 1)

    @property
    def train_seconds(self) -> Estimate:
        """The wall-clock time of training, in seconds."""
        return estimate_mean(seconds for run in self.runs if (seconds := run.record.train_seconds) is not None)

    @property
    def processor_ms(self) -> Estimate:
        """The processor time of one training step, in milliseconds; NaN if no seed has it."""
        recorded = (run.record.step_processor_seconds for run in self.runs)
        return estimate_mean(1000 * seconds for seconds in recorded if seconds is not None)

    @property
    def ms_per_step(self) -> Estimate:
        """The wall-clock time of one training step, in milliseconds."""
        steps = self.settings.num_training_steps
        return estimate_mean(1000 * seconds / steps for seconds in self.train_seconds.values)

    def curve(self, metric: str) -> pd.Series:
        """Return the mean over seeds of a logged metric, indexed by training step."""
        return self._curves(metric).mean(axis=1)

    def band(self, metric: str) -> tuple[pd.Series, pd.Series] | None:
        """Return the lowest and the highest value over seeds at each logged step; None for a single seed."""
        curves = self._curves(metric)
        return (curves.min(axis=1), curves.max(axis=1)) if len(self.runs) > 1 else None

    def _curves(self, metric: str) -> pd.DataFrame:
        return pd.concat([run.curve(metric) for run in self.runs], axis=1)

    def last(self, metric: str) -> Estimate:
        """Estimate the last logged value of a metric."""
        return estimate_mean(summary.last for summary in self._summaries(metric))

    def lowest(self, metric: str) -> Estimate:
        """Estimate the lowest logged value of a metric."""
        return estimate_mean(summary.lowest for summary in self._summaries(metric))

    def rise_since_lowest(self, metric: str) -> Estimate:
        """Estimate the last logged value of a metric less its lowest one; at least 0."""
        return estimate_mean(summary.last - summary.lowest for summary in self._summaries(metric))

    def lowest_steps(self, metric: str) -> list[int]:
        """Return the training step at which a metric was lowest, for each seed."""
        return [summary.lowest_step for summary in self._summaries(metric)]

    def tail(self, metric: str) -> Estimate:
        """Estimate the mean of a metric over the last fifth of training."""
        summaries = self._summaries(metric)
        first = summaries[0]
        means = (s.fifths[-1] for s in summaries)
        return estimate_mean(means, _finite_or_none(first.fifth_errors[-1]), "steps", first.num_blocks - 1)

    def fifths(self, metric: str) -> list[float]:
        """Return the means of a metric over each fifth of training, over seeds; NaN where nothing was logged."""
        return [estimate_mean(means).mean for means in zip(*(s.fifths for s in self._summaries(metric)), strict=True)]

    def list_measured_steps(self, fifth: int) -> list[int]:
        """Return the steps of one fifth of training, from 0, that measured dev losses and scored samples."""
        num, interval = self.settings.num_training_steps, self.settings.image_interval
        steps = {*range(interval, num, interval), num}
        return sorted(step for step in steps if num * fifth < step * NUM_WINDOWS <= num * (fifth + 1))

    def change(self, metric: str) -> Estimate:
        """Estimate the mean of a metric over the last fifth of training less that over the second one.

        The interval of a single seed is from the blocks of both fifths. The first fifth, in which the networks learn to
        draw at all, is left out.
        """
        summaries = self._summaries(metric)
        first = summaries[0]
        error = _finite_or_none(math.hypot(first.fifth_errors[1], first.fifth_errors[-1]))
        changes = (s.fifths[-1] - s.fifths[1] for s in summaries)
        return estimate_mean(changes, error, "steps", first.num_blocks - 1)

    def tail_drift(self, metric: str) -> Estimate:
        """Estimate the change of a metric over the last fifth of training, by its fitted line.

        The interval of a single seed is that of the regression, over blocks of steps.
        """
        thousands = TAIL_SHARE * self.settings.num_training_steps / 1000
        summaries = self._summaries(metric)
        first = summaries[0]
        error = _finite_or_none(thousands * first.tail_slope_error)
        return estimate_mean((thousands * s.tail_slope for s in summaries), error, "steps", first.num_blocks - 2)

    def tail_spread(self, metric: str) -> Estimate:
        """Estimate the standard deviation of a metric over the last fifth of training."""
        return estimate_mean(summary.tail_spread for summary in self._summaries(metric))

    def _summaries(self, metric: str) -> list[CurveSummary]:
        """Return the summaries of a metric by seed, all NaN for an imported training that did not log it."""
        return [run.summaries.get(metric, UNLOGGED) for run in self.runs]


def _estimate_copies(found: Sequence[TrainingNeighbours]) -> Estimate:
    error = estimate_share_error(found[0].num_copies, found[0].num)
    return estimate_mean((row.num_copies / row.num for row in found), error)


def _finite_or_none(error: float) -> float | None:
    """Return a standard error, or None in place of NaN."""
    return error if math.isfinite(error) else None


@dataclass(frozen=True)
class Results:
    """The recorded suite and all runs that its outline is about: the data of a report."""

    recorded: RecordedSuite
    runs: tuple[RunResult, ...]

    @property
    def suite(self) -> Suite:
        """The suite that was run, with its profile applied."""
        return self.recorded.suite

    @property
    def is_full(self) -> bool:
        """True if the suite ran as its file says, without a profile that reduces it."""
        return self.suite.profile == "full"

    @property
    def unfinished(self) -> list[RunResult]:
        """The runs that something is left to do for, in the suite's order."""
        return [run for run in self.runs if run.state not in DONE]

    @cached_property
    def curves_alone(self) -> list[Configuration]:
        """The trainings that were imported without weights, of which nothing but curves is known."""
        return [Configuration(run.spec.settings, (run,)) for run in self.runs if run.state == "curves"]

    @property
    def finished(self) -> list[RunResult]:
        """The finished runs, in the suite's order."""
        return [run for run in self.runs if run.is_finished]

    @cached_property
    def configurations(self) -> list[Configuration]:
        """The configurations with at least one finished run, in the suite's order."""
        return _group_runs(self.runs).members

    def answer(self, section: Question) -> list[Configuration]:
        """Return the configurations that answer a question of the report, in ascending order of dimensions."""
        wanted = self.suite.list_settings(section)
        return sorted((c for c in self.configurations if c.settings in wanted), key=lambda c: c.settings.dimensions)

    def find(self, settings: Settings) -> Configuration | None:
        """Return the configuration of these settings; None if no run of it is finished."""
        return next((c for c in self.configurations if c.settings == settings), None)

    def find_like(self, settings: Settings) -> Configuration | None:
        """Return the configuration of these settings, of imported ones another imported one; None if there is none."""
        wanted = settings.without_digest()
        return next((c for c in self.configurations if c.settings.without_digest() == wanted), None)

    @cached_property
    def detectors(self) -> list[str]:
        """The detectors that tables have columns for: always the classifier, and Inception if any run has it."""
        return [d for d in (CLASSIFIER, INCEPTION) if d == CLASSIFIER or any(r.find_scores(d) for r in self.finished)]


def load_results(output: Path, states: Mapping[str, State] | None = None) -> Results:
    """Load the suite that was last run into a folder, and its runs.

    Records and curves of the runs are read later, on first use.

    Args:
        states: states of the runs by name; by default those of now, which change while a suite is run.

    Raises:
        RunError: no suite was run into this folder, or its files cannot be read.
    """
    paths = OutputPaths(output)
    recorded = read_suite(paths)
    return Results(recorded, _load_runs(paths, recorded.suite, states))


def load_cohort(suite: Suite, output: Path) -> Cohort:
    """Load the trainings of a suite that are finished in a folder, whichever suite was run last; none is no error."""
    return _group_runs(_load_runs(OutputPaths(output), suite))


def _group_runs(runs: Iterable[RunResult]) -> Cohort:
    """Group the finished ones of some runs into configurations."""
    seeds_of: dict[Settings, list[RunResult]] = defaultdict(list)
    for run in runs:
        if run.is_finished:
            seeds_of[run.spec.settings].append(run)
    cohort = Cohort()
    cohort.members.extend(Configuration(settings, tuple(runs), cohort) for settings, runs in seeds_of.items())
    return cohort


def _load_runs(paths: OutputPaths, suite: Suite, states: Mapping[str, State] | None = None) -> tuple[RunResult, ...]:
    """Load the runs of the models that a suite's outline is about."""
    specs = [spec for spec in plan_runs(suite) if spec.settings.model in suite.outline.models]
    states = states or find_states(paths, specs)
    return tuple(_load_run(paths, spec, states[spec.name]) for spec in specs)


def _load_run(paths: OutputPaths, spec: RunSpec, state: State) -> RunResult:
    run = paths.run(spec.folder_name)
    return RunResult(spec, run, state, read_failure(run) if state == "failed" else "")
