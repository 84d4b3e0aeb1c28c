"""How strips of images between two latents move through feature space, and how legible they are."""

from __future__ import annotations

import math

import numpy as np

from reportgen.store.records import Measured


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


def summarise_paths(features: np.ndarray, num_strips: int) -> dict[str, Measured]:
    """Two ratios over strips that do not depend on the features' scale.

    Args:
        features: [num_strips * K, D], the strips one after another; a strip that does not move at all counts for none.

    Returns:
        ``detour``: the length of all paths over the distance of their ends (1 is straight), as the ratio of their sums,
        since two ends that are nearly alike have no ratio of their own; its error is the jackknife's.
        ``largest_step``: the mean over strips of the largest step over the even one (1 is even).
    """
    lengths, distances, steps = (np.array(values) for values in measure_paths(features, num_strips).values())
    moves = lengths > 0
    num_steps = len(features) // num_strips - 1
    return {
        "detour": estimate_ratio(lengths[moves], distances[moves]),
        "largest_step": estimate_values(steps[moves] * num_steps / lengths[moves]),
    }


def estimate_values(values: np.ndarray) -> Measured:
    """The mean of independent values."""
    mean = float(values.mean()) if len(values) else None
    return Measured(mean, float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None, len(values))


def estimate_ratio(numerators: np.ndarray, denominators: np.ndarray) -> Measured:
    """The ratio of two sums over independent pairs."""
    count, above, below = len(numerators), float(numerators.sum()), float(denominators.sum())
    if not below:
        return Measured(None, None, count)
    rest = below - denominators
    if count < 2 or not rest.all():
        return Measured(above / below, None, count)
    left_out = (above - numerators) / rest
    return Measured(above / below, float(left_out.std() * math.sqrt(count - 1)), count)


def estimate_shares(shares: np.ndarray) -> Measured:
    """The mean of independent shares in [0, 1].

    The error is that after two shares of 0 and two of 1 are added (as Agresti and Coull 1998 add successes and
    failures), so that it is not 0 where all are alike: none seen in 100 does not mean that there is none.
    """
    widened = estimate_values(np.concatenate([shares, [0.0, 0.0, 1.0, 1.0]]))
    return Measured(float(shares.mean()), widened.error, len(shares))
