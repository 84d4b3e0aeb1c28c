"""The plan of ``reportgen run`` and its execution; torch is imported by workers, if a run is unfinished."""

from __future__ import annotations

import ctypes
import fnmatch
import os
import time
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import ClassVar, Self

from reportgen.base.errors import ConfigError, DataError
from reportgen.base.fetching import find_inception
from reportgen.lab.executors import Event, Executor, Job
from reportgen.lab.executors.workers import begin_to_import, call_in_worker
from reportgen.lab.tasks import Task
from reportgen.store.manifest import is_stage_finished
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.states import DONE, State, find_state, is_inception_finished
from reportgen.suite.loading import Suite
from reportgen.suite.plan import (
    CPU_SECONDS_PER_INCEPTION_RUN,
    RunSpec,
    estimate_evaluation_seconds,
    estimate_inception_seconds,
    estimate_training_seconds,
    plan_runs,
    schedule,
)

MAX_TOGETHER = 48
"""Largest number of runs that one process trains side by side on a GPU; its memory has to hold all of them."""
JOBS_ON_GPU = 6
"""Default number of processes on a GPU: one trains, the others measure."""
RUNS_TO_SHOW = 3
"""Number of finished runs that make a first report; on a CPU as many short ones begin before all others."""


@dataclass(frozen=True)
class PlannedRun:
    """A run with its state and the estimated seconds that are left of its training and evaluation."""

    spec: RunSpec
    state: State
    finished_steps: int
    training_seconds: float
    evaluation_seconds: float

    unit: ClassVar = "steps"
    """Name of the steps by which progress is counted."""

    @property
    def num_steps(self) -> int:
        """Number of these steps from the beginning to the end."""
        return self.spec.settings.num_training_steps

    @property
    def work(self) -> str:
        """Name of what is left to do."""
        return "measuring" if self.finished_steps == self.num_steps else "training"

    @property
    def estimated_seconds(self) -> float:
        """Estimated seconds of training and evaluation that are left."""
        return self.training_seconds + self.evaluation_seconds


@dataclass(frozen=True)
class PlannedScoring(PlannedRun):
    """A run that is scored by Inception; its steps are images, and the distances are its evaluation."""

    unit = "images"

    num_images: int

    @property
    def num_steps(self) -> int:
        """Number of images to look at."""
        return self.num_images

    @property
    def work(self) -> str:
        """Name of the scoring."""
        return "scoring"


@dataclass(frozen=True)
class Plan:
    """Work of one ``reportgen run``: the runs, the device and the number of processes."""

    runs: Sequence[PlannedRun]
    jobs: int
    device: str
    scoring: ScoringPlan | None = None
    """Scoring by Inception, which comes last; None if the suite forbids it."""

    @property
    def missing(self) -> list[PlannedRun]:
        """Unfinished runs in the order in which they begin.

        On a CPU all runs of one seed come before those of the next, so that a report can be made after the first pass,
        and a few short ones of every model before all others, so that there is soon something to show; a GPU trains all
        runs side by side. Apart from that the longest comes first: none is left alone at the end.
        """
        todo = [run for run in self.runs if run.state not in DONE]
        ranks = {seed: 0 if self.is_on_gpu else rank for rank, seed in enumerate(self._seeds)}
        longest_first = sorted(todo, key=lambda run: (ranks[run.spec.seed], -run.estimated_seconds))
        num_short = 0 if self.is_on_gpu else max(0, RUNS_TO_SHOW - (len(self.runs) - len(todo)))
        short = _shortest_by_turns([run for run in todo if run.spec.seed == longest_first[0].spec.seed])[:num_short]
        return short + [run for run in longest_first if run not in short]

    @property
    def _seeds(self) -> list[int]:
        """The seeds in the order of the suite."""
        return list(dict.fromkeys(run.spec.seed for run in self.runs))

    @property
    def estimated_seconds(self) -> float:
        """Estimated seconds of all unfinished runs, ``jobs`` at a time."""
        return self._estimate(self.missing)

    @property
    def first_pass(self) -> tuple[int, float] | None:
        """The seed that comes first and its estimated seconds; None if all unfinished runs begin together."""
        missing = self.missing
        if self.is_on_gpu or len({run.spec.seed for run in missing}) < 2:
            return None
        seed = missing[0].spec.seed
        return seed, self._estimate([run for run in missing if run.spec.seed == seed])

    def _estimate(self, runs: Sequence[PlannedRun]) -> float:
        return schedule([run.estimated_seconds for run in runs], self._places)

    @property
    def _places(self) -> int:
        """Number of runs that advance at full speed; all trainings share the GPU."""
        return 1 if self.is_on_gpu else self.jobs

    @property
    def is_on_gpu(self) -> bool:
        """True if the device is a CUDA device."""
        return self.device.startswith("cuda")


def _shortest_by_turns(runs: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Return the shortest run of each model, then the second shortest of each, and so on."""
    by_model: dict[str, list[PlannedRun]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: run.estimated_seconds):
        by_model[run.spec.settings.model].append(run)
    return [run for turn in zip_longest(*by_model.values()) for run in turn if run is not None]


@dataclass(frozen=True)
class ScoringPlan(Plan):
    """Scoring of finished runs by Inception; most of it takes place on the CPU if the device is a GPU."""

    runs: Sequence[PlannedScoring]
    weights: Path | None = None
    """File of the Inception weights; None if it has to be downloaded first."""

    @property
    def _places(self) -> int:
        return self.jobs

    def leave_out(self, names: Container[str]) -> Self:
        """Return the plan without some runs."""
        return replace(self, runs=[run for run in self.runs if run.spec.name not in names])


def plan_suite(
    suite: Suite,
    output: Path,
    *,
    only: Sequence[str] = (),
    jobs: int | None,
    device: str,
    is_dry: bool = False,
    without_torch: bool = False,
) -> Plan:
    """Find the state of every run and plan the unfinished ones.

    Args:
        only: globs on the names of runs; runs that match none are left out. Without globs all runs are planned.
        jobs: number of processes; by default one per CPU core, on a GPU ``JOBS_ON_GPU``.
        device: ``auto``, ``cpu`` or a CUDA device such as ``cuda:0``.
        is_dry: True if the plan will not be executed, so that no worker processes are prepared.
        without_torch: True to resolve ``auto`` without asking torch, which takes seconds to import.

    Raises:
        ConfigError: one of ``only`` matches no run, or the device does not exist.
        DataError: the file of Inception weights that the suite names is missing or another one.
    """
    chosen = _select_runs(plan_runs(suite), only)
    paths = OutputPaths(output)
    states = [
        find_state(paths.run(spec.folder_name), spec.training_key, spec.evaluation_key, check_files=True)
        for spec in chosen
    ]
    has_work = any(state not in DONE for state in states)
    unscored = [s for s, state in zip(chosen, states, strict=True) if state != "curves" and _lacks_scores(s, paths)]
    weights = find_inception(_find_named(suite)) if unscored else None
    if (has_work or weights is not None) and not is_dry:
        begin_to_import()
    if without_torch and device == "auto":
        device = "cuda:0" if has_nvidia_gpu() else "cpu"
    elif has_work or unscored or device != "auto":
        device = choose_device(device)
    on_gpu = device.startswith("cuda")
    macs_per_second = measure_macs_per_second() if has_work and not on_gpu else None
    runs = []
    for spec, state in zip(chosen, states, strict=True):
        steps = count_finished_steps(spec, paths.run(spec.folder_name), state)
        training = estimate_training_seconds(spec.settings, steps, macs_per_second)
        runs.append(PlannedRun(spec, state, steps, training, estimate_evaluation_seconds(on_gpu=on_gpu)))
    jobs = jobs or (min(JOBS_ON_GPU, count_cores()) if on_gpu else count_cores())
    scorings = _plan_scorings(chosen, unscored, suite.fid.num_images, jobs, on_gpu=on_gpu)
    scoring = ScoringPlan(scorings, jobs, device, weights=weights) if suite.fid.inception != "off" else None
    return Plan(runs, jobs, device, scoring)


def plan_another_seed(suite: Suite, plan: Plan) -> Plan:
    """Plan one more seed of all that a plan trains, imports apart, which stands under the name of an earlier one."""
    macs_per_second = None if plan.is_on_gpu else measure_macs_per_second()
    specs = {run.spec.settings: run.spec for run in plan.runs if run.spec.settings.imported is None}.values()
    measuring = estimate_evaluation_seconds(on_gpu=plan.is_on_gpu)
    runs = [
        PlannedRun(spec, "missing", 0, estimate_training_seconds(spec.settings, 0, macs_per_second), measuring)
        for spec in specs
    ]
    if plan.scoring is None:
        return Plan(runs, plan.jobs, plan.device)
    num_images = suite.fid.num_images
    seconds = estimate_inception_seconds(num_images, on_gpu=plan.is_on_gpu)
    scorings = [
        PlannedScoring(spec, "trained", 0, seconds, CPU_SECONDS_PER_INCEPTION_RUN, num_images) for spec in specs
    ]
    return Plan(runs, plan.jobs, plan.device, ScoringPlan(scorings, plan.jobs, plan.device))


def _find_named(suite: Suite) -> Path | None:
    return Path(suite.fid.inception_weights) if suite.fid.inception_weights else None


def _lacks_scores(spec: RunSpec, paths: OutputPaths) -> bool:
    """Return whether Inception scores of a run are wanted and not there."""
    return spec.inception_key is not None and not is_inception_finished(paths.run(spec.folder_name), spec.inception_key)


def _plan_scorings(
    chosen: Sequence[RunSpec], unscored: Sequence[RunSpec], num_images: int, jobs: int, *, on_gpu: bool
) -> list[PlannedScoring]:
    """Plan the scoring of runs.

    The first ones, one per process, also share the real images, of which there are up to three times as many, unless a
    run was scored before.
    """
    num_shared = 3 * num_images if len(unscored) == len(chosen) else 0
    planned = []
    for spec in chosen:
        is_first = spec in unscored[:jobs]
        count = num_images + (-(-num_shared // jobs) if is_first else 0)
        seconds = estimate_inception_seconds(count, on_gpu=on_gpu)
        state: State = "trained" if spec in unscored else "finished"
        planned.append(PlannedScoring(spec, state, 0, seconds, CPU_SECONDS_PER_INCEPTION_RUN, count))
    return planned


def _select_runs(specs: Sequence[RunSpec], globs: Sequence[str]) -> list[RunSpec]:
    """Return the runs that match at least one of the globs, in their order; without globs return all runs."""
    matched = {glob: {spec.name for spec in specs if fnmatch.fnmatchcase(spec.name, glob)} for glob in globs}
    idle = [glob for glob, names in matched.items() if not names]
    if idle:
        names = ", ".join(spec.name for spec in specs[:20])
        raise ConfigError(f"--only {', '.join(idle)}: no run has such a name; the runs are: {names}")
    return [spec for spec in specs if not globs or any(spec.name in names for names in matched.values())]


def count_cores() -> int:
    """Return the number of cores that this process may use; the machine may have more."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def count_finished_steps(spec: RunSpec, paths: RunPaths, state: State) -> int:
    """Return the number of steps that are trained already: all, those of the newest checkpoint, or 0."""
    if state in ("finished", "trained") or is_stage_finished(paths, "training", spec.training_key, check_files=False):
        return spec.settings.num_training_steps
    return min(paths.find_checkpointed_step(), spec.settings.num_training_steps)


@cache
def measure_macs_per_second(size: int = 768, repeats: int = 4) -> float:
    """Return the multiply-accumulates per second of a float32 matrix product on one thread, the best of ``repeats``.

    It is measured once in a process, so that all of its estimates agree.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    matrix = np.ones((size, size), np.float32)
    seconds = []
    with threadpool_limits(1):
        for _ in range(repeats):
            start = time.perf_counter()
            matrix @ matrix
            seconds.append(time.perf_counter() - start)
    return size**3 / min(seconds)


def prepare_plan(plan: Plan, data_dir: Path | None) -> None:
    """Prepare the datasets before any result is written.

    Raises:
        DataError: there is no such data folder, or a dataset can be neither read nor downloaded.
    """
    if data_dir is not None and not data_dir.is_dir():
        raise DataError(f"--data-dir {data_dir}: no such folder; create it, or leave the option out")
    for dataset in {run.spec.dataset for run in plan.missing}:
        call_in_worker("prepare_dataset", dataset, data_dir)


def will_emulate_bf16(plan: Plan) -> bool:
    """Return whether an unfinished run uses bfloat16 on a CPU that has to emulate it."""
    if plan.is_on_gpu or all(run.spec.settings.precision != "bf16" for run in plan.missing):
        return False
    return bool(call_in_worker("emulates_bf16"))


def execute_plan(
    plan: Plan,
    output: Path,
    data_dir: Path | None,
    *,
    checkpoint_steps: int | None = None,
    retries: int = 1,
    time_limit: float | None = None,
    eager: bool = False,
) -> Iterator[Event]:
    """Train and measure the unfinished runs, or score them, and yield events; without such runs torch is not imported.

    Args:
        checkpoint_steps: number of steps between checkpoints, in addition to those by the clock.
        retries: number of times that a run is resumed after its worker died.
        time_limit: seconds after which a run is ended as failed; the next command resumes it from its last checkpoint.
        eager: True to train each run on its own and without CUDA graphs, also on a GPU.
    """
    if not plan.missing:
        return
    from reportgen.lab.executors.local import LocalExecutor

    weights = plan.weights if isinstance(plan, ScoringPlan) else None
    use_graph = plan.is_on_gpu and not eager and weights is None
    tasks = [
        Task(
            run.spec,
            output,
            data_dir,
            plan.device,
            weights,
            checkpoint_steps=checkpoint_steps,
            use_graph=use_graph,
        )
        for run in plan.missing
    ]
    executor: Executor = LocalExecutor(plan.jobs, retries, time_limit)
    yield from executor.execute(_group(tasks) if use_graph else [(task,) for task in tasks])


def _group(tasks: Sequence[Task]) -> list[Job]:
    """Group tasks that can train side by side into jobs of at most ``MAX_TOGETHER``; every other task is its own job.

    A network with dropout trains alone, because dropout draws from the global random generator of the process.
    """
    together = [task for task in tasks if not task.spec.settings.has_dropout]
    alone: list[Job] = [(task,) for task in tasks if task.spec.settings.has_dropout]
    starts = range(0, len(together), MAX_TOGETHER)
    return [tuple(together[start : start + MAX_TOGETHER]) for start in starts] + alone


def choose_device(name: str) -> str:
    """Resolve ``auto`` to the first GPU or else the CPU; return other names as they are.

    Raises:
        ConfigError: the device does not exist.
    """
    if name == "auto":
        return "cuda:0" if find_cuda() else "cpu"
    if name != "cpu":
        call_in_worker("check_device", name)
    return name


def find_cuda() -> bool:
    """Return whether torch can train on an NVIDIA GPU; torch is imported only if there is a driver."""
    if _load_cuda_driver() is None:
        return False
    return bool(call_in_worker("has_cuda"))


def has_nvidia_gpu() -> bool:
    """Return whether NVIDIA's driver finds a GPU; ``find_cuda`` also asks torch whether it can train on it."""
    driver = _load_cuda_driver()
    return driver is not None and driver.cuInit(0) == 0


def _load_cuda_driver() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return None
