"""What a run leaves on disk, and the only place that knows file names.

    output/
      suite.json                  the resolved suite that was run last; what a report is rendered from
      runs/<name>-<key>/
        spec.json                 the resolved spec, the environment, the source of what ran
        history.csv               tidy: step, metric, value
        weights.safetensors
        evaluation.json           scores, digit counts, interpolation ends, each with what it rests on
        images/*.png              grids of 32x32 images
        tensorboard/              the history as TensorBoard events
        manifest.json             written last: the finished stages, with the SHA-256 of each of their files
        run.log                   when it was started, taken up again, stopped, and why it failed
        failure.json              why the last attempt failed; gone once a later one succeeds
        checkpoint-<step>.pt      a training to go on with, two generations; gone once it is finished
      cache/                      what can be computed again: real features, figures, what was rendered from what
      report.<lang>.<format>

A stage is finished when the manifest lists it under its key and its files have those checksums. No status flag exists.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from reportgen.config import Suite
from reportgen.errors import RunError
from reportgen.files import explain_unwritable, take_sha256, write_json

FORMAT_VERSION = 1
"""Of everything under ``output``. History: 1, the first."""

Stage = Literal["training", "evaluation"]
State = Literal["finished", "running", "failed", "trained", "interrupted", "missing"]


@dataclass(frozen=True)
class RunPaths:
    """The file names of one run."""

    folder: Path

    @property
    def spec(self) -> Path:
        return self.folder / "spec.json"

    @property
    def history(self) -> Path:
        return self.folder / "history.csv"

    @property
    def weights(self) -> Path:
        return self.folder / "weights.safetensors"

    @property
    def evaluation(self) -> Path:
        return self.folder / "evaluation.json"

    @property
    def images(self) -> Path:
        return self.folder / "images"

    @property
    def tensorboard(self) -> Path:
        return self.folder / "tensorboard"

    @property
    def events(self) -> Path:
        """TensorBoard finds it by its name; ``history.csv`` has the same values, so no stage depends on it."""
        return self.tensorboard / "events.out.tfevents.reportgen"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def failure(self) -> Path:
        return self.folder / "failure.json"

    @property
    def lock(self) -> Path:
        return self.folder.parent / f".{self.folder.name}.lock"

    @property
    def log(self) -> Path:
        return self.folder / "run.log"

    @property
    def holder(self) -> Path:
        """Who works on it: believed only while the lock is held."""
        return self.folder.parent / f".{self.folder.name}.holder.json"

    def image(self, name: str) -> Path:
        return self.images / f"{name}.png"

    def grid(self, name: str, step: int) -> Path:
        """The grid of images that training drew at a step."""
        return self.image(f"{name}-{step:06d}")

    def list_grid_steps(self, name: str) -> list[int]:
        """The steps at which training drew this grid, ascending."""
        return sorted(int(path.stem.rpartition("-")[2]) for path in self.images.glob(f"{name}-*.png"))

    def checkpoint(self, step: int) -> Path:
        return self.folder / f"checkpoint-{step:09d}.pt"

    def list_checkpoints(self) -> list[Path]:
        """The newest first."""
        paths = self.folder.glob("checkpoint-*.pt")
        return sorted((path for path in paths if path.stem.removeprefix("checkpoint-").isdecimal()), reverse=True)

    def find_checkpointed_step(self) -> int:
        """The step of the newest checkpoint; 0 if there is none."""
        return max(map(_read_step, self.list_checkpoints()), default=0)

    def thin_checkpoints(self, step: int, num_kept: int) -> None:
        """Keep the newest ones up to the step just kept; what claims to be newer was not fit to go on from."""
        up_to_now = [path for path in self.list_checkpoints() if _read_step(path) <= step]
        for path in set(self.list_checkpoints()) - set(up_to_now[:num_kept]):
            path.unlink(missing_ok=True)


def _read_step(checkpoint: Path) -> int:
    return int(checkpoint.stem.removeprefix("checkpoint-"))


@dataclass(frozen=True)
class OutputPaths:
    """The file names of one output folder."""

    root: Path

    @property
    def suite(self) -> Path:
        return self.root / "suite.json"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def run(self, folder_name: str) -> RunPaths:
        return RunPaths(self.runs / folder_name)

    @property
    def figures(self) -> Path:
        return self.cache / "figures"

    @property
    def rendered(self) -> Path:
        """What the reports that are there were made from."""
        return self.cache / "rendered.json"

    def report(self, language: str, extension: str) -> Path:
        return self.root / f"report.{language}.{extension}"

    def report_assets(self, language: str) -> Path:
        """The folder of pictures beside a Markdown report."""
        return self.root / f"report.{language}.files"


def read_json(path: Path) -> Any:
    """Raises RunError if the file is missing or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{path}: cannot be read ({error}); run 'reportgen run' again") from error


# ---- the manifest ---------------------------------------------------------------------------------------------------


def record_stage(
    paths: RunPaths, stage: Stage, key: str, files: list[Path], identity: Mapping[str, Any] | None = None
) -> None:
    """Say in the manifest that a stage is finished; call it when all of the stage's files are written.

    Args:
        identity: what the key was made from, so that a later change can be named.
    """
    checksums = {file.relative_to(paths.folder).as_posix(): take_sha256(file) for file in sorted(files)}
    entry = {"key": key, "identity": dict(identity or {}), "files": checksums}
    write_json(paths.manifest, {"format": FORMAT_VERSION, "stages": _read_stages(paths) | {stage: entry}})


def is_stage_finished(paths: RunPaths, stage: Stage, key: str, *, check_files: bool = True) -> bool:
    """Whether the manifest lists the stage under this key and, with ``check_files``, all its checksums hold."""
    entry = _read_stages(paths).get(stage)
    if entry is None or entry["key"] != key:
        return False
    return not check_files or all(_matches(paths.folder / name, sha256) for name, sha256 in entry["files"].items())


def read_identity(paths: RunPaths, stage: Stage) -> dict[str, Any] | None:
    """What the key of a recorded stage was made from; None if the stage is not there or did not say."""
    return _read_stages(paths).get(stage, {}).get("identity") or None


def _matches(path: Path, sha256: str) -> bool:
    return path.is_file() and take_sha256(path) == sha256


def _read_stages(paths: RunPaths) -> dict[str, dict[str, Any]]:
    """The stages that the manifest lists; one that is damaged counts as not there.

    Raises:
        RunError: a newer program wrote it.
    """
    try:
        manifest = json.loads(paths.manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    match manifest:
        case {"format": int(), "stages": dict(stages)}:
            _check_format(paths.manifest, manifest)
            return {name: entry for name, entry in stages.items() if _is_entry(entry)}
    return {}


def _is_entry(entry: Any) -> bool:
    match entry:
        case {"key": str(), "files": dict(files)}:
            return isinstance(entry.get("identity", {}), dict) and all(isinstance(v, str) for v in files.values())
    return False


def _check_format(path: Path, content: Mapping[str, Any]) -> None:
    """Raises RunError if a newer program wrote this."""
    if content["format"] > FORMAT_VERSION:
        raise RunError(
            f"{path}: format {content['format']} is newer than this program's {FORMAT_VERSION}; "
            "update reportgen or choose another --output"
        )


# ---- states and locks -----------------------------------------------------------------------------------------------


def is_run_finished(paths: RunPaths, training_key: str, evaluation_key: str, *, check_files: bool = True) -> bool:
    """Whether both stages are finished under these keys."""
    return is_stage_finished(paths, "evaluation", evaluation_key, check_files=check_files) and is_stage_finished(
        paths, "training", training_key, check_files=check_files
    )


def find_state(paths: RunPaths, training_key: str, evaluation_key: str, *, check_files: bool = False) -> State:
    """Derive a run's state from its files: nothing is stored that could lie."""
    if is_run_finished(paths, training_key, evaluation_key, check_files=check_files):
        return "finished"
    if is_held(paths):
        return "running"
    if paths.failure.exists():
        return "failed"
    if is_stage_finished(paths, "training", training_key, check_files=check_files):
        return "trained"
    return "interrupted" if paths.list_checkpoints() else "missing"


SECONDS_TO_LOOK = 1.0
"""Who only looks whether a run is held holds it for a moment."""


@contextmanager
def hold_run(paths: RunPaths) -> Iterator[None]:
    """Hold a run's lock while working on it; the operating system lets go of it when the process ends.

    Raises:
        RunError: another process holds it, or its folder cannot be written to.
    """
    lock = FileLock(paths.lock)
    try:
        paths.folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=SECONDS_TO_LOOK)
    except Timeout:
        raise RunError(f"{paths.folder.name}: another process is working on it ({describe_holder(paths)})") from None
    except OSError as error:
        raise explain_unwritable(paths.folder, error) from error
    try:
        write_json(paths.holder, {"pid": os.getpid(), "host": platform.node()})
        yield
    finally:
        lock.release()


def describe_holder(paths: RunPaths) -> str:
    """The process that holds a run's lock, as far as it is known."""
    try:
        holder = json.loads(paths.holder.read_text(encoding="utf-8"))
        return f"PID {holder['pid']} on {holder['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "PID unknown"


def is_held(paths: RunPaths) -> bool:
    """Whether a process works on the run."""
    if not paths.lock.exists():
        return False
    try:
        with FileLock(paths.lock).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # another user's folder: its lock can be neither taken nor asked for
        return False


# ---- the suite ------------------------------------------------------------------------------------------------------


def write_suite(paths: OutputPaths, suite: Suite, source: Path) -> None:
    """Record which suite was run last, and the checksum of the file it came from."""
    content = {
        "format": FORMAT_VERSION,
        "source": str(source.resolve()),
        "source_sha256": take_sha256(source),
        "source_text": source.read_text(encoding="utf-8-sig"),
        "suite": suite.model_dump(mode="json"),
    }
    write_json(paths.suite, content)


@dataclass(frozen=True)
class RecordedSuite:
    """The suite of an output folder and the text it came from."""

    suite: Suite
    source: Path
    source_text: str
    source_changed: bool
    """The file on disk is not the one that was run; its new texts and runs need ``reportgen run`` first."""


def _has_changed(source: Path, sha256: str) -> bool:
    try:
        return source.is_file() and take_sha256(source) != sha256
    except OSError:  # in a folder that is another user's own
        return False


def read_suite(paths: OutputPaths) -> RecordedSuite:
    """Raises RunError if nothing was run into this folder yet."""
    if not paths.suite.exists():
        raise RunError(f"{paths.root}: nothing was run into this folder yet; run: reportgen run experiments.yaml")
    content = read_json(paths.suite)
    try:
        _check_format(paths.suite, content)
        source = Path(os.fsdecode(content["source"].encode("utf-8")))
        changed = _has_changed(source, content["source_sha256"])
        return RecordedSuite(Suite.model_validate(content["suite"]), source, content["source_text"], changed)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RunError(f"{paths.suite}: cannot be used ({reason}); run 'reportgen run' again") from error


def read_failure(paths: RunPaths) -> str:
    """Why the last attempt failed, in one line; empty if it did not."""
    if not paths.failure.exists():
        return ""
    content = read_json(paths.failure)
    return str(content.get("reason", "unknown")) if isinstance(content, dict) else "unknown"
