"""A step of several trainings as one CUDA graph: their kernels are launched as one and run side by side.

A small network's kernels leave most of a GPU idle, and launching them takes the CPU longer than they take the GPU. In a
graph they cost one launch, and the steps of several trainings are branches of it that share the device. Written after
PyTorch's notes on CUDA graphs; what a step computes is what it computes without one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch

from reportgen.lab.training.loop import Read, TrainingSession, step_eagerly
from reportgen.lab.training.objectives import Scalars

NUM_EAGER = 3
"""Rounds taken before the first capture: libraries choose their kernels, optimisers make their state."""

Compute = Callable[[], torch.Tensor]
Capture = Callable[[Sequence[Compute], Sequence[torch.Generator]], Callable[[], Sequence[torch.Tensor]]]
"""Records what functions do, without doing it; the result does it and returns the same tensors every time."""


def capture_on_device(
    computes: Sequence[Compute], generators: Sequence[torch.Generator]
) -> Callable[[], Sequence[torch.Tensor]]:
    """``Capture`` as a CUDA graph, a branch for each function.

    Args:
        generators: those that the functions draw from, besides the global one.
    """
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    outputs = []
    torch.cuda.empty_cache()  # what an earlier graph held
    with torch.cuda.graph(graph):
        trunk = torch.cuda.current_stream()
        begin = trunk.record_event()  # one for all: streams come from a pool, and a branch may be given the trunk's own
        branches = [torch.cuda.Stream() for _ in computes]
        for compute, branch in zip(computes, branches, strict=True):
            branch.wait_event(begin)
            with torch.cuda.stream(branch):
                outputs.append(compute())
        for branch in branches:
            trunk.wait_stream(branch)

    def replay() -> Sequence[torch.Tensor]:
        graph.replay()
        return outputs

    return replay


class GraphedRounds:
    """Take rounds: the first ones eagerly, then one replay each; captured anew when a session has ended."""

    def __init__(self, capture: Capture = capture_on_device) -> None:
        self.capture = capture
        self.num_eager = 0
        self.replay: _Replay | None = None

    def __call__(self, sessions: Sequence[TrainingSession]) -> list[Read]:
        if self.num_eager < NUM_EAGER:
            self.num_eager += 1
            for session in sessions:
                _let_capture(session)
            with _aside(sessions[0].device):
                return step_eagerly(sessions)
        if self.replay is None or self.replay.sessions != list(sessions):
            self.replay = None  # its memory is free before the next is captured
            self.replay = _Replay(sessions, self.capture)
        return self.replay()


class _Replay:
    """A captured round of certain sessions."""

    def __init__(self, sessions: Sequence[TrainingSession], capture: Capture) -> None:
        self.sessions = list(sessions)
        self.indices = [
            torch.zeros(session.settings.batch_size, dtype=torch.int64, device=session.device) for session in sessions
        ]
        self.names: dict[int, list[str]] = {}
        computes = [partial(self._compute, index) for index in range(len(sessions))]
        self.replay = capture(computes, [session.training.generator for session in sessions])

    def __call__(self) -> list[Read]:
        for session, indices in zip(self.sessions, self.indices, strict=True):
            indices.copy_(session.draw_batch())
        return [partial(self._read, index, scalars) for index, scalars in enumerate(self.replay())]

    def _compute(self, index: int) -> torch.Tensor:
        scalars = self.sessions[index].update(self.indices[index])
        self.names[index] = list(scalars)
        return torch.stack(list(scalars.values()))

    def _read(self, index: int, scalars: torch.Tensor) -> Scalars:
        # A copy: the next replay writes into the same place, and a logged loss is fetched later.
        return dict(zip(self.names[index], scalars.clone().unbind(), strict=True))


def _let_capture(session: TrainingSession) -> None:
    """Tell a session's optimisers that their steps on a GPU will be captured."""
    for optimiser in session.training.objective.optimisers.values():
        for group in optimiser.param_groups:
            group["capturable"] = session.device.type == "cuda"


@contextmanager
def _aside(device: torch.device) -> Iterator[None]:
    """Where steps before a capture belong: what they leave behind must not wait for the default stream."""
    if device.type != "cuda":
        yield
        return
    stream = torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(stream), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")
        yield
    torch.cuda.current_stream(device).wait_stream(stream)
