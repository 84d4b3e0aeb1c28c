"""Images between two latents, on the line and on the great circle through them, and beyond the two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from reportgen.lab.metrics.features import ClassifierDetector
from reportgen.lab.metrics.paths import estimate_shares, estimate_values, summarise_paths
from reportgen.lab.models.classifier import UNREAD
from reportgen.store.records import RandomPairs, SphericalPaths

END_PAIRS = ((0, 9), (1, 8), (2, 7), (3, 6), (4, 5))
"""Digits at the two ends of each of the five interpolations, if the model draws them."""

EXTRAPOLATION_RANGE = (-1.0, 2.0)
"""First and last position of extrapolation, in distances from z1 to z2; z1 is at 0 and z2 at 1."""

RANDOM_PAIR_POINTS = 10
"""Number of images from end to end of a random pair, ends included."""

MIN_SINE = 1e-3
"""Sine of the angle between two latents below which the great circle through them is not well defined."""

Draw = Callable[[torch.Tensor], torch.Tensor]
"""Function from latents float32 [N, latent_dim] to images uint8 [N, 1, 32, 32], in eval mode."""

LatentPath = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Function from latents z1 and z2, [P, latent_dim], and positions t [K] to the latents there, [P, K, latent_dim].

Position 0 is z1 and 1 is z2. The homework's are i / (K - 1), i = 0 .. K - 1.
"""


def choose_ends(labels: torch.Tensor, confidence: torch.Tensor) -> tuple[list[int], list[int], list[str]]:
    """Pick five pairs of samples whose digits are recognisable.

    For each digit the sample that the classifier is surest of; where the model never draws a digit that ``END_PAIRS``
    asks for, the surest sample not used yet takes its place.

    Returns:
        Indices of the first ends, of the second ends, and the two characters that each pair reads as.
    """
    surest = confidence.argsort(descending=True).tolist()
    read = labels.tolist()
    by_rank = [index for index in surest if read[index] != UNREAD] + [i for i in surest if read[i] == UNREAD]
    used: set[int] = set()

    def take(digit: int) -> int:
        wanted = (index for index in by_rank if read[index] == digit and index not in used)
        anything = (index for index in by_rank if index not in used)
        index = next(wanted, None)
        index = next(anything) if index is None else index
        used.add(index)
        return index

    pairs = [(take(first), take(second)) for first, second in END_PAIRS]
    names = ["".join("?" if read[index] == UNREAD else str(read[index]) for index in pair) for pair in pairs]
    return [first for first, _ in pairs], [second for _, second in pairs], names


def lerp(z1: torch.Tensor, z2: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Interpolate on the line: z1 + t (z2 - z1); see ``LatentPath``. Positions outside [0, 1] extrapolate."""
    return z1[:, None] + t[None, :, None] * (z2 - z1)[:, None]


def slerp(z1: torch.Tensor, z2: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Interpolate spherically (Shoemake 1985; of latents White 2016); see ``LatentPath``, with positions in [0, 1].

    The direction turns at an even pace, and the norm stays near those of z1 and z2, where the line passes nearer to the
    origin. Pairs that point the same or opposite ways, as all of one dimension do, have no such turn: they take the
    line.
    """
    cosine = torch.cosine_similarity(z1, z2, dim=1).clamp(-1, 1)
    angle = cosine.acos()[:, None, None]  # [P, 1, 1]
    turns = angle.sin() >= MIN_SINE
    sine = torch.where(turns, angle.sin(), 1)
    t_ = t[None, :, None]
    first, second = ((1 - t_) * angle).sin() / sine, (t_ * angle).sin() / sine
    return torch.where(turns, first * z1[:, None] + second * z2[:, None], lerp(z1, z2, t))


def interpolate(draw: Draw, path: LatentPath, z1: torch.Tensor, z2: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Draw the images of a path at positions t [K] for every pair of latents, z1 and z2 [P, latent_dim].

    Returns:
        uint8 [P * K, 1, 32, 32], the strips one after another.
    """
    return draw(path(z1, z2, t).flatten(0, 1))


def measure_random_pairs(draw: Draw, classifier: ClassifierDetector, z1: torch.Tensor, z2: torch.Tensor) -> RandomPairs:
    """Measure images between the two latents of random pairs, and beyond them over ``EXTRAPOLATION_RANGE``.

    Changes are paired differences, because pairs with good ends tend to have good images between them.

    Args:
        z1, z2: latents [P, latent_dim], drawn from the prior.
    """
    t = torch.linspace(0, 1, RANDOM_PAIR_POINTS, device=z1.device)
    far = torch.linspace(*EXTRAPOLATION_RANGE, RANDOM_PAIR_POINTS, device=z1.device)
    far = far[(far < -1e-6) | (far > 1 + 1e-6)]
    line, circle, beyond = (
        _read_strips(draw, classifier, path, z1, z2, places) for path, places in ((lerp, t), (slerp, t), (lerp, far))
    )
    outside = beyond.read.mean(axis=1)
    return RandomPairs(
        num_pairs=len(z1),
        num_points=len(t),
        num_outside=len(far),
        read_ends=estimate_shares(line.ends),
        read_inside=estimate_shares(line.inside),
        read_outside=estimate_shares(outside),
        inside_change=estimate_values(line.inside - line.ends),
        outside_change=estimate_values(outside - line.ends),
        **summarise_paths(line.features, len(z1)),
        spherical=SphericalPaths(
            read_inside=estimate_shares(circle.inside),
            inside_change=estimate_values(circle.inside - circle.ends),
            gain=estimate_values(circle.inside - line.inside),
            **summarise_paths(circle.features, len(z1)),
        ),
    )


@dataclass(frozen=True)
class _Strips:
    """Features [P * K, D] of P strips of K images, and which images read as digits, float [P, K], 1 or 0."""

    features: np.ndarray
    read: np.ndarray

    @property
    def ends(self) -> np.ndarray:
        """Share of the ends of each strip that read as digits, [P]."""
        return self.read[:, [0, -1]].mean(axis=1)

    @property
    def inside(self) -> np.ndarray:
        """Share of the images between the ends of each strip that read as digits, [P]."""
        return self.read[:, 1:-1].mean(axis=1)


def _read_strips(
    draw: Draw, classifier: ClassifierDetector, path: LatentPath, z1: torch.Tensor, z2: torch.Tensor, t: torch.Tensor
) -> _Strips:
    looked = classifier.look(interpolate(draw, path, z1, z2, t))
    return _Strips(looked.features, (looked.labels != UNREAD).numpy().astype(float).reshape(len(z1), len(t)))
