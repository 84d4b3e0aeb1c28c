"""A training kept on disk between two steps, so that it goes on to the same bits.

A checkpoint is one file: the SHA-256 of what follows, a line break, what ``torch.save`` wrote. Two generations are
kept; a damaged one is passed over for the one before it.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from reportgen.base.errors import RunError, Stopped
from reportgen.base.files import write_bytes
from reportgen.lab.training.loop import Training
from reportgen.store.paths import RunPaths

DEFAULT_SECONDS = 30.0
MAX_COST = 0.01
"""Writing takes about this share of the time: after a slow write the next one waits for longer."""

MAX_SECONDS = 300.0
"""However dear a checkpoint is, no more than this is lost."""

NUM_CHECKPOINTS = 2


@dataclass
class Checkpointer:
    """Keeps a training every ``seconds`` or ``steps``, and once more when it is asked to stop.

    ``key`` is the run's training key: another run's checkpoint is never taken up.
    """

    paths: RunPaths
    key: str
    seconds: float = DEFAULT_SECONDS
    steps: int | None = None
    is_stopping: Callable[[], bool] = lambda: False
    max_cost: float = MAX_COST
    _next: float = field(init=False)

    def __post_init__(self) -> None:
        self._next = time.monotonic() + self.seconds

    def is_due(self, step: int) -> bool:
        by_step = self.steps is not None and step % self.steps == 0
        return by_step or self.is_stopping() or time.monotonic() >= self._next

    def save(self, training: Training) -> None:
        """Write a generation and remove the oldest.

        Raises:
            Stopped: the run was asked to stop; all of it is on disk now.
        """
        self.write(training)
        if self.is_stopping():
            raise Stopped(f"stopped after step {training.step}; the same command goes on from there")

    def write(self, training: Training) -> None:
        """The same, whatever was asked."""
        wait_for_device(training.generator.device)  # whose work is no part of what writing costs
        start = time.monotonic()
        write_bytes(self.paths.checkpoint(training.step), pack_state({"key": self.key, **training.take_state()}))
        self.paths.thin_checkpoints(training.step, NUM_CHECKPOINTS)
        now = time.monotonic()
        self._next = now + max(self.seconds, min((now - start) / self.max_cost, MAX_SECONDS))


def wait_for_device(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def pack_state(state: dict[str, Any]) -> bytes:
    """A state as the bytes of a checkpoint file."""
    stream = io.BytesIO()
    torch.save(state, stream)
    content = stream.getvalue()
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def unpack_state(content: bytes) -> dict[str, Any]:
    """And back; nothing in the file is executed.

    Raises:
        ValueError: the checksum does not hold.
        pickle.UnpicklingError: the file holds more than tensors and plain values.
    """
    checksum, _, body = content.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        raise ValueError("its checksum does not hold")
    state = torch.load(io.BytesIO(body), map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise ValueError("it holds no state")
    return state


def resume_training(paths: RunPaths, key: str, begin: Callable[[], Training]) -> tuple[Training, list[str]]:
    """The training as its newest sound checkpoint has it, else from its first step.

    Args:
        begin: gives a training before its first step.

    Returns:
        The training, and a line for every checkpoint that could not be used.

    Raises:
        RunError: a checkpoint cannot be read at the moment.
        MemoryError, torch.OutOfMemoryError: there is no room for it at the moment.
    """
    notices = []
    for path in paths.list_checkpoints():
        training = begin()
        try:
            state = unpack_state(path.read_bytes())
            if state["key"] != key:
                raise ValueError("it is of another run")
            if not training.restore_state(state):
                notices.append(f"{path.name}: kept on another kind of device: goes on with other random numbers")
        except (MemoryError, torch.OutOfMemoryError):
            raise  # it says nothing of the file: an older one would be no better, and this one would be lost
        except OSError as error:
            raise RunError(f"{path}: cannot be read ({error.strerror}); run the same command again") from error
        except Exception as error:  # whatever is in the file, the run starts over rather than fail
            notices.append(f"{path.name}: passed over: {' '.join(str(error).split())[:200]}")
            continue
        return training, notices
    return begin(), notices
