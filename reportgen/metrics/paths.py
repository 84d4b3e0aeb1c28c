"""How strips of images between two latents move through feature space, and how legible they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

MeanAndError = tuple[float | None, float | None]
"""Of independent values; None where there are too few."""


def measure_paths(features: np.ndarray, num_strips: int) -> dict[str, list[float]]:
    """How each strip moves through feature space, in the spirit of the perceptual path length (Karras et al. 2019).

    Args:
        features: [num_strips * K, D], the strips one after another.

    Returns:
        For each strip the length of its path, the distance of its ends (never more than the length; equal to it on a
        straight line) and its largest step (length / (K - 1) if it moves evenly).
    """
    strips = features.astype(np.float64).reshape(num_strips, -1, features.shape[1])
    steps = np.linalg.norm(np.diff(strips, axis=1), axis=2)
    return {
        "path_length": steps.sum(axis=1).tolist(),
        "end_distance": np.linalg.norm(strips[:, -1] - strips[:, 0], axis=1).tolist(),
        "largest_step": steps.max(axis=1).tolist(),
    }


def summarise_paths(features: np.ndarray, num_strips: int) -> dict[str, MeanAndError]:
    """Mean and standard error over strips of two ratios that do not depend on the features' scale.

    Args:
        features: [num_strips * K, D], the strips one after another; a strip that does not move at all counts for none.

    Returns:
        ``detour``: the path's length over the distance of its ends (1 is straight). ``largest_step``: the largest step
        over the even one (1 is even).
    """
    lengths, distances, steps = (np.array(values) for values in measure_paths(features, num_strips).values())
    moves = (lengths > 0) & (distances > 0)
    num_steps = len(features) // num_strips - 1
    return {
        "detour": estimate_values(lengths[moves] / distances[moves]),
        "largest_step": estimate_values(steps[moves] * num_steps / lengths[moves]),
    }


def estimate_values(values: np.ndarray) -> MeanAndError:
    """Mean and standard error of independent values."""
    mean = float(values.mean()) if len(values) else None
    return mean, float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None


def estimate_shares(shares: Sequence[float]) -> MeanAndError:
    """Mean and standard error of independent shares in [0, 1].

    The error is that after two shares of 0 and two of 1 are added (Agresti and Coull 1998), so that it is not 0 where
    all shares are alike: none seen among 100 does not mean that there is none.
    """
    return float(np.mean(shares)), estimate_values(np.array([*shares, 0.0, 0.0, 1.0, 1.0]))[1]
