"""One step of several trainings as a single CUDA graph, whose branches share the GPU.

The kernels of a small network leave most of a GPU idle, and the CPU takes longer to launch them than the GPU to run
them. A CUDA graph costs one launch for all of them, and the steps of several trainings become parallel branches of it.
The capture follows PyTorch's notes on CUDA graphs; a step computes exactly what it computes without a graph.
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
"""Number of rounds before the first capture, in which libraries choose kernels and optimisers allocate state."""

Compute = Callable[[], torch.Tensor]
Capture = Callable[[Sequence[Compute], Sequence[torch.Generator]], Callable[[], Sequence[torch.Tensor]]]
"""Function that records the work of others without doing it.

It returns a function that replays that work and returns its output tensors, which are overwritten by every replay.
"""


def capture_on_device(
    computes: Sequence[Compute], generators: Sequence[torch.Generator]
) -> Callable[[], Sequence[torch.Tensor]]:
    """Capture functions as one CUDA graph with a branch for each; return the function that replays it.

    Args:
        generators: all generators that the functions draw from, except the global one.
    """
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    outputs = []
    torch.cuda.empty_cache()  # frees the memory of an earlier graph
    with torch.cuda.graph(graph):
        trunk = torch.cuda.current_stream()
        begin = trunk.record_event()  # shared: streams come from a pool, so a branch may be given the trunk itself
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
    """Rounds that run eagerly at first and then replay a graph, which is captured again when the sessions change."""

    def __init__(self, capture: Capture = capture_on_device) -> None:
        self.capture = capture
        self.num_eager = 0
        self.replay: _Replay | None = None

    def __call__(self, sessions: Sequence[TrainingSession]) -> list[Read]:
        if self.num_eager < NUM_EAGER:
            self.num_eager += 1
            for session in sessions:
                _make_capturable(session)
            with _warm_up_stream(sessions[0].device):
                return step_eagerly(sessions)
        if self.replay is None or self.replay.sessions != list(sessions):
            self.replay = None  # frees its memory before the next capture
            self.replay = _Replay(sessions, self.capture)
        return self.replay()


class _Replay:
    """Captured round of a fixed list of sessions."""

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
        # Cloned, because the next replay overwrites the tensor and logged losses are fetched later.
        return dict(zip(self.names[index], scalars.clone().unbind(), strict=True))


def _make_capturable(session: TrainingSession) -> None:
    """Set ``capturable`` on a session's optimisers if they run on a GPU."""
    for optimiser in session.training.objective.optimisers.values():
        for group in optimiser.param_groups:
            group["capturable"] = session.device.type == "cuda"


@contextmanager
def _warm_up_stream(device: torch.device) -> Iterator[None]:
    """Run the body on a side stream, as CUDA graphs require of the steps before a capture; do nothing on the CPU."""
    if device.type != "cuda":
        yield
        return
    stream = torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(stream), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")
        yield
    torch.cuda.current_stream(device).wait_stream(stream)
