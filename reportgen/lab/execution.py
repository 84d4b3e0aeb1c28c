"""Execution of a run in this process: training, evaluation, and all files that they leave."""

from __future__ import annotations

import logging
import platform
import shutil
import struct
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import masked_crc32c
from threadpoolctl import threadpool_limits
from torch import nn

from reportgen.base.errors import ConfigError, ReportgenError, RunError, Stopped
from reportgen.base.files import write_bytes, write_text
from reportgen.lab.data import Dataset, load_dataset
from reportgen.lab.evaluation import evaluate_run
from reportgen.lab.metrics.inception import InceptionDetector
from reportgen.lab.monitoring import Reference, SampleMonitor, Submit, build_reference, compute_now
from reportgen.lab.provenance import describe_environment, list_model_sources
from reportgen.lab.scoring import score_run
from reportgen.lab.tasks import Task
from reportgen.lab.training.checkpoint import DEFAULT_SECONDS, MAX_COST, Checkpointer, resume_training
from reportgen.lab.training.graph import GraphedRounds
from reportgen.lab.training.history import format_history
from reportgen.lab.training.loop import (
    Monitor,
    Row,
    Training,
    TrainingSession,
    begin_training,
    step_eagerly,
    train_run,
    train_sessions,
)
from reportgen.lab.training.objectives import NUM_GRID_IMAGES, use_precision
from reportgen.lab.training.registry import build_objective
from reportgen.store.images import decode_grid, encode_grid
from reportgen.store.locks import hold_run
from reportgen.store.manifest import is_stage_finished, record_stage
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.records import FailureRecord, RunRecord, write_record
from reportgen.store.states import is_inception_finished, is_run_finished
from reportgen.suite.plan import RunSpec
from reportgen.suite.settings import DatasetName, Settings, has_digits

CPU_THREADS_PER_RUN = 1
"""Threads per run on the CPU, independent of ``--jobs``: another number would change the last bits of results."""

SCORING_THREADS = 4
"""Threads that score the samples of runs that train side by side, whose steps on a GPU need not wait for the CPU."""

GRID_COLUMNS = 8

logger = logging.getLogger(__name__)

OnProgress = Callable[[str, int, dict[str, float]], None]
"""Callback that gets the stage, the number of finished steps and the newest losses."""


def execute_run(task: Task, on_progress: OnProgress, is_stopping: Callable[[], bool] = lambda: False) -> None:
    """Train, evaluate and score one run, or only the stages and steps that are missing.

    Args:
        is_stopping: called between two steps; once it returns True, a checkpoint is written and the run stops.

    Raises:
        Stopped: ``is_stopping`` returned True.
        ReportgenError: the run failed; the reason is also in failure.json.
    """
    output = OutputPaths(task.output)
    paths = output.run(task.spec.folder_name)
    with hold_run(paths):
        try:
            with log_to(paths.log):
                _execute(task, output, paths, on_progress, is_stopping)
        except (ConnectionError, Stopped):
            raise  # the suite was interrupted, the run did not fail
        except Exception as error:
            _record_failure(paths, error)
            raise
        paths.failure.unlink(missing_ok=True)


class _RunLog(logging.FileHandler):
    """A log that never makes a run fail: lines that cannot be written are lost."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        pass

    def close(self) -> None:
        with suppress(OSError):
            super().close()


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Append the messages of the block to a run's log, an exception with its traceback."""
    try:
        handler: logging.Handler = _RunLog(path, encoding="utf-8")
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


def _record_failure(paths: RunPaths, error: BaseException) -> None:
    """Write failure.json; the next attempt that succeeds removes it. A full disk has no room for the reason either."""
    with suppress(RunError):
        details = "".join(traceback.format_exception(error))
        write_record(paths.failure, FailureRecord(reason=explain_failure(error), details=details))


def explain_failure(error: BaseException) -> str:
    """Return the reason of a failure in one line, for the summary and the report."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return "the GPU's memory is full; use a smaller batch_size or fewer --jobs"
    text = " ".join(str(error).split())
    return text if isinstance(error, ReportgenError) else f"{type(error).__name__}: {text}"


def _execute(
    task: Task, output: OutputPaths, paths: RunPaths, on_progress: OnProgress, is_stopping: Callable[[], bool]
) -> None:
    spec, device = task.spec, prepare_device(task.device)
    # Another command may have finished a stage while this one waited for its turn.
    if not is_run_finished(paths, spec.training_key, spec.evaluation_key):
        _train_and_evaluate(task, device, output, paths, on_progress, is_stopping)
    if task.inception_weights is not None and not is_inception_finished(paths, spec.inception_key):
        _score_by_inception(task, task.inception_weights, device, output, paths, on_progress)


def _train_and_evaluate(
    task: Task,
    device: torch.device,
    output: OutputPaths,
    paths: RunPaths,
    on_progress: OnProgress,
    is_stopping: Callable[[], bool],
) -> None:
    spec, dataset = task.spec, load_once(task.spec.dataset, task.data_dir, device)
    if is_stage_finished(paths, "training", spec.training_key):
        modules = load_modules(spec.settings, paths.weights, device)
    else:
        modules = _train(task, dataset, paths, on_progress, is_stopping)
    if is_stopping():
        raise Stopped("trained; the same command goes on with the evaluation")
    logger.info("evaluation")
    on_progress("evaluation", spec.settings.num_training_steps, {})
    record_evaluation(spec, paths, modules, dataset, output.cache)


@cache
def load_once(name: str, data_dir: Path | None, device: torch.device) -> Dataset:
    """Return a dataset, loaded once per process and device."""
    return load_dataset(name, data_dir=data_dir, device=device)


def prepare_device(name: str) -> torch.device:
    """Return a device after this process was set up for it, with as many threads as every run has."""
    device = torch.device(name)
    torch.set_num_threads(CPU_THREADS_PER_RUN)
    threadpool_limits(CPU_THREADS_PER_RUN)  # NumPy's BLAS, else every run would start a thread for every core
    if device.type == "cuda":
        torch.cuda.set_device(device.index or 0)  # streams and graphs belong to the current device
    return device


def train_together(
    tasks: Sequence[Task],
    report: Callable[[str, int, dict[str, float]], None],
    release: Callable[[str], None],
    fail: Callable[[str, str], None],
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Train runs side by side up to a checkpoint after the last step; ``execute_run`` then does the rest of each.

    If an error concerns all of them, such as a full GPU, the remaining runs are released to be trained one by one.

    Args:
        report: called with the name of a run, its finished steps and its newest losses.
        release: called with the name of a run that is done here, or that has to go on alone.
        fail: called with the name of a run that failed, and the reason in one line.
        is_stopping: called between two steps; once it returns True, checkpoints are written and all runs stop.

    Raises:
        Stopped: ``is_stopping`` returned True.
    """
    left = {task.spec.name: task for task in tasks}
    try:
        for name, error in _train_together(tasks, report, is_stopping):
            task = left.pop(name)
            if error is None:
                release(name)
                continue
            paths = OutputPaths(task.output).run(task.spec.folder_name)
            with log_to(paths.log):
                logger.error("failed", exc_info=error)
            _record_failure(paths, error)
            fail(name, explain_failure(error))
    except (ConnectionError, Stopped):
        raise
    except Exception as error:
        for name, task in left.items():
            with log_to(OutputPaths(task.output).run(task.spec.folder_name).log):
                logger.warning("training together failed, each goes on alone: %s", explain_failure(error))
            release(name)


def _train_together(
    tasks: Sequence[Task], report: Callable[[str, int, dict[str, float]], None], is_stopping: Callable[[], bool]
) -> Iterator[tuple[str, RunError | None]]:
    """Yield the name of each run as it ends, with its error or None, after its folder was released."""
    output, device = OutputPaths(tasks[0].output), prepare_device(tasks[0].device)
    members: dict[TrainingSession, tuple[str, Checkpointer]] = {}
    with ExitStack() as stack:
        submit = stack.enter_context(ThreadPoolExecutor(SCORING_THREADS)).submit
        holds = {task.spec.name: stack.enter_context(ExitStack()) for task in tasks}
        for task in tasks:
            spec, paths = task.spec, output.run(task.spec.folder_name)
            try:
                holds[spec.name].enter_context(hold_run(paths))
            except RunError:  # another process holds it; executed alone, the run reports that
                yield spec.name, None
                continue
            if is_stage_finished(paths, "training", spec.training_key):
                holds[spec.name].close()
                yield spec.name, None
                continue
            dataset = load_once(spec.dataset, task.data_dir, device)
            try:
                with log_to(paths.log):
                    training = _take_up(task, dataset, paths)
                    checkpointer = _make_checkpointer(task, paths, is_stopping, num_together=len(tasks))
                    checkpointer.begin(training.rows)
            except RunError as error:
                holds[spec.name].close()
                yield spec.name, error
                continue
            monitor = _make_monitor(task, device, partial(_warn, paths.log), submit)
            progress = partial(report, spec.name)
            session = TrainingSession(spec.settings, dataset, training, progress, checkpointer, monitor)
            members[session] = spec.name, checkpointer
        for session in members:
            session.training.trained_together = max(session.training.trained_together, len(members))
        take_round = GraphedRounds() if tasks[0].use_graph else step_eagerly
        for session, failure in train_sessions(list(members), take_round):
            name, checkpointer = members[session]
            outcome = failure or _try_to_write(checkpointer, session.training)
            holds[name].close()
            yield name, outcome


def _warn(log: Path, message: str) -> None:
    with log_to(log):
        logger.warning("%s", message)


def _try_to_write(checkpointer: Checkpointer, training: Training) -> RunError | None:
    """Write a checkpoint; return the error if it cannot be written, since it concerns this run only."""
    try:
        checkpointer.write(training)
    except RunError as error:
        return error
    return None


def _train(
    task: Task, dataset: Dataset, paths: RunPaths, on_progress: OnProgress, is_stopping: Callable[[], bool]
) -> dict[str, nn.Module]:
    """Train from the newest sound checkpoint, or from the start, to the end; record the stage; return the networks."""
    spec = task.spec
    training = _take_up(task, dataset, paths)
    checkpointer = _make_checkpointer(task, paths, is_stopping)
    checkpointer.begin(training.rows)
    monitor = _make_monitor(task, dataset.train.images.device, logger.warning)
    progress = partial(on_progress, "training")
    session = TrainingSession(spec.settings, dataset, training, progress, checkpointer, monitor)
    train_run(session, GraphedRounds() if task.use_graph else step_eagerly)
    modules = training.objective.modules
    record_training(spec, paths, _describe_training(spec, training), training.rows, training.grids, modules)
    for path in paths.list_checkpoints():
        path.unlink(missing_ok=True)
    return modules


def _take_up(task: Task, dataset: Dataset, paths: RunPaths) -> Training:
    spec = task.spec
    if spec.settings.imported is not None:
        raise RunError("it was trained elsewhere and its files are not here; run 'reportgen import FOLDER' again")
    begin = partial(begin_training, spec.settings, dataset, spec.seed)
    training, notices = resume_training(paths, spec.training_key, begin)
    for notice in notices:
        logger.warning("%s", notice)
    logger.info("%s: training from step %d on %s", spec.name, training.step, task.device)
    if not (training.environment and training.is_over):
        began, now = training.environment, describe_environment(dataset.train.images.device)
        training.environment = now.model_copy(update={"started_at": began.started_at}) if began else now
    return training


def _make_checkpointer(
    task: Task, paths: RunPaths, is_stopping: Callable[[], bool], num_together: int = 1
) -> Checkpointer:
    return Checkpointer(
        paths,
        task.spec.training_key,
        DEFAULT_SECONDS if task.checkpoint_seconds is None else task.checkpoint_seconds,
        task.checkpoint_steps,
        is_stopping,
        max_cost=MAX_COST / num_together,
    )


def _make_monitor(
    task: Task, device: torch.device, warn: Callable[[str], None], submit: Submit = compute_now
) -> Monitor | None:
    """Return the monitor of a run; None, after a warning, if there is nothing that samples can be compared with."""
    spec = task.spec
    try:
        reference = load_reference(spec.dataset, task.data_dir, device, spec.evaluation["fid_num_images"], task.output)
    except Exception as error:  # an observer ends no training
        warn(f"samples are not scored during training: {explain_failure(error)}")
        return None
    return SampleMonitor(spec.settings, spec.seed, reference, warn, submit)


@cache
def load_reference(
    name: DatasetName, data_dir: Path | None, device: torch.device, num_images: int, output: Path
) -> Reference:
    """Return what samples during training are compared with, built once per process and device."""
    dataset = load_once(name, data_dir, device)
    return build_reference(dataset, num_images, OutputPaths(output).cache, has_digits=has_digits(name))


def record_training(
    spec: RunSpec,
    paths: RunPaths,
    record: RunRecord,
    rows: Sequence[Row],
    grids: Mapping[tuple[int, str], torch.Tensor],
    modules: dict[str, nn.Module],
) -> None:
    """Write all that a training leaves, and then its stage in the manifest.

    Args:
        rows: the history.
        grids: step and name -> images, uint8 [N, 1, 32, 32].

    Raises:
        RunError: a file cannot be written.
    """
    shutil.rmtree(paths.images, ignore_errors=True)
    shutil.rmtree(paths.tensorboard, ignore_errors=True)
    write_record(paths.spec, record)
    write_text(paths.history, format_history(rows))
    write_bytes(paths.weights, save(collect_weights(modules)))
    files = [paths.spec, paths.history, paths.weights]
    for (step, name), grid in grids.items():
        files.append(paths.grid(name, step))
        write_bytes(files[-1], encode_grid(grid[:, 0].numpy(), GRID_COLUMNS))
    write_bytes(paths.events, format_events(rows))
    record_stage(paths, "training", spec.training_key, files, spec.training_identity)


def _describe_training(spec: RunSpec, trained: Training) -> RunRecord:
    assert trained.environment is not None, "it was described before the first step"
    return RunRecord(
        name=spec.name,
        key=spec.training_key,
        settings=spec.settings,
        dataset=spec.dataset,
        seed=spec.seed,
        train_seconds=round(trained.train_seconds, 3),
        step_processor_seconds=_average_step(trained),
        trained_together=trained.trained_together,
        changed_device=trained.changed_device,
        environment=trained.environment,
        sources=list_model_sources(spec.settings),
    )


def _average_step(trained: Training) -> float | None:
    return None if trained.processor_seconds is None else round(trained.processor_seconds / trained.num_steps, 6)


def record_evaluation(
    spec: RunSpec, paths: RunPaths, modules: dict[str, nn.Module], dataset: Dataset, cache: Path
) -> None:
    """Measure a trained run, write what that leaves, and then its stage in the manifest.

    Raises:
        RunError: the model draws no images, or a file cannot be written.
    """
    use_precision("fp32")  # for all runs, also those trained in another precision
    result = evaluate_run(
        spec.settings,
        modules,
        _load_samples(paths, dataset.train.images.device) if spec.settings.COUNTS_DIGITS_DURING_TRAINING else {},
        dataset,
        spec.seed,
        spec.evaluation,
        cache,
    )
    write_record(paths.evaluation, result.record)
    files = [paths.evaluation]
    for name, (images, columns) in result.images.items():
        files.append(paths.image(name))
        write_bytes(files[-1], encode_grid(images[:, 0].cpu().numpy(), columns))
    if result.latents is not None:
        files.append(paths.latents)
        write_text(paths.latents, format_latents(result.latents))
    record_stage(paths, "evaluation", spec.evaluation_key, files, spec.evaluation_identity)


def _score_by_inception(
    task: Task, weights: Path, device: torch.device, output: OutputPaths, paths: RunPaths, on_progress: OnProgress
) -> None:
    spec = task.spec
    assert spec.inception_key is not None, "the suite forbids Inception scores"
    logger.info("Inception scores")
    on_progress("inception", 0, {})
    use_precision("fp32")
    record = score_run(
        spec.settings,
        load_modules(spec.settings, paths.weights, device),
        load_once(spec.dataset, task.data_dir, device),
        spec.seed,
        spec.evaluation["fid_num_images"],
        _load_inception(weights, device),
        output.cache,
        lambda count: on_progress("inception", count, {}),
    )
    write_record(paths.inception, record)
    record_stage(paths, "inception", spec.inception_key, [paths.inception], spec.inception_identity)


@cache
def _load_inception(weights: Path, device: torch.device) -> InceptionDetector:
    """Return the detector, loaded once per process and device."""
    return InceptionDetector(weights, device)


def _load_samples(paths: RunPaths, device: torch.device) -> dict[int, torch.Tensor]:
    """Read the sample grids of training; uint8 [N, 1, 32, 32] by step."""
    steps = paths.list_grid_steps("samples")
    grids = {step: decode_grid(paths.grid("samples", step).read_bytes(), NUM_GRID_IMAGES) for step in steps}
    return {step: torch.from_numpy(grid).to(device)[:, None] for step, grid in grids.items()}


def format_latents(rows: list[tuple[float, ...]]) -> str:
    """Format classes and coordinates of latents, one or more rows, as CSV with a header."""
    header = ["label", *(f"axis{number}" for number in range(1, len(rows[0])))]
    return "".join(",".join(map(str, row)) + "\n" for row in (header, *rows))


def format_events(rows: Sequence[Row]) -> bytes:
    """Format the history as an event file of TensorBoard.

    A record of that format is the length of an event, a checksum of the length, the event, a checksum of the event.
    """
    now = time.time()  # for all events: the history has no times
    events = [Event(wall_time=now, file_version="brain.Event:2")]
    for step, metric, value in rows:
        scalar = Summary.Value(tag=metric, simple_value=value)
        events.append(Event(wall_time=now, step=step, summary=Summary(value=[scalar])))
    return b"".join(map(_frame_event, events))


def _frame_event(event: Event) -> bytes:
    content = event.SerializeToString()
    length = struct.pack("<Q", len(content))
    return b"".join(
        (length, struct.pack("<I", masked_crc32c(length)), content, struct.pack("<I", masked_crc32c(content)))
    )


def collect_weights(modules: dict[str, nn.Module]) -> dict[str, torch.Tensor]:
    """Return all parameters and buffers on the CPU, by the name ``<module>.<name>``."""
    return {
        f"{module}.{name}": value.detach().cpu().contiguous()
        for module, network in modules.items()
        for name, value in network.state_dict().items()
    }


def load_modules(settings: Settings, path: Path, device: torch.device) -> dict[str, nn.Module]:
    """Build the networks of a model and load the weights of a finished training.

    Raises:
        RunError: the file does not hold the weights of this model.
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


def has_cuda() -> bool:
    """Return whether torch can use an NVIDIA GPU on this machine."""
    return torch.cuda.is_available()


def emulates_bf16() -> bool:
    """Return whether this processor lacks bfloat16 arithmetic, which then takes several times as long as float32."""
    is_x86 = platform.machine() in ("x86_64", "AMD64")
    return is_x86 and not torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def check_device(name: str) -> None:
    """Check that torch can train on a device.

    Raises:
        ConfigError: the name is not one of torch's, or torch does not see the device.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise ConfigError(f"--device {name}: unknown device; choose from: auto, cpu, cuda:0")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"--device {name}: torch sees {torch.cuda.device_count()} CUDA devices; try --device cpu")


def prepare_dataset(name: str, data_dir: Path | None) -> None:
    """Download or unpack a dataset, before several workers need it at once.

    Raises:
        DataError: the dataset can be neither read nor downloaded.
    """
    load_dataset(name, data_dir=data_dir)
