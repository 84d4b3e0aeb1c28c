"""One run in this process: train, evaluate, leave everything on disk. Here the torch half comes together."""

from __future__ import annotations

import csv
import io
import logging
import platform
import shutil
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save
from tensorboardX import SummaryWriter
from threadpoolctl import threadpool_limits
from torch import nn

from reportgen.config import GanSettings, Settings
from reportgen.data import Dataset, load_dataset
from reportgen.errors import ConfigError, ReportgenError, RunError, Stopped
from reportgen.evaluation import evaluate_run
from reportgen.images import decode_grid, encode_grid
from reportgen.metrics.inception import InceptionDetector
from reportgen.plan import RunSpec
from reportgen.provenance import describe_environment, list_evaluation_sources, list_model_sources
from reportgen.store import (
    OutputPaths,
    RunPaths,
    hold_run,
    is_stage_finished,
    record_stage,
    write_bytes,
    write_json,
    write_text,
)
from reportgen.training.checkpoint import DEFAULT_SECONDS, Checkpointer, resume_training
from reportgen.training.loop import Row, Training, begin_training, build_objective, train_run
from reportgen.training.objectives import NUM_GRID_IMAGES, use_precision
from reportgen.training.pack import Pack

CPU_THREADS_PER_RUN = 1
"""Part of what a run promises on the CPU: another number gives other bits. ``--jobs`` therefore never changes it."""

GRID_COLUMNS = 8

logger = logging.getLogger(__name__)

Report = Callable[[str, int, dict[str, float]], None]
"""Called with the stage, the number of finished steps and the newest losses."""


@dataclass(frozen=True)
class Task:
    """Everything a worker needs; it travels between processes."""

    spec: RunSpec
    output: Path
    data_dir: Path | None
    device: str
    inception_weights: Path | None = None
    checkpoint_seconds: float = DEFAULT_SECONDS
    checkpoint_steps: int | None = None
    use_graph: bool = False


def execute_run(task: Task, report: Report, is_stopping: Callable[[], bool] = lambda: False) -> None:
    """Bring one run to its end, whatever of it is there already.

    Args:
        is_stopping: asked between two steps; once it says so, a checkpoint is written and the run stops.

    Raises:
        Stopped: it was asked to stop.
        ReportgenError: after the reason was recorded in failure.json.
    """
    output = OutputPaths(task.output)
    paths = output.run(task.spec.folder_name)
    with hold_run(paths):
        try:
            with log_to(paths.log):
                _execute(task, output, paths, report, is_stopping)
        except (BrokenPipeError, Stopped):
            raise  # the suite was interrupted, the run did not fail
        except Exception as error:
            with suppress(RunError):  # a full disk has no room for the reason either
                record_failure(paths, explain_failure(error), traceback.format_exc())
            raise
        paths.failure.unlink(missing_ok=True)


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Append what happens to a run to its log, an error with its traceback."""
    try:
        handler: logging.Handler = logging.FileHandler(path, encoding="utf-8")
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    except Stopped as stop:
        logger.info("%s", stop)
        raise
    except Exception:
        logger.exception("failed")
        raise
    finally:
        logger.removeHandler(handler)
        handler.close()


def record_failure(paths: RunPaths, reason: str, details: str) -> None:
    """Write why a run failed; the next attempt that succeeds removes it."""
    write_json(paths.failure, {"reason": reason, "details": details})


def explain_failure(error: BaseException) -> str:
    """One line for the summary and the report."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return "the GPU's memory is full; use a smaller batch_size or fewer --jobs"
    text = " ".join(str(error).split())
    return text if isinstance(error, ReportgenError) else f"{type(error).__name__}: {text}"


def _execute(task: Task, output: OutputPaths, paths: RunPaths, report: Report, is_stopping: Callable[[], bool]) -> None:
    spec, device = task.spec, _prepare_device(task)
    dataset = load_dataset(spec.dataset, data_dir=task.data_dir, device=device)
    if is_stage_finished(paths, "training", spec.training_key):
        modules = load_modules(spec.settings, paths.weights, device)
    else:
        modules = _train(task, dataset, paths, report, is_stopping)
    if is_stopping():
        raise Stopped("trained; the same command goes on with the evaluation")
    logger.info("evaluation")
    report("evaluation", spec.settings.num_training_steps, {})
    _evaluate(task, modules, dataset, output, paths)


def _prepare_device(task: Task) -> torch.device:
    device = torch.device(task.device)
    if device.type == "cpu":
        torch.set_num_threads(CPU_THREADS_PER_RUN)
        threadpool_limits(CPU_THREADS_PER_RUN)  # NumPy's BLAS, else every run would start a thread for every core
    else:
        torch.cuda.set_device(device.index or 0)  # streams and graphs belong to the current device
    return device


def train_pack(
    tasks: Sequence[Task],
    report: Callable[[str, int, dict[str, float]], None],
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Train those of a configuration's seeds that stand at the same step as one program, up to their recorded stage.

    What is left of them, ``execute_run`` does as for any run: trainings at another step, all measuring, and everything
    if training together fails, so that each run gives its own reason.

    Args:
        report: called with the name of a run, its finished steps and its newest losses.

    Raises:
        Stopped: it was asked to stop.
    """
    try:
        _train_pack(tasks, report, is_stopping)
    except (BrokenPipeError, Stopped):
        raise
    except Exception as error:
        for task in tasks:
            with log_to(OutputPaths(task.output).run(task.spec.folder_name).log):
                logger.warning("training together failed, each goes on alone: %s", explain_failure(error))


def _train_pack(
    tasks: Sequence[Task], report: Callable[[str, int, dict[str, float]], None], is_stopping: Callable[[], bool]
) -> None:
    output, settings = OutputPaths(tasks[0].output), tasks[0].spec.settings
    with ExitStack() as stack:
        todo = []
        for task in tasks:
            paths = output.run(task.spec.folder_name)
            stack.enter_context(hold_run(paths))
            if not is_stage_finished(paths, "training", task.spec.training_key):
                todo.append((task, paths))
        if len(todo) < 2:
            return
        device = _prepare_device(tasks[0])
        dataset = load_dataset(tasks[0].spec.dataset, data_dir=tasks[0].data_dir, device=device)
        taken = []
        for task, paths in todo:
            with log_to(paths.log):
                taken.append((task, paths, _take_up(task, dataset, paths)))
        (step, count), *_ = Counter(training.step for *_, training in taken).most_common()
        if count < 2:
            return
        alike = [entry for entry in taken if entry[2].step == step]
        pack = Pack([training for *_, training in alike])
        keepers = _KeepAll([_make_keeper(task, paths, is_stopping) for task, paths, _ in alike])

        def progress(step: int, losses: dict[str, float]) -> None:
            for task, *_ in alike:
                report(task.spec.name, step, losses)

        environment = describe_environment(device)
        train_run(settings, dataset, pack, progress, keepers, use_graph=tasks[0].use_graph)
        pack.sync()
        for task, paths, training in alike:
            _record_training(task.spec, environment, paths, training)


@dataclass
class _KeepAll:
    """Keeps the replicas of a pack, each in its own folder."""

    keepers: list[Checkpointer]

    def is_due(self, step: int) -> bool:
        return any(keeper.is_due(step) for keeper in self.keepers)

    def keep(self, pack: Pack) -> None:
        pack.sync()
        stops = []
        for keeper, replica in zip(self.keepers, pack.replicas, strict=True):
            try:
                keeper.keep(replica)
            except Stopped as stop:
                stops.append(stop)
        if stops:
            raise stops[0]


def _train(
    task: Task, dataset: Dataset, paths: RunPaths, report: Report, is_stopping: Callable[[], bool]
) -> dict[str, nn.Module]:
    """From the newest sound checkpoint, or from the first step, to the recorded stage."""
    spec = task.spec
    environment = describe_environment(dataset.train.images.device)
    training = _take_up(task, dataset, paths)
    keeper = _make_keeper(task, paths, is_stopping)

    def progress(step: int, losses: dict[str, float]) -> None:
        report("training", step, losses)

    train_run(spec.settings, dataset, training, progress, keeper, use_graph=task.use_graph)
    _record_training(spec, environment, paths, training)
    return training.objective.modules


def _take_up(task: Task, dataset: Dataset, paths: RunPaths) -> Training:
    spec = task.spec
    begin = partial(begin_training, spec.settings, dataset, spec.seed)
    training, notices = resume_training(paths, spec.training_key, begin)
    for notice in notices:
        logger.warning("%s", notice)
    logger.info("%s: training from step %d on %s", spec.name, training.step, task.device)
    return training


def _make_keeper(task: Task, paths: RunPaths, is_stopping: Callable[[], bool]) -> Checkpointer:
    return Checkpointer(paths, task.spec.training_key, task.checkpoint_seconds, task.checkpoint_steps, is_stopping)


def _record_training(spec: RunSpec, environment: dict[str, Any], paths: RunPaths, trained: Training) -> None:
    shutil.rmtree(paths.images, ignore_errors=True)
    shutil.rmtree(paths.tensorboard, ignore_errors=True)
    write_json(paths.spec, _describe_spec(spec, environment, trained))
    write_text(paths.history, format_history(trained.rows))
    write_bytes(paths.weights, save(collect_weights(trained.objective.modules)))
    files = [paths.spec, paths.history, paths.weights]
    for (step, name), grid in trained.grids.items():
        files.append(paths.grid(name, step))
        write_bytes(files[-1], encode_grid(grid[:, 0].numpy(), GRID_COLUMNS))
    write_tensorboard(paths.tensorboard, trained.rows)
    files += sorted(paths.tensorboard.iterdir())
    record_stage(paths, "training", spec.training_key, files, spec.training_identity)
    for path in paths.list_checkpoints():
        path.unlink(missing_ok=True)


def _describe_spec(spec: RunSpec, environment: dict[str, Any], trained: Training) -> dict[str, Any]:
    return {
        "name": spec.name,
        "key": spec.training_key,
        "settings": spec.settings.model_dump(mode="json"),
        "dataset": spec.dataset,
        "seed": spec.seed,
        "train_seconds": round(trained.train_seconds, 3),
        "trained_together": trained.trained_together,
        "changed_device": trained.changed_device,
        "environment": environment,
        "sources": list_model_sources(spec.settings),
    }


def _evaluate(
    task: Task, modules: dict[str, nn.Module], dataset: Dataset, output: OutputPaths, paths: RunPaths
) -> None:
    spec = task.spec
    use_precision("fp32")  # whatever it was trained in
    result = evaluate_run(
        spec.settings,
        modules,
        _load_samples(paths, dataset.train.images.device) if isinstance(spec.settings, GanSettings) else {},
        dataset,
        spec.seed,
        spec.evaluation,
        output.cache,
        task.inception_weights,
    )
    write_json(paths.evaluation, result.record | {"sources": list_evaluation_sources()})
    files = [paths.evaluation]
    for name, (images, columns) in result.images.items():
        files.append(paths.image(name))
        write_bytes(files[-1], encode_grid(images[:, 0].cpu().numpy(), columns))
    record_stage(paths, "evaluation", spec.evaluation_key, files, spec.evaluation_identity)


def _load_samples(paths: RunPaths, device: torch.device) -> dict[int, torch.Tensor]:
    """The sample grids of training, uint8 [N, 1, 32, 32] by step."""
    steps = paths.list_grid_steps("samples")
    grids = {step: decode_grid(paths.grid("samples", step).read_bytes(), NUM_GRID_IMAGES) for step in steps}
    return {step: torch.from_numpy(grid).to(device)[:, None] for step, grid in grids.items()}


def format_history(rows: list[Row]) -> str:
    """The tidy history as CSV; floats as their shortest exact text."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["step", "metric", "value"])
    writer.writerows((step, metric, repr(value)) for step, metric, value in rows)
    return stream.getvalue()


def collect_weights(modules: dict[str, nn.Module]) -> dict[str, torch.Tensor]:
    """All parameters and buffers as ``<module>.<name>``, on the CPU."""
    return {
        f"{module}.{name}": value.detach().cpu().contiguous()
        for module, network in modules.items()
        for name, value in network.state_dict().items()
    }


def load_modules(settings: Settings, path: Path, device: torch.device) -> dict[str, nn.Module]:
    """The networks of a finished training, from its weights.

    Raises:
        RunError: the file does not hold this model's weights.
    """
    objective = build_objective(settings, device, torch.Generator(device))
    weights = load_file(path, device=str(device))
    for module, network in objective.modules.items():
        own = {name.removeprefix(f"{module}."): w for name, w in weights.items() if name.startswith(f"{module}.")}
        try:
            network.load_state_dict(own)
        except RuntimeError as error:
            raise RunError(f"{path}: not the weights of this model: {' '.join(str(error).split())}") from error
    return objective.modules


def write_tensorboard(folder: Path, rows: list[Row]) -> None:
    """The history once more as TensorBoard events, for those who look at runs there."""
    with SummaryWriter(str(folder)) as writer:
        for step, metric, value in rows:
            writer.add_scalar(metric, value, step)
    for file in folder.iterdir():  # without the host's name, which has no place in what a student hands in
        file.rename(file.with_name(file.name.replace(f".{platform.node()}", "")))


def has_cuda() -> bool:
    """Whether torch can train on an NVIDIA GPU here."""
    return torch.cuda.is_available()


def check_device(name: str) -> None:
    """Check that torch can train there.

    Raises:
        ConfigError: there is no such device.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise ConfigError(f"--device {name}: unknown device; choose from: auto, cpu, cuda:0")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"--device {name}: torch sees {torch.cuda.device_count()} CUDA devices; try --device cpu")


def check_inception(weights: Path) -> None:
    """Load the Inception weights once, so that a wrong file stops the suite before it starts.

    Raises:
        DataError: the file is missing or not the course's weights.
    """
    InceptionDetector(weights, torch.device("cpu"))


def prepare_dataset(name: str, data_dir: Path | None) -> None:
    """Download or unpack a dataset once, before several workers want it.

    Raises:
        DataError: it cannot be had.
    """
    load_dataset(name, data_dir=data_dir)
