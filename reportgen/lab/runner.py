"""The plan of ``reportgen run`` and its execution; torch is imported only if a run is unfinished."""

from __future__ import annotations

import ctypes
import fnmatch
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.base.errors import ConfigError, DataError
from reportgen.base.fetching import default_inception_path
from reportgen.lab.executors import Event, Executor, Job
from reportgen.lab.executors.workers import begin_to_import
from reportgen.store.manifest import is_stage_finished
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.states import State, find_state
from reportgen.suite.loading import Suite
from reportgen.suite.plan import (
    RunSpec,
    estimate_evaluation_seconds,
    estimate_training_seconds,
    plan_runs,
    schedule,
)

if TYPE_CHECKING:
    from reportgen.lab.execution import Task

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

    @property
    def estimated_seconds(self) -> float:
        """Estimated seconds of training and evaluation that are left."""
        return self.training_seconds + self.evaluation_seconds


@dataclass(frozen=True)
class Plan:
    """Work of one ``reportgen run``: the runs, the device and the number of processes."""

    runs: list[PlannedRun]
    jobs: int
    device: str
    inception_weights: Path | None

    @property
    def missing(self) -> list[PlannedRun]:
        """Unfinished runs in the order in which they begin.

        On a CPU all runs of one seed come before those of the next, so that a report can be made after the first pass,
        and a few short ones of every model before all others, so that there is soon something to show; a GPU trains all
        runs side by side. Apart from that the longest comes first: none is left alone at the end.
        """
        todo = [run for run in self.runs if run.state != "finished"]
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
        places = 1 if self.is_on_gpu else self.jobs  # all runs share the GPU
        return schedule([run.estimated_seconds for run in runs], places)

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


def plan_suite(
    suite: Suite, output: Path, *, only: Sequence[str] = (), jobs: int | None, device: str, is_dry: bool = False
) -> Plan:
    """Find the state of every run and plan the unfinished ones.

    Args:
        only: globs on the names of runs; runs that match none are left out. Without globs all runs are planned.
        jobs: number of processes; by default one per CPU core, on a GPU ``JOBS_ON_GPU``.
        device: ``auto``, ``cpu`` or a CUDA device such as ``cuda:0``.
        is_dry: True if the plan will not be executed, so that no worker processes are prepared.

    Raises:
        ConfigError: one of ``only`` matches no run, or the device does not exist.
    """
    chosen = _select_runs(plan_runs(suite), only)
    paths = OutputPaths(output)
    states = [
        find_state(paths.run(spec.folder_name), spec.training_key, spec.evaluation_key, check_files=True)
        for spec in chosen
    ]
    has_work = any(state != "finished" for state in states)
    if has_work and not is_dry:
        begin_to_import()
    if has_work or device != "auto":
        device = choose_device(device)
    on_gpu = device.startswith("cuda")
    macs_per_second = measure_macs_per_second() if has_work and not on_gpu else None
    runs = []
    for spec, state in zip(chosen, states, strict=True):
        steps = count_finished_steps(spec, paths.run(spec.folder_name), state)
        training = estimate_training_seconds(spec.settings, steps, macs_per_second)
        runs.append(PlannedRun(spec, state, steps, training, estimate_evaluation_seconds(on_gpu=on_gpu)))
    weights = suite.fid.inception_weights
    return Plan(
        runs,
        jobs or (min(JOBS_ON_GPU, count_cores()) if on_gpu else count_cores()),
        device,
        Path(weights) if weights else None,
    )


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


def measure_macs_per_second(size: int = 768, repeats: int = 4) -> float:
    """Return the multiply-accumulates per second of a float32 matrix product on one thread, the best of ``repeats``."""
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


def find_inception(suite: Suite) -> Suite:
    """Return the suite with the weights of ``reportgen fetch inception``, if they exist and it names no others."""
    path = default_inception_path()
    if suite.fid.inception_weights is not None or not path.is_file():
        return suite
    return suite.model_copy(update={"fid": suite.fid.model_copy(update={"inception_weights": str(path)})})


def prepare_plan(plan: Plan, data_dir: Path | None) -> None:
    """Prepare the datasets and check the Inception weights before any result is written.

    Raises:
        DataError: there is no such data folder, a dataset can be neither read nor downloaded, or the weights are wrong.
    """
    if data_dir is not None and not data_dir.is_dir():
        raise DataError(f"--data-dir {data_dir}: no such folder; create it, or leave the option out")
    if plan.missing and plan.inception_weights is not None:
        from reportgen.lab.execution import check_inception

        check_inception(plan.inception_weights)
    for dataset in {run.spec.dataset for run in plan.missing}:
        from reportgen.lab.execution import prepare_dataset

        prepare_dataset(dataset, data_dir)


def will_emulate_bf16(plan: Plan) -> bool:
    """Return whether an unfinished run uses bfloat16 on a CPU that has to emulate it."""
    if plan.is_on_gpu or all(run.spec.settings.precision != "bf16" for run in plan.missing):
        return False
    from reportgen.lab.execution import emulates_bf16

    return emulates_bf16()


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
    """Train and measure the unfinished runs, and yield events; without such runs torch is not imported.

    Args:
        checkpoint_steps: number of steps between checkpoints, in addition to those by the clock.
        retries: number of times that a run is resumed after its worker died.
        time_limit: seconds after which a run is ended as failed; the next command resumes it from its last checkpoint.
        eager: True to train each run on its own and without CUDA graphs, also on a GPU.
    """
    if not plan.missing:
        return
    from reportgen.lab.execution import Task
    from reportgen.lab.executors.local import LocalExecutor

    use_graph = plan.is_on_gpu and not eager
    tasks = [
        Task(
            run.spec,
            output,
            data_dir,
            plan.device,
            plan.inception_weights,
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
        from reportgen.lab.execution import check_device

        check_device(name)
    return name


def find_cuda() -> bool:
    """Return whether torch can train on an NVIDIA GPU; torch is imported only if there is a driver."""
    driver = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
    try:
        ctypes.CDLL(driver)
    except OSError:
        return False
    from reportgen.lab.execution import has_cuda

    return has_cuda()
