"""A training step as a CUDA graph: its kernels, some hundred, are launched as one instead of one by one.

A small network's step takes the GPU less time than its launches take the CPU; replayed, it costs one launch. Written
after PyTorch's notes on CUDA graphs; what a step computes is what it computes without one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch

from reportgen.training.objectives import Scalars

NUM_EAGER = 3
"""Steps taken before the capture: libraries choose their kernels, optimisers make their state."""

Compute = Callable[[], torch.Tensor]
Capture = Callable[[Compute, Sequence[torch.Generator]], Compute]
"""Records what a function does, without doing it; the result does it and returns the same tensor every time."""


def capture_on_device(compute: Compute, generators: Sequence[torch.Generator]) -> Compute:
    """``Capture`` as a CUDA graph; ``generators`` are those that the function draws from, besides the global one."""
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    with torch.cuda.graph(graph):
        output = compute()

    def replay() -> torch.Tensor:
        graph.replay()
        return output

    return replay


class GraphedStep:
    """Takes steps: the first ones as they are written, then one replay each.

    Args:
        update: images uint8 [..., B, 1, 32, 32] -> scalars; all that it changes it changes in place.
        images: the training images, uint8 [N, 1, 32, 32].
        generators: what ``update`` draws from.
    """

    def __init__(
        self,
        update: Callable[[torch.Tensor], Scalars],
        images: torch.Tensor,
        generators: Sequence[torch.Generator],
        capture: Capture = capture_on_device,
    ) -> None:
        self.update, self.images, self.generators, self.capture = update, images, generators, capture
        self.num_eager = 0
        self.stream = torch.cuda.Stream(images.device) if images.is_cuda else None
        self.names: list[str] = []
        self.replay: Compute | None = None

    def __call__(self, indices: torch.Tensor) -> Scalars:
        """One step on the images of these indices, int64 [..., B]."""
        if self.num_eager < NUM_EAGER:
            self.num_eager += 1
            self.indices = indices.clone()
            with _aside(self.stream):
                scalars = self._compute()
            return dict(zip(self.names, scalars.unbind(), strict=True))
        if self.replay is None:
            self.replay = self.capture(self._compute, self.generators)
        self.indices.copy_(indices)
        # A copy: the next replay writes into the same place, and a logged loss is fetched later.
        return dict(zip(self.names, self.replay().clone().unbind(), strict=True))

    def _compute(self) -> torch.Tensor:
        scalars = self.update(self.images[self.indices])
        self.names = list(scalars)
        return torch.stack(list(scalars.values()))


def let_capture(optimisers: Iterable[torch.optim.Optimizer]) -> None:
    """Tell optimisers that their steps on a GPU will be captured."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["capturable"] = group["params"][0].is_cuda


@contextmanager
def _aside(stream: torch.cuda.Stream | None) -> Iterator[None]:
    """Where steps before a capture belong: what they leave behind must not wait for the default stream."""
    if stream is None:
        yield
        return
    stream.wait_stream(torch.cuda.current_stream(stream.device))
    with torch.cuda.stream(stream), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")
        yield
    torch.cuda.current_stream(stream.device).wait_stream(stream)
