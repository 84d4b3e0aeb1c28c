"""Benchmarks as ratios within one run, with alternating sides: `make bench`, or `python tools/bench.py PART ...`.

- training: milliseconds per step of (a) the plain loop of `reference_loop.py`, (b) ours as `reportgen run` trains, with
  logging and checkpoints, (c) the floor: only forward, backward and optimiser on existing tensors;
- limit: the time of a step's multiply-accumulates at the speed of one large matrix product;
- suite: all 15 configurations of experiments.yaml at the homework's steps, extrapolated: (a) one after another on two
  torch threads, ours two at once on one thread each;
- gpu: milliseconds per step on a GPU: the plain loop, ours step by step, as a CUDA graph, several runs side by side;
- frechet: the distance in 2,048 dimensions with a cached root, against scipy.linalg.sqrtm on equal moments;
- inception: features, against the network of the package pytorch-fid with equal (random) weights and images;
- scoring: processor seconds of what Inception scores of a run consist of, on one thread;
- report: time and peak memory of start-up, of a run with nothing to do, and of rendering;
- growth: time and peak memory over the number of recorded runs.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import itertools
import multiprocessing
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, assert_never

import numpy as np
import scipy.linalg
import torch
from reference_loop import run_reference
from threadpoolctl import threadpool_limits

from reportgen.base.errors import Stopped
from reportgen.lab.data import load_dataset
from reportgen.lab.execution import emulates_bf16
from reportgen.lab.models.gan import compute_discriminator_loss, compute_generator_loss
from reportgen.lab.models.vae import compute_vae_losses
from reportgen.lab.training.checkpoint import DEFAULT_SECONDS, Checkpointer
from reportgen.lab.training.gan import GanObjective
from reportgen.lab.training.graph import GraphedRounds
from reportgen.lab.training.loop import Training, TrainingSession, begin_training, step_eagerly, train_run
from reportgen.lab.training.objectives import use_precision
from reportgen.lab.training.vae import VaeObjective
from reportgen.store.manifest import record_stage
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.suites import read_suite
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import plan_runs
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

HAS_BF16 = not emulates_bf16()
"""False on processors that only emulate bfloat16, where a step of GAN 100_16 took 570 ms and in float32 60."""

Side = Callable[[], object]


def alternate(sides: Mapping[str, Side], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each side in every round after a warm-up round; the order is reversed every round."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for index in range(rounds + 1):
        for name, call in list(sides.items())[:: 1 if index % 2 else -1]:
            start = time.perf_counter()
            call()
            if index:
                times[name].append(time.perf_counter() - start)
    return times


def describe_ratio(slower: Sequence[float], faster: Sequence[float]) -> str:
    """Return the ratio of the sums, with the range of the rounds' ratios, as text."""
    rounds = [a / b for a, b in zip(slower, faster, strict=True)]
    return f"{sum(slower) / sum(faster):.2f} ({min(rounds):.2f} to {max(rounds):.2f})"


# ---- training -------------------------------------------------------------------------------------------------------

MODELS: dict[str, tuple[Settings, int]] = {
    "GAN 100_16": (GanSettings(hidden_dim=16), 60),
    "GAN 100_100": (GanSettings(), 6),
    "GAN MLP": (GanSettings(architecture="mlp"), 120),
    "VAE 100": (VaeSettings(), 80),
}
"""Settings of the models to time, with the number of steps in a round."""


class Segments:
    """Our training loop, a number of steps at a time, with the logging and the checkpoints of `reportgen run`."""

    def __init__(self, settings: Settings, steps: int, folder: Path) -> None:
        self.settings, self.steps, self.paths = settings, steps, RunPaths(folder)
        self.dataset = load_dataset("mnist-5k")
        self.training = begin_training(settings, self.dataset, 0)
        self.own_seconds = 0.0

    def __call__(self) -> None:
        start = time.perf_counter()
        # The clock of the checkpoints stops while the other sides run.
        due = max(0.0, DEFAULT_SECONDS - self.own_seconds)
        checkpointer = _UntilStep(Checkpointer(self.paths, "bench", seconds=due), self.training.step + self.steps)
        with contextlib.suppress(Stopped):
            train_run(TrainingSession(self.settings, self.dataset, self.training, lambda *_: None, checkpointer))
        seconds = time.perf_counter() - start
        self.own_seconds = 0.0 if checkpointer.has_saved else self.own_seconds + seconds


class _UntilStep:
    """Checkpointer that stops the training at a step and otherwise does what another checkpointer does."""

    def __init__(self, checkpointer: Checkpointer, last_step: int) -> None:
        self.checkpointer, self.last_step, self.has_saved = checkpointer, last_step, False

    def is_due(self, step: int) -> bool:
        return step >= self.last_step or self.checkpointer.is_due(step)

    def save(self, training: Training) -> None:
        if self.checkpointer.is_due(training.step):
            self.checkpointer.save(training)
            self.has_saved = True
        if training.step >= self.last_step:
            raise Stopped("the round is over")


class Floor:
    """The arithmetic of a step and nothing else, on existing tensors."""

    def __init__(self, settings: Settings, steps: int) -> None:
        self.steps = steps
        training = begin_training(settings, load_dataset("mnist-5k"), 0)
        self.objective = training.objective
        x = torch.rand(settings.batch_size, 1, 32, 32)
        match settings:
            case VaeSettings():
                self.x, self.z = x, torch.randn(settings.batch_size, settings.latent_dim)
            case GanSettings():
                self.x, self.z = x * 2 - 1, torch.randn(settings.batch_size, settings.latent_dim, 1, 1)
            case _:
                assert_never(settings)

    def __call__(self) -> None:
        for _ in range(self.steps):
            if isinstance(self.objective, VaeObjective):
                self._step_vae(self.objective)
            elif isinstance(self.objective, GanObjective):
                self._step_gan(self.objective)

    def _step_vae(self, o: VaeObjective) -> None:
        reconstruction, kl = compute_vae_losses(o.vae, self.x, self.z)
        o.optimiser.zero_grad()
        (reconstruction + kl).backward()
        o.optimiser.step()

    def _step_gan(self, o: GanObjective) -> None:
        fake = o.generator(self.z)
        loss_d = compute_discriminator_loss(o.discriminator(self.x), o.discriminator(fake.detach()))
        o.discriminator_optimiser.zero_grad()
        loss_d.backward()
        o.discriminator_optimiser.step()
        o.discriminator.requires_grad_(False)
        loss_g = compute_generator_loss(o.discriminator(fake))
        o.generator_optimiser.zero_grad()
        loss_g.backward()
        o.generator_optimiser.step()
        o.discriminator.requires_grad_(True)


def load_digits() -> torch.Tensor:
    """Load digits for the plain loop, which resizes them itself: uint8 [4000, 28, 28]."""
    return load_dataset("mnist-5k").train.images[:, 0, 2:30, 2:30].contiguous()


def bench_training() -> None:
    """Compare training loops on one torch thread, as in a worker of `reportgen run`, and on two.

    Side (a) has two DataLoader workers in addition.
    """
    for threads in (1, 2):
        torch.set_num_threads(threads)
        for name, (settings, steps) in MODELS.items():
            compare_loops(f"{name}, {threads} thread{'s' * (threads > 1)}", settings, steps)


def compare_loops(name: str, settings: Settings, steps: int, rounds: int = 3) -> None:
    """Time the plain loop, ours and the floor on one model, and print milliseconds per step and ratios."""
    images = load_digits()
    with tempfile.TemporaryDirectory() as folder:
        reference = run_reference(settings, images)
        sides: dict[str, Side] = {
            "a": lambda reference=reference, steps=steps: list(itertools.islice(reference, steps)),  # type: ignore[misc]
            "b": Segments(settings, steps, Path(folder) / "fp32"),
            "c": Floor(settings, steps),
        }
        if HAS_BF16:
            low = settings.model_copy(update={"precision": "bf16"})
            sides["bf16"] = Segments(low, steps, Path(folder) / "bf16")
        times = alternate(sides, rounds)
        reference.close()
    step = {side: 1e3 * statistics.mean(seconds) / steps for side, seconds in times.items()}
    shown = (
        f"{name}: ms per step (a) plain {step['a']:.1f}, (b) ours {step['b']:.1f}, (c) floor {step['c']:.1f}; "
        f"a/b {describe_ratio(times['a'], times['b'])}, b/c {describe_ratio(times['b'], times['c'])}"
    )
    if HAS_BF16:
        shown += f"; ours in bf16 {step['bf16']:.1f}, a/b in bf16 {describe_ratio(times['a'], times['bf16'])}"
    print(shown, flush=True)


def bench_limit(size: int = 1024) -> None:
    """Print the time that a step would take at the speed of one large matrix product."""
    for threads, precision in itertools.product((1, 2), (torch.float32, torch.bfloat16)):
        torch.set_num_threads(threads)
        matrix = torch.randn(size, size).to(precision)
        speed = size**3 / min(alternate({"product": lambda matrix=matrix: matrix @ matrix}, 20)["product"])  # type: ignore[misc]
        limits = ", ".join(f"{name} {1e3 * own.count_step_macs() / speed:.1f}" for name, (own, _) in MODELS.items())
        print(
            f"limit in {precision}, {threads} threads at {2e-9 * speed:.0f} GFLOP/s: ms per step {limits}", flush=True
        )


def bench_suite() -> None:
    """Time a few steps of every configuration of experiments.yaml and extrapolate to the whole suite."""
    suite = load_suite(ROOT / "experiments.yaml")
    precisions = ("fp32", "bf16") if HAS_BF16 else ("fp32",)
    images, totals = load_digits(), dict.fromkeys(("plain", *precisions), 0.0)
    for spec in plan_runs(suite.model_copy(update={"seeds": suite.seeds[:1]})):
        settings = spec.settings
        torch.set_num_threads(2)
        reference = run_reference(settings, images)
        seconds = {"plain": time_steps(lambda reference=reference: next(reference))}  # type: ignore[misc]
        reference.close()
        for precision in precisions:
            seconds[precision] = time_two_at_once(settings.model_copy(update={"precision": precision})) / 2
        for side, step in seconds.items():
            totals[side] += step * settings.num_training_steps
        shown = ", ".join(f"{side} {1e3 * step:.1f}" for side, step in seconds.items())
        print(f"{spec.name}: ms per step, two at once counted as one: {shown}", flush=True)
    hours = ", ".join(f"{side} {total / 3600:.2f} h" for side, total in totals.items())
    ratios = ", ".join(f"{totals['plain'] / totals[side]:.2f} in {side}" for side in precisions)
    print(f"the whole suite, training: {hours}; times as fast: {ratios}", flush=True)


def time_steps(step: Side, budget: float = 4.0) -> float:
    """Return the seconds per call, over about ``budget`` seconds, after two warm-up calls."""
    step()
    step()
    start, calls = time.perf_counter(), 0
    while time.perf_counter() - start < budget:
        step()
        calls += 1
    return (time.perf_counter() - start) / calls


def time_two_at_once(settings: Settings) -> float:
    """Return the seconds per step of each of two processes with one torch thread that train simultaneously."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.SimpleQueue()
    workers = [context.Process(target=_time_ours, args=(settings, barrier, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    seconds = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    return statistics.mean(seconds)


def _time_ours(settings: Settings, barrier: Any, results: Any) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        segments = Segments(settings, 4, Path(folder))
        segments()
        barrier.wait()
        results.put(time_steps(segments) / segments.steps)


class SideBySide:
    """Our training of one run, or several side by side, a number of steps at a time, without grids and checkpoints."""

    def __init__(
        self, settings: Settings, steps: int, device: torch.device, *, num_runs: int = 1, use_graph: bool = True
    ) -> None:
        endless = settings.model_copy(update={"num_training_steps": 10**9, "image_interval": 10**9})
        dataset, checkpointer = load_dataset("mnist-5k", device=device), _NeverSaver()
        trainings = [begin_training(endless, dataset, seed) for seed in range(num_runs)]
        self.sessions = [
            TrainingSession(endless, dataset, training, lambda *_: None, checkpointer) for training in trainings
        ]
        self.steps, self.take_round = steps, GraphedRounds() if use_graph else step_eagerly

    def __call__(self) -> None:
        for step in range(self.steps):
            reads = self.take_round(self.sessions)
            for session, read in zip(self.sessions, reads, strict=True):
                session.settle(read, is_fetch_due=step == self.steps - 1)  # fetching waits for the device


class _NeverSaver:
    def is_due(self, step: int) -> bool:  # noqa: ARG002
        return False

    def save(self, training: Training) -> None:  # noqa: ARG002
        raise AssertionError("nothing is due")


class PlainLoop:
    """The plain loop on a device, with PyTorch's default precision: convolutions in tf32."""

    def __init__(self, settings: Settings, steps: int, device: torch.device) -> None:
        self.reference, self.steps = run_reference(settings, load_digits(), str(device)), steps

    def __call__(self) -> None:
        use_precision("fp32")
        torch.backends.cudnn.conv.fp32_precision = "tf32"  # type: ignore[attr-defined]
        for _ in range(self.steps):
            next(self.reference)


def bench_gpu(device: torch.device | None = None, rounds: int = 2) -> None:
    """Print milliseconds per step and run on a GPU; a step of runs side by side is divided by their number."""
    if device is None and not torch.cuda.is_available():
        print("gpu: torch sees no CUDA device here")
        return
    device = device or torch.device("cuda:0")
    print(torch.cuda.get_device_name(device) if device.type == "cuda" else device)
    for name, (settings, _) in MODELS.items():
        in_precision = {p: settings.model_copy(update={"precision": p}) for p in ("fp32", "tf32", "bf16")}
        plain = PlainLoop(settings, 100, device)
        sides: dict[str, PlainLoop | SideBySide] = {"plain": plain}
        sides["eager"] = SideBySide(settings, 100, device, use_graph=False)
        for precision, own in in_precision.items():
            sides[f"graph {precision}"] = SideBySide(own, 500, device)
        for precision, own in in_precision.items() if not settings.has_dropout else ():
            for count, steps in ((3, 300), (12, 100)):
                sides[f"{count} side by side {precision}"] = SideBySide(own, steps, device, num_runs=count)
        times = alternate(sides, rounds)
        plain.reference.close()
        num_steps = {side: own.steps * len(getattr(own, "sessions", "1")) for side, own in sides.items()}
        per_step = {side: [1e3 * each / num_steps[side] for each in seconds] for side, seconds in times.items()}
        for side, values in per_step.items():
            ratio = describe_ratio(per_step["plain"], values)
            print(f"{name}, {side}: {statistics.mean(values):.3f} ms per step, plain/{side} {ratio}", flush=True)
        del sides, plain


# ---- metrics --------------------------------------------------------------------------------------------------------


def bench_frechet(dimension: int = 2048, num_images: int = 3000, rounds: int = 3) -> None:
    """Compare our Frechet distance with one by ``scipy.linalg.sqrtm``."""
    from reportgen.lab.metrics.frechet import compute_frechet_distance, compute_moments, compute_root

    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(dimension, dimension)) / np.sqrt(dimension)
    real, fake = (compute_moments(rng.normal(size=(num_images, dimension)) @ mixing) for _ in range(2))
    root = compute_root(real.covariance)

    def by_sqrtm() -> float:
        product = scipy.linalg.sqrtm(real.covariance @ fake.covariance)
        distance = np.square(real.mean - fake.mean).sum() + np.trace(real.covariance) + np.trace(fake.covariance)
        return float(distance - 2 * np.trace(product).real)

    ours = compute_frechet_distance(real, fake, root)
    print(f"distance: ours {ours:.8f}, by sqrtm {by_sqrtm():.8f}")
    sides = {"ours": lambda: compute_frechet_distance(real, fake, root), "theirs": by_sqrtm}
    print_pair("Frechet distance, 2,048 dimensions", alternate(sides, rounds))


def bench_inception(num_images: int = 32, rounds: int = 5) -> None:
    """Compare our Inception features with those of the package pytorch-fid."""
    from test_inception import build_random_state, make_images

    from reportgen.lab.metrics.inception import InceptionDetector

    state = build_random_state()
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.pth"
        torch.save(state, weights)
        detector = InceptionDetector(weights, torch.device("cpu"), check_sha256=False)
    from pytorch_fid import inception as package

    package.load_state_dict_from_url = lambda *_, **__: state
    network = package.InceptionV3().eval()
    images = make_images(0, num_images)
    rgb = (images.float() / 255).repeat(1, 3, 1, 1)

    @torch.no_grad()
    def theirs() -> np.ndarray:
        return network(rgb)[0].flatten(1).numpy()

    print(f"largest difference of features: {np.abs(detector(images) - theirs()).max():.1e}")
    sides = {"ours": lambda: detector(images), "theirs": theirs}
    print_pair(f"Inception features of {num_images} images", alternate(sides, rounds))


def bench_scoring(num_images: int = 3000, sample: int = 96, rounds: int = 3) -> None:
    """Print the processor seconds of an Inception image, of the real side, of a yardstick and of a run's distances."""
    from test_inception import build_random_state, make_images

    from reportgen.lab.metrics.inception import InceptionDetector
    from reportgen.lab.metrics.scores import build_real_side, compute_scores, measure_yardstick

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        weights = Path(folder) / "weights.pth"
        torch.save(build_random_state(), weights)
        detector = InceptionDetector(weights, torch.device("cpu"), check_sha256=False)
        images = make_images(0, sample)
        rng = np.random.default_rng(0)
        features, fake = rng.normal(size=(2, num_images, detector.feature_dim)).astype(np.float32)
        real = build_real_side(features)
        parts: dict[str, tuple[Callable[[], Any], int]] = {
            "an image": (lambda: detector(images), sample),
            "the real side": (lambda: build_real_side(features), 1),
            "a yardstick": (lambda: measure_yardstick("real", num_images, real, fake), 1),
            "the distances of a run": (lambda: compute_scores(detector, real, (), fake), 1),
        }
        for name, (call, count) in parts.items():
            seconds = []
            for _ in range(rounds):
                start = time.process_time()
                call()
                seconds.append((time.process_time() - start) / count)
            print(f"{name}: {statistics.median(seconds):.3f} processor seconds", flush=True)


def print_pair(name: str, times: Mapping[str, Sequence[float]]) -> None:
    """Print the medians of our side and theirs, and their ratio."""
    ours, theirs = (statistics.median(times[side]) for side in ("ours", "theirs"))
    ratio = describe_ratio(times["theirs"], times["ours"])
    print(f"{name}: ours {ours:.2f} s, theirs {theirs:.2f} s, ratio {ratio}", flush=True)


# ---- the command line -----------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Usage:
    """Time and memory that a command took."""

    seconds: float
    megabytes: float
    """Peak memory of all its processes together, with shared pages counted once."""

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, {self.megabytes:.0f} MB"


LAUNCHER = """
import subprocess, sys, time

def list_processes(pid):
    try:
        children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    except OSError:  # ended meanwhile
        return []
    return [pid] + [each for child in children for each in list_processes(child)]

def take_share(pid):
    try:
        return next(int(line.split()[1]) for line in open(f"/proc/{pid}/smaps_rollup") if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0

start, peak = time.perf_counter(), 0
command = subprocess.Popen([sys.executable, "-m", "reportgen", *sys.argv[1:]], stdout=subprocess.DEVNULL)
while command.poll() is None:
    peak = max(peak, sum(map(take_share, list_processes(command.pid))))
    time.sleep(0.02 if time.perf_counter() - start < 2 else 0.2)
assert command.returncode == 0, command.returncode
print(time.perf_counter() - start, peak / 1024)
"""
"""Program that runs a command and samples its memory fifty times a second, later five times; Linux only."""


def measure(*arguments: str) -> Usage:
    """Run ``reportgen`` once and return what it took.

    Raises:
        CalledProcessError: the command failed.
    """
    command = [sys.executable, "-c", LAUNCHER, *arguments]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    seconds, megabytes = run.stdout.split()
    return Usage(float(seconds), float(megabytes))


def print_usages(name: str, *arguments: str, rounds: int = 5, forget: Path | None = None) -> None:
    """Print the median of several rounds; before each, the file or folder ``forget`` is deleted."""
    usages = []
    for _ in range(rounds):
        if forget is not None and forget.exists():
            shutil.rmtree(forget) if forget.is_dir() else forget.unlink()
        usages.append(measure(*arguments))
    seconds = sorted(usage.seconds for usage in usages)
    median = Usage(statistics.median(seconds), max(usage.megabytes for usage in usages))
    print(f"{name}: {median} ({seconds[0]:.2f} to {seconds[-1]:.2f} s)", flush=True)


def bench_report() -> None:
    """Print what the commands take on an output folder of the whole homework with made-up numbers."""
    from synthetic import write_output

    with tempfile.TemporaryDirectory() as name:
        output = str(Path(name) / "output")
        write_output(Path(output))
        suite = str(ROOT / "experiments.yaml")
        print_usages("reportgen --help", "--help")
        print_usages("reportgen status, 15 runs", "status", "--output", output)
        print_usages("reportgen run, nothing to do", "run", suite, "--profile", "quick", "--output", output)
        cache = Path(output, "cache")
        print_usages("reportgen render, both languages, cold", "render", "--output", output, forget=cache)
        record = cache / "rendered.json"
        print_usages("reportgen render, figures cached", "render", "--output", output, rounds=3, forget=record)
        print_usages("reportgen render, nothing changed", "render", "--output", output)


# ---- growth ---------------------------------------------------------------------------------------------------------

GROWTH = """
dataset: mnist-5k
seeds: {seeds}
runs:
  vae: {{model: vae, section: vae_latent, latent_dim: {dims}}}
"""


def bench_growth() -> None:
    """Print what the commands take on 10 seeds of ever more configurations; 10,000 runs have manifests only."""
    from synthetic import write_output

    for num_runs in (10, 100, 1_000, 10_000):
        with tempfile.TemporaryDirectory() as name:
            output, suite = Path(name) / "output", Path(name) / "suite.yaml"
            suite.write_text(GROWTH.format(seeds=list(range(10)), dims=list(range(1, num_runs // 10 + 1))))
            write_output(output, suite_file=suite, profile="full", leave_out=lambda _: num_runs > 1_000)  # noqa: B023
            if num_runs > 1_000:
                write_manifests(output)
            print_usages(f"{num_runs} runs: status", "status", "--output", str(output), rounds=3)
            print_usages(f"{num_runs} runs: run", "run", str(suite), "--output", str(output), rounds=3)
            if num_runs <= 1_000:
                print_usages(f"{num_runs} runs: render", "render", "--output", str(output), rounds=1)


def write_manifests(output: Path) -> None:
    """Write the manifests of finished runs that have no files."""
    paths = OutputPaths(output)
    for spec in plan_runs(read_suite(paths).suite):
        run = paths.run(spec.folder_name)
        record_stage(run, "training", spec.training_key, [])
        record_stage(run, "evaluation", spec.evaluation_key, [])


PARTS: dict[str, Callable[[], None]] = {
    "training": bench_training,
    "limit": bench_limit,
    "suite": bench_suite,
    "gpu": bench_gpu,
    "frechet": bench_frechet,
    "inception": bench_inception,
    "scoring": bench_scoring,
    "report": bench_report,
    "growth": bench_growth,
}


def main() -> None:
    """Run the parts that the command line names, by default all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    for part in parser.parse_args().parts or PARTS:
        torch.set_num_threads(2)
        with threadpool_limits(2):
            PARTS[part]()


if __name__ == "__main__":
    main()
