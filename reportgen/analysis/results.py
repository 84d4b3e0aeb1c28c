"""The recorded runs of a suite, with the seeds of one configuration brought together."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from reportgen.config import GanSettings, Section, Settings, Suite, VaeSettings
from reportgen.errors import RunError
from reportgen.plan import RunSpec, plan_runs
from reportgen.store import OutputPaths, RecordedSuite, RunPaths, State, find_state, read_failure, read_json, read_suite

TAIL_SHARE = 0.2
"""The end of training, wherever "at the end" is said of a curve: its last fifth."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and its t interval at ``CONFIDENCE``; with one seed there is no interval."""

    mean: float
    half_width: float | None
    num_seeds: int


def estimate_mean(values: Iterable[float]) -> Estimate:
    """Mean and half width of the t interval of one value per seed."""
    array = np.array(list(values), dtype=float)
    if len(array) < 2:
        return Estimate(float(array.mean()) if len(array) else float("nan"), None, len(array))
    quantile = stats.t.ppf((1 + CONFIDENCE) / 2, len(array) - 1)
    return Estimate(float(array.mean()), float(quantile * array.std(ddof=1) / np.sqrt(len(array))), len(array))


@dataclass(frozen=True)
class RunResult:
    """One run's files, read when they are asked for. ``failure`` is empty unless the last attempt failed."""

    spec: RunSpec
    paths: RunPaths
    state: State
    failure: str

    @property
    def is_finished(self) -> bool:
        return self.state == "finished"

    @cached_property
    def record(self) -> dict[str, Any]:
        """spec.json: settings, environment, sources, train_seconds."""
        return dict(read_json(self.paths.spec))

    @cached_property
    def evaluation(self) -> dict[str, Any]:
        """evaluation.json: scores, digit counts, interpolation ends."""
        return dict(read_json(self.paths.evaluation))

    @property
    def sources(self) -> dict[str, Any]:
        """The code that ran, by name."""
        return {**self.record["sources"], **self.evaluation["sources"]}

    @cached_property
    def history(self) -> pd.DataFrame:
        """Index step, one column per metric; a metric that was not logged at a step is NaN there."""
        try:
            tidy = pd.read_csv(self.paths.history)
        except (OSError, ValueError) as error:
            raise RunError(f"{self.paths.history}: cannot be read ({error}); run 'reportgen run' again") from error
        return tidy.pivot_table(index="step", columns="metric", values="value")

    def curve(self, metric: str) -> pd.Series:
        return self.history[metric].dropna()

    def list_steps(self, grid: str) -> list[int]:
        """The steps at which a grid of images was drawn, ascending."""
        return sorted(int(path.stem.rpartition("-")[2]) for path in self.paths.images.glob(f"{grid}-*.png"))

    def find_grid(self, grid: str, step: int | None = None) -> Path:
        """The grid drawn at ``step``, by default the last one."""
        return self.paths.image(f"{grid}-{self.list_steps(grid)[-1] if step is None else step:06d}")


@dataclass(frozen=True)
class Configuration:
    """One setting of a model with all of its finished seeds."""

    settings: Settings
    runs: tuple[RunResult, ...]

    @property
    def label(self) -> str:
        """How the report calls it: VAE-100, GAN 100_16, MLP GAN 100_100."""
        settings = self.settings
        if isinstance(settings, VaeSettings):
            variant = " linear" * (settings.architecture == "linear") + " (output ReLU)" * settings.encoder_output_relu
            return f"VAE-{settings.latent_dim}{variant}"
        prefix = "MLP " * (settings.architecture == "mlp") + "ReLU " * (settings.activation == "relu")
        return f"{prefix}GAN {settings.latent_dim}_{settings.hidden_dim}"

    @property
    def slug(self) -> str:
        """The name as part of an element's id."""
        return re.sub(r"[^a-z0-9_-]", "-", self.first.spec.configuration_name)

    @property
    def first(self) -> RunResult:
        """The run whose images are shown: that of the first seed."""
        return self.runs[0]

    @cached_property
    def fid(self) -> Estimate:
        return estimate_mean(run.evaluation["fid"]["value"] for run in self.runs)

    @cached_property
    def sharpness(self) -> Estimate:
        """Of samples, as a multiple of that of real images."""
        return estimate_mean(
            run.evaluation["sharpness"]["samples"] / run.evaluation["sharpness"]["real"] for run in self.runs
        )

    @cached_property
    def read_share(self) -> Estimate:
        """The share of samples that the classifier reads as a digit, in [0, 1]."""
        counts = [run.evaluation["digits"]["all_counts"] for run in self.runs]
        return estimate_mean(1 - row[-1] / sum(row) for row in counts)

    def curve(self, metric: str) -> pd.Series:
        """The mean over seeds at every logged step."""
        return pd.concat([run.curve(metric) for run in self.runs], axis=1).mean(axis=1)

    def last(self, metric: str) -> Estimate:
        """The last logged value."""
        return estimate_mean(float(run.curve(metric).iloc[-1]) for run in self.runs)

    def tail(self, metric: str) -> Estimate:
        """The mean over the last fifth of training."""
        return estimate_mean(float(_take_tail(run.curve(metric)).mean()) for run in self.runs)

    def tail_spread(self, metric: str) -> Estimate:
        """The standard deviation over the last fifth of training."""
        return estimate_mean(float(_take_tail(run.curve(metric)).std(ddof=0)) for run in self.runs)


def _take_tail(curve: pd.Series) -> pd.Series:
    return curve[curve.index > curve.index[-1] * (1 - TAIL_SHARE)]


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
    def failed(self) -> list[RunResult]:
        return [run for run in self.runs if run.state == "failed"]

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

    def answer(self, section: Section) -> list[Configuration]:
        """The configurations that a question of the report is about, smallest dimensions first."""
        wanted = {s for group in self.suite.groups if group.section == section for s in group.settings}
        return sorted((c for c in self.configurations if c.settings in wanted), key=_order)

    def find_like(self, configuration: Configuration, **changes: object) -> Configuration | None:
        """The configuration that differs from another one in exactly these settings."""
        wanted = configuration.settings.model_copy(update=changes)
        return next((c for c in self.configurations if c.settings == wanted), None)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the manifests of all finished runs: two reports with the same one show the same results."""
        digest = hashlib.sha256()
        for run in self.finished:
            digest.update(run.paths.manifest.read_bytes())
        return digest.hexdigest()


def _order(configuration: Configuration) -> tuple[int, int]:
    settings = configuration.settings
    return (settings.latent_dim, settings.hidden_dim if isinstance(settings, GanSettings) else 0)


def load_results(output: Path) -> Results:
    """Read the suite that was run last and what there is of its runs.

    Raises:
        RunError: nothing was run into this folder; a file of a finished run cannot be read.
    """
    paths = OutputPaths(output)
    recorded = read_suite(paths)
    return Results(recorded, tuple(_load_run(paths, spec) for spec in plan_runs(recorded.suite)))


def _load_run(paths: OutputPaths, spec: RunSpec) -> RunResult:
    run = paths.run(spec.folder_name)
    state = find_state(run, spec.training_key, spec.evaluation_key)
    return RunResult(spec, run, state, read_failure(run) if state == "failed" else "")


def tabulate_runs(results: Results) -> pd.DataFrame:
    """One row per run with its settings, state and scores: what is exported as runs.csv."""
    rows = []
    for run in results.runs:
        settings = run.spec.settings
        row: dict[str, object] = {"run": run.spec.name, "key": run.spec.training_key, "dataset": run.spec.dataset}
        row |= settings.model_dump() | {"seed": run.spec.seed, "state": run.state, "failure": run.failure}
        if run.is_finished:
            row |= {
                "fid_classifier": run.evaluation["fid"]["value"],
                "fid_num_real": run.evaluation["fid"]["num_real"],
                "fid_num_fake": run.evaluation["fid"]["num_fake"],
                "sharpness": run.evaluation["sharpness"]["samples"],
                "sharpness_real": run.evaluation["sharpness"]["real"],
                "digits_read": run.evaluation["digits"]["counted"],
                "train_seconds": run.record["train_seconds"],
            }
        rows.append(row)
    return pd.DataFrame(rows)
