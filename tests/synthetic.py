"""Output folders made without training: every number in them is chosen by the test. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.base.files import write_bytes, write_text
from reportgen.paper.analysis.curves import NUM_WINDOWS, CurveSummary
from reportgen.paper.analysis.estimates import Estimate, Level, Scale
from reportgen.paper.analysis.results import SEPARATION, RecordedRun, Results, RunResult
from reportgen.paper.analysis.seed_model import Prior, moderate
from reportgen.paper.analysis.trainings import GAN_METRICS, SAMPLE_METRICS, VAE_METRICS
from reportgen.store.images import encode_grid
from reportgen.store.manifest import record_stage
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.records import (
    Environment,
    EvaluationRecord,
    InceptionRecord,
    Origin,
    RunRecord,
    Source,
    write_record,
)
from reportgen.store.suites import RecordedSuite, write_suite
from reportgen.suite.loading import Suite, load_suite
from reportgen.suite.plan import RunSpec, plan_runs
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

ROOT = Path(__file__).parents[1]

TINY = """
dataset: mnist-5k
fid: {num_images: 64, inception: off}
defaults:
  vae: {num_training_steps: 12, batch_size: 8, image_interval: 6, log_interval: 2}
  gan: {num_training_steps: 12, batch_size: 8, image_interval: 6, log_interval: 2}
runs:
  vae-latent: {section: vae_latent, model: vae, latent_dim: [3, 10]}
  vae-linear: {section: vae_architecture, model: vae, architecture: linear, latent_dim: 10}
  gan-grid: {section: gan_grid, model: gan, latent_dim: [4, 10], hidden_dim: [4, 8]}
  gan-hidden: {section: gan_hidden, model: gan, latent_dim: 10, hidden_dim: [2, 4, 8]}
  gan-mlp: {section: gan_mlp, model: gan, architecture: mlp, latent_dim: 10, hidden_dim: 8}
  gan-relu: {section: gan_relu, model: gan, activation: relu, latent_dim: 10, hidden_dim: 8}
profiles:
  quick: {}
"""
"""A suite with every question of the report, trained in seconds."""

WITHOUT_TORCH = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision"):
            raise AssertionError("torch is imported")
sys.meta_path.insert(0, Refuse())
sys.argv = ["reportgen", *sys.argv[1:]]
from reportgen.cli.commands import main
main()
"""
"""A program that runs the command line where torch cannot be imported."""

Change = Callable[[RunSpec, dict[str, Any]], None]
"""Alters the JSON of a run's evaluation record."""

SOURCE = Source(file="reportgen/models/x.py", line=3, text='def f(x: int) -> str:\n    return "<&>"\n')

CARD = {
    "sha256": "ab" * 32,
    "test_accuracy": 0.9954,
    "test_images": 10000,
    "temperature": 0.8,
    "threshold": 0.86,
    "digits_read": 0.99,
    "noise_read_by_kind": {"pixel noise": 0.0, "spliced digits": 0.3},
    "reliability": [{"digit": d, "num_images": 1000, "read": 0.99, "correct": 0.999} for d in range(10)],
    "calibration": [
        {"threshold": t, "digits_read": 1 - t / 50, "digits_correct": 0.99, "noise_read": 0.5 - t / 2}
        for t in (0.5, 0.9)
    ],
}


def make_yardstick(rung: str, num: int, fid: float, recall: float, digit: int | None = None) -> dict[str, Any]:
    return {
        "rung": rung,
        "missing_digit": digit,
        "num": num,
        "fid": fid,
        "kid": fid / 400,
        "precision": 0.93,
        "recall": recall,
        "density": 1.02,
        "coverage": recall + 0.05,
    }


LADDER = [
    make_yardstick("real", 2000, 0.5, 0.91),
    make_yardstick("dev", 2000, 0.6, 0.9),
    make_yardstick("many_copies", 1000, 0.9, 0.6),
    make_yardstick("few_copies", 100, 8.0, 0.0),
    *(make_yardstick("no_digit", 1800, 1 + digit / 10, 0.85, digit) for digit in range(10)),
    make_yardstick("speckle", 2000, 2.4, 0.92),
    make_yardstick("blur", 2000, 1.3, 0.1),
    make_yardstick("shift", 2000, 0.8, 0.8),
    make_yardstick("thick", 2000, 0.9, 0.65),
]


def make_scores(detector: str, fid: float, fid_error: float | None = 0.01) -> dict[str, Any]:
    return {
        "detector": detector,
        "sha256": CARD["sha256"],
        "resize": "none",
        "num_real": 3000,
        "num_fake": 3000,
        "yardsticks": LADDER,
        "fid": fid,
        "fid_error": fid_error,
        "kid": fid / 100,
        "kid_error": 0.001,
        "precision": 0.7,
        "recall": 0.4,
        "density": 0.8,
        "coverage": 0.6,
    }


def write_output(
    folder: Path,
    *,
    suite_file: Path = ROOT / "experiments.yaml",
    profile: str = "quick",
    change: Change | None = None,
    leave_out: Callable[[RunSpec], bool] = lambda spec: False,
) -> Suite:
    """Pretend that a suite was run into ``folder``.

    Args:
        change: may alter the JSON of a run's evaluation record before it is validated and written.
        leave_out: the runs that are not there.
    """
    suite = load_suite(suite_file, profile)
    paths = OutputPaths(folder)
    write_suite(paths, suite, suite_file)
    for index, spec in enumerate(plan_runs(suite)):
        if not leave_out(spec):
            write_run(paths.run(spec.folder_name), spec, index, change)
    return suite


def write_outlined(folder: Path, outline: str) -> Path:
    """Write the finished suite of experiments.yaml with another outline, given as YAML; return its output folder."""
    (folder / "short.yaml").write_text(outline, encoding="utf-8")
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("outline: full", "outline: short.yaml")
    (folder / "suite.yaml").write_text(text, encoding="utf-8")
    write_output(folder / "out", suite_file=folder / "suite.yaml")
    return folder / "out"


def write_run(paths: RunPaths, spec: RunSpec, index: int, change: Change | None = None) -> None:
    """One finished run."""
    steps = np.linspace(10, spec.settings.num_training_steps, 60).astype(int)
    rows = [
        f"{step},{metric},{value}"
        for metric, values in _history(spec, steps, index).items()
        for step, value in zip(_logged(metric, steps), values, strict=True)
    ]
    write_text(paths.history, "\n".join(["step,metric,value", *rows]) + "\n")
    write_record(paths.spec, make_run_record(spec))
    write_bytes(paths.weights, b"weights")
    evaluation, inception = make_measurements(spec, index, change)
    write_record(paths.evaluation, evaluation)
    files = _write_images(paths, spec)
    if evaluation.posterior is not None:
        files.append(paths.latents)
        write_text(paths.latents, _make_latents(len(evaluation.posterior.axis_shares)))
    files_of_training = [paths.spec, paths.history, paths.weights]
    record_stage(paths, "training", spec.training_key, files_of_training, spec.training_identity)
    record_stage(paths, "evaluation", spec.evaluation_key, [paths.evaluation, *files], spec.evaluation_identity)
    if inception is not None and spec.inception_key is not None:
        write_record(paths.inception, inception)
        record_stage(paths, "inception", spec.inception_key, [paths.inception], spec.inception_identity)


def _logged(metric: str, steps: np.ndarray) -> np.ndarray:
    return steps[14::15] if metric.startswith(("dev", "sample")) else steps


def _history(spec: RunSpec, steps: np.ndarray, index: int) -> dict[str, np.ndarray]:
    t = steps / steps[-1]
    wave = 0.02 * np.sin(20 * t + index)
    if isinstance(spec.settings, VaeSettings):
        reconstruction = 90 + 150 * np.exp(-5 * t) + 300 / spec.settings.latent_dim + wave
        kl = 20 * (1 - np.exp(-4 * t)) + math.log(spec.settings.latent_dim) + wave
        history = _score_samples(t[14::15], spec.settings.latent_dim)
        for split, values in (("train", slice(None)), ("dev", slice(14, None, 15))):
            history[f"{split}_reconstruction"] = reconstruction[values]
            history[f"{split}_kl"] = kl[values]
            history[f"{split}_total"] = (reconstruction + kl)[values]
        return history
    strength = 0.2 + 0.05 * math.log2(spec.settings.hidden_dim)
    d_x, d_g_z = 0.5 + 0.4 * strength * t + wave, 0.5 - 0.6 * strength * t + wave
    return {
        "discriminator_loss": -np.log(d_x) - np.log(1 - d_g_z),
        "generator_loss": -np.log(d_g_z),
        "D_x": d_x,
        "D_G_z1": d_g_z,
        "D_G_z2": d_g_z - 0.05,
        **_score_samples(t[14::15], spec.settings.hidden_dim),
    }


def _score_samples(t: np.ndarray, width: int) -> dict[str, np.ndarray]:
    return {"sample_fid": (1 + 300 / width) * (1 + np.exp(-5 * t)), "sample_recall": 0.8 * t * width / (10 + width)}


ENVIRONMENT = Environment(
    packages={"reportgen": "0.1.0", "torch": "2.13.0"},
    python="3.11.7",
    system="Linux x86_64",
    processor="Test CPU",
    num_cpus=2,
    device="CPU",
    num_threads=1,
    started_at="2026-01-02T03:04:05+00:00",
)


ORIGIN = Origin(folder="homework/results/z-10", steps=(5000, 10000), files={"homework/z-10/4999/a.bin": "ab" * 32})


def make_run_record(spec: RunSpec) -> RunRecord:
    """The record of a training that says nothing of other trainings beside it."""
    return RunRecord(
        name=spec.name,
        key=spec.training_key,
        settings=spec.settings,
        dataset=spec.dataset,
        seed=spec.seed,
        train_seconds=None if spec.settings.imported else 12.5,
        step_processor_seconds=None if spec.settings.imported else 0.011,
        environment=ENVIRONMENT,
        origin=ORIGIN if spec.settings.imported else None,
        sources={"model": SOURCE},
    )


def make_evaluation(spec: RunSpec, index: int = 0, change: Change | None = None) -> EvaluationRecord:
    """The record of one run, number ``index`` of its suite."""
    return make_measurements(spec, index, change)[0]


def make_measurements(
    spec: RunSpec, index: int = 0, change: Change | None = None
) -> tuple[EvaluationRecord, InceptionRecord | None]:
    """Both records of one run; the second one if the change adds scores or a failure of ``inception``."""
    evaluation = _evaluation(spec, index)
    if change is not None:
        change(spec, evaluation)
    scores, failure = evaluation["scores"].pop("inception", None), evaluation["failures"].pop("inception", "")
    inception = None
    if scores or failure:
        inception = InceptionRecord(scores=scores, failure=failure)
    return EvaluationRecord.model_validate(evaluation), inception


def _evaluation(spec: RunSpec, index: int) -> dict[str, Any]:
    width = spec.settings.hidden_dim if isinstance(spec.settings, GanSettings) else spec.settings.latent_dim
    is_vae = isinstance(spec.settings, VaeSettings)
    points = spec.evaluation["interpolation_num_points"]
    strip = "0" * (points // 2) + "?" + "9" * (points - points // 2 - 1)
    return {
        "scores": {"classifier": make_scores("classifier", 6 * (100 / width) ** 2.5 + spec.seed + 0.01 * index)},
        "failures": {},
        "memorisation": {
            "samples": {"num": 500, "median": 6.0, "num_copies": 0},
            "dev": {"num": 500, "median": 5.5, "num_copies": 0},
            "shown_ratios": [0.7 + 0.01 * rank for rank in range(10)],
        },
        "posterior": make_posterior(width, index) if is_vae else None,
        "reconstruction": make_readings(900 + width, index % 100, 5) if is_vae else None,
        "variety": [0.8 + 0.01 * digit for digit in range(10)],
        "sharpness": {"samples": 0.08 + 0.001 * index, "real": 0.1},
        "gradient_energy": {"samples": 0.03 + 0.001 * index, "real": 0.04},
        "digits": {"counted": "0123456789" * 4 + "012345678?", "all_counts": [290] * 10 + [100]},
        "interpolation": {
            "ends": ["09", "18", "27", "36", "4?"],
            "inside": strip * 5,
            "outside": strip * 5,
            "outside_range": [-1.0, 2.0],
            "spherical": strip * 5,
            "random_pairs": {
                "num_pairs": 100,
                "num_points": 10,
                "num_outside": 6,
                "read_ends": [0.8, 0.03, 100],
                "read_inside": [0.7 + 0.001 * index, 0.03, 100],
                "read_outside": [0.6, 0.03, 100],
                "inside_change": [-0.1 + 0.001 * index, 0.02, 100],
                "outside_change": [-0.1 - 0.001 * index, 0.02, 100],
                "detour": [1.5 + 0.01 * index, 0.02, 100],
                "largest_step": [1.8, 0.03, 100],
                "spherical": {
                    "read_inside": [0.75 + 0.001 * index, 0.03, 100],
                    "inside_change": [-0.05 + 0.001 * index, 0.02, 100],
                    "detour": [1.6 + 0.01 * index, 0.02, 100],
                    "largest_step": [1.7, 0.03, 100],
                    "gain": [0.05, 0.02, 100],
                },
            },
        },
        "discriminator": None if is_vae else _judge(index),
        "parameters": _count_parameters(spec.settings),
        "evolution": {str(step): "0123456789" * 3 + "?" * 2 for step in _list_image_steps(spec)},
        "dataset": {
            "num_train": 4000,
            "num_dev": 1000,
            "class_counts": [400] * 10,
            "pixel_entropy": {"train": 60.0, "dev": 59.5},
        },
        "classifier": CARD,
        "sources": {
            "interpolation": _define("lerp", "slerp", "interpolate", "choose_ends"),
            "digits": _define("read_digits"),
            "counting": _define("draw_latents", "make_draw", "count_digits", "spell"),
        },
    }


def _define(*names: str) -> dict[str, Any]:
    """A source that defines functions of these names."""
    text = "\n\n".join(f"def {name}(x: int) -> int:\n    return x\n" for name in names)
    return Source(file="reportgen/x.py", line=3, text=text).model_dump()


def _judge(index: int) -> dict[str, Any]:
    real = {"counts": [0] * 10 + [100] * 10, "mean": 0.75, "batch_mean": 0.85 + 0.001 * index}
    fake = {"counts": [100] * 10 + [0] * 10, "mean": 0.25, "batch_mean": 0.15 - 0.001 * index}
    return {"train": real, "dev": real | {"mean": 0.74}, "samples": fake}


def _count_parameters(settings: Settings) -> dict[str, int]:
    if isinstance(settings, GanSettings):
        if settings.architecture == "mlp":
            return {"generator": 110 * settings.hidden_dim, "discriminator": 100 * settings.hidden_dim}
        return {"generator": 1000 * settings.hidden_dim, "discriminator": 900 * settings.hidden_dim}
    return {"encoder": 1000 * settings.latent_dim, "decoder": 900 * settings.latent_dim}


def make_posterior(latent_dim: int, index: int) -> dict[str, Any]:
    """The codes of a VAE that uses 20 dimensions at most, the later ones less."""
    kl = [3 / (1 + rank) if rank < 20 else 0.0 for rank in range(latent_dim)]
    shares = [0.4, 0.3, 0.2][: latent_dim if latent_dim <= 3 else 2]
    distance = [0.1 * latent_dim + 0.01 * index, 0.05, 1000]
    return {"kl": kl, "active_units": min(latent_dim, 20), "prior_distance": distance, "axis_shares": shares}


def make_readings(same: int, another: int, unread: int) -> dict[str, Any]:
    """Readings of reconstructions: the changed ones are fours that turn into nines, or are read no more."""
    counts = [[same // 10 * (before == after) for after in range(11)] for before in range(10)]
    counts[0][0] += same % 10
    counts[4][9], counts[4][10] = another, unread
    return {"counts": counts}


def _list_image_steps(spec: RunSpec) -> range:
    interval = spec.settings.image_interval
    return range(interval, spec.settings.num_training_steps + 1, interval)


def _make_latents(num_axes: int) -> str:
    """Fifty points of each class, around its number on all axes."""
    noise = np.random.default_rng(0).normal(size=(500, num_axes)) + np.repeat(np.arange(10), 50)[:, None]
    header = ["label", *(f"axis{number}" for number in range(1, num_axes + 1))]
    rows = [[place // 50, *(round(value, 3) for value in point)] for place, point in enumerate(noise.tolist())]
    return "".join(",".join(map(str, row)) + "\n" for row in [header, *rows])


def _write_images(paths: RunPaths, spec: RunSpec) -> list[Path]:
    picture = np.zeros((32, 32), np.uint8)
    picture[8:24, 12:20] = 255
    points = spec.evaluation["interpolation_num_points"]
    strips = dict.fromkeys(("interpolation", "extrapolation", "spherical"), (5 * points, points))
    grids = {"counted": (50, 10), "nearest": (20, 10), **strips}
    names = ("dev", "reconstructions", "samples") if isinstance(spec.settings, VaeSettings) else ("samples",)
    for step in _list_image_steps(spec):
        grids |= {f"{name}-{step:06d}": (32, 8) for name in names}
    for name, (count, columns) in grids.items():
        write_bytes(paths.image(name), encode_grid(np.stack([picture] * count), columns))
    return [paths.image(name) for name in grids]


# ---- results without some of what trainings leave ------------------------------------------------------------------


def take_weights(results: Results, *names: str) -> Results:
    """The results as if of some runs nothing but curves had been imported."""
    runs = []
    for run in results.runs:
        if run.spec.name in names:
            assert run.recorded is not None
            record = run.recorded.record.model_copy(update={"origin": ORIGIN})
            recorded = replace(run.recorded, record=record, evaluation=None, inception=None)
            runs.append(replace(run, state="curves", recorded=recorded))
        else:
            runs.append(run)
    return Results(results.recorded, tuple(runs))


# ---- results in memory ----------------------------------------------------------------------------------------------


def make_results(
    suite: Suite,
    *,
    change: Change | None = None,
    summarise: Callable[[RunSpec, str], CurveSummary] | None = None,
    leave_out: Callable[[RunSpec], bool] = lambda spec: False,
) -> Results:
    """A finished suite without files, as far as words and tables need it: every number is chosen by the test."""
    runs = []
    for index, spec in enumerate(plan_runs(suite)):
        paths = OutputPaths(Path("nowhere")).run(spec.folder_name)
        if leave_out(spec):
            runs.append(RunResult(spec, paths, "missing", ""))
            continue
        measured = make_measurements(spec, index, change)
        losses = VAE_METRICS if isinstance(spec.settings, VaeSettings) else (*GAN_METRICS, SEPARATION)
        metrics = (*losses, *SAMPLE_METRICS)
        summaries = {metric: (summarise or _summarise)(spec, metric) for metric in metrics}
        runs.append(RunResult(spec, paths, "finished", "", RecordedRun(make_run_record(spec), *measured, summaries)))
    return Results(RecordedSuite(suite, Path("experiments.yaml"), "", source_changed=False), tuple(runs))


def make_summary(
    last: float,
    mean: float,
    error: float,
    spread: float,
    slope: float,
    slope_error: float,
    *,
    num_blocks: int = 10,
    lowest: float | None = None,
    at: int = 1000,
    fifths: tuple[float, ...] | None = None,
) -> CurveSummary:
    """A curve's summary; its last value is the lowest if no other is given, and ``mean`` that of every fifth."""
    lowest = last if lowest is None else lowest
    fifths = fifths or (mean,) * NUM_WINDOWS
    return CurveSummary(last, fifths, (error,) * NUM_WINDOWS, spread, slope, slope_error, num_blocks, lowest, at)


def make_estimate(
    values: Sequence[float], *, sd: float = 0.01, scale: Scale = "log", band: float | None = math.log(1.25)
) -> Estimate:
    """The level of a configuration with these values, one per seed; other seeds differ by ``sd`` on the scale."""
    positions = [math.log(value) for value in values] if scale == "log" else list(values)
    level = Level(moderate(positions, Prior(sd**2, 12)), scale, band)
    return Estimate(level.mean, level.interval, None, tuple(values), "seeds", level=level)


def _summarise(spec: RunSpec, metric: str) -> CurveSummary:
    mean = 0.5 + 0.01 * len(metric) + 0.001 * spec.settings.latent_dim
    return make_summary(mean, mean, 0.01, 0.05, 0.1, 0.2)
