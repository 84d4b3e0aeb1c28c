"""Checkpoints of a training, from which it resumes bit for bit.

A checkpoint is one file: the hexadecimal SHA-256 of the body, a line break, and the body written by ``torch.save``.
The newest two are kept; a damaged one is skipped in favour of the one before it.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from reportgen.base.errors import RunError, Stopped
from reportgen.base.files import write_bytes
from reportgen.lab.training.history import HistoryFile
from reportgen.lab.training.loop import Row, Training
from reportgen.store.paths import RunPaths

DEFAULT_SECONDS = 30.0
MAX_COST = 0.01
"""Largest share of the wall time that checkpoints may take: after a slow write the next one is put off."""

MAX_SECONDS = 300.0
"""Longest time between two checkpoints, however slow they are to write."""

NUM_CHECKPOINTS = 2


@dataclass
class Checkpointer:
    """Writer of checkpoints every ``seconds`` or ``steps``, and once more when the run is asked to stop.

    With each of them the history is appended to, so that it can be followed; nothing is ever resumed from it.
    Every checkpoint carries the run's training ``key``, so that a run never resumes from another run's checkpoint.
    """

    paths: RunPaths
    key: str
    seconds: float = DEFAULT_SECONDS
    steps: int | None = None
    is_stopping: Callable[[], bool] = lambda: False
    max_cost: float = MAX_COST
    _next: float = field(init=False)
    _history: HistoryFile = field(init=False)

    def __post_init__(self) -> None:
        self._next = time.monotonic() + self.seconds
        self._history = HistoryFile(self.paths.history)

    def begin(self, rows: Sequence[Row]) -> None:
        """Write the history as the checkpoint has it from which the training resumes, or without any row.

        Raises:
            RunError: the history cannot be written.
        """
        self._history.update(rows)

    def is_due(self, step: int) -> bool:
        """Return whether a checkpoint is to be written after ``step`` finished steps."""
        by_step = self.steps is not None and step % self.steps == 0
        return by_step or self.is_stopping() or time.monotonic() >= self._next

    def save(self, training: Training) -> None:
        """Write a checkpoint and remove outdated ones.

        Raises:
            Stopped: the run was asked to stop; its state is on disk.
            RunError: the checkpoint or the history cannot be written.
        """
        self.write(training)
        if self.is_stopping():
            raise Stopped(f"stopped after step {training.step}; run the same command again to resume")

    def write(self, training: Training) -> None:
        """Write a checkpoint and remove outdated ones, without stopping.

        Raises:
            RunError: the checkpoint or the history cannot be written.
        """
        wait_for_device(training.generator.device)  # its pending work must not count as time spent writing
        start = time.monotonic()
        write_bytes(self.paths.checkpoint(training.step), pack_state({"key": self.key, **training.take_state()}))
        self.paths.thin_checkpoints(training.step, NUM_CHECKPOINTS)
        self._history.update(training.rows)
        now = time.monotonic()
        self._next = now + max(self.seconds, min((now - start) / self.max_cost, MAX_SECONDS))


def wait_for_device(device: torch.device) -> None:
    """Block until a GPU has finished its queued work; return at once on the CPU."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def pack_state(state: dict[str, Any]) -> bytes:
    """Serialise a state as the content of a checkpoint file."""
    stream = io.BytesIO()
    torch.save(state, stream)
    content = stream.getvalue()
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def unpack_state(content: bytes) -> dict[str, Any]:
    """Read a state from the content of a checkpoint file without executing anything in it.

    Raises:
        ValueError: the checksum is wrong, or the body is not a state.
        pickle.UnpicklingError: the file contains more than tensors and plain values.
    """
    checksum, _, body = content.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        raise ValueError("its checksum does not hold")
    state = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise ValueError("it holds no state")
    return state


def resume_training(paths: RunPaths, key: str, begin: Callable[[], Training]) -> tuple[Training, list[str]]:
    """Resume a training from its newest intact checkpoint, or begin it if there is none.

    Args:
        begin: returns a training before its first step.

    Returns:
        The training, and one notice for every checkpoint that could not be used exactly as it is.

    Raises:
        RunError: a checkpoint exists but cannot be read at the moment.
        MemoryError, torch.OutOfMemoryError: there is not enough memory to load a checkpoint at the moment.
    """
    notices = []
    for path in paths.list_checkpoints():
        training = begin()
        try:
            state = unpack_state(path.read_bytes())
            if state["key"] != key:
                raise ValueError("it is of another run")
            if not training.restore_state(state):
                notices.append(f"{path.name}: written on another kind of device: resumes with other random numbers")
        except (MemoryError, torch.OutOfMemoryError):
            raise  # not the file's fault: an older checkpoint would fare no better, and falling back would lose steps
        except OSError as error:
            raise RunError(f"{path}: cannot be read ({error.strerror}); run the same command again") from error
        except Exception as error:  # whatever is in the file, the run starts over rather than fail
            notices.append(f"{path.name}: passed over: {' '.join(str(error).split())[:200]}")
            continue
        return training, notices
    return begin(), notices
