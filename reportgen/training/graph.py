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

from reportgen.training.loop import Course, Read, step_eagerly
from reportgen.training.objectives import Scalars

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
    """Takes rounds: the first ones as they are written, then one replay each; captured anew when a course has ended."""

    def __init__(self, capture: Capture = capture_on_device) -> None:
        self.capture = capture
        self.num_eager = 0
        self.replay: _Replay | None = None

    def __call__(self, courses: Sequence[Course]) -> list[Read]:
        if self.num_eager < NUM_EAGER:
            self.num_eager += 1
            for course in courses:
                _let_capture(course)
            with _aside(courses[0].device):
                return step_eagerly(courses)
        if self.replay is None or self.replay.courses != list(courses):
            self.replay = None  # its memory is free before the next is captured
            self.replay = _Replay(courses, self.capture)
        return self.replay()


class _Replay:
    """A captured round of certain courses."""

    def __init__(self, courses: Sequence[Course], capture: Capture) -> None:
        self.courses = list(courses)
        self.indices = [
            torch.zeros(course.settings.batch_size, dtype=torch.int64, device=course.device) for course in courses
        ]
        self.names: dict[int, list[str]] = {}
        computes = [partial(self._compute, index) for index in range(len(courses))]
        self.replay = capture(computes, [course.training.generator for course in courses])

    def __call__(self) -> list[Read]:
        for course, indices in zip(self.courses, self.indices, strict=True):
            indices.copy_(course.draw_batch())
        return [partial(self._read, index, scalars) for index, scalars in enumerate(self.replay())]

    def _compute(self, index: int) -> torch.Tensor:
        scalars = self.courses[index].update(self.indices[index])
        self.names[index] = list(scalars)
        return torch.stack(list(scalars.values()))

    def _read(self, index: int, scalars: torch.Tensor) -> Scalars:
        # A copy: the next replay writes into the same place, and a logged loss is fetched later.
        return dict(zip(self.names[index], scalars.clone().unbind(), strict=True))


def _let_capture(course: Course) -> None:
    """Tell a course's optimisers that their steps on a GPU will be captured."""
    for optimiser in course.training.objective.optimisers.values():
        for group in optimiser.param_groups:
            group["capturable"] = course.device.type == "cuda"


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
