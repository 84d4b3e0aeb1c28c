"""Paths that strips of interpolated images take through feature space, and means with standard errors over strips."""

from __future__ import annotations

import math

import numpy as np

from reportgen.store.records import Measured


def measure_paths(features: np.ndarray, num_strips: int) -> dict[str, list[float]]:
    """Measure the path of each strip through feature space, in the spirit of the perceptual path length.

    The perceptual path length is due to Karras et al. 2019.

    Args:
        features: of K images per strip, [num_strips * K, D], strip after strip.

    Returns:
        For each strip the length of its path, the distance of its ends (at most the length, which it reaches on a
        straight line) and its largest step (at least length / (K - 1), which it is at an even pace).
    """
    strips = features.astype(np.float64).reshape(num_strips, -1, features.shape[1])
    steps = np.linalg.norm(np.diff(strips, axis=1), axis=2)
    return {
        "path_length": steps.sum(axis=1).tolist(),
        "end_distance": np.linalg.norm(strips[:, -1] - strips[:, 0], axis=1).tolist(),
        "largest_step": steps.max(axis=1).tolist(),
    }


def summarise_paths(features: np.ndarray, num_strips: int) -> dict[str, Measured]:
    """Summarise the paths of all strips as two ratios that do not depend on the scale of the features.

    Args:
        features: of K images per strip, [num_strips * K, D], strip after strip; strips of length 0 are left out.

    Returns:
        ``detour``: sum of the path lengths over sum of the end distances, >= 1, 1 for straight paths. A ratio of sums,
        because that of a single strip is unstable if its ends nearly coincide; its error is the jackknife's.
        ``largest_step``: mean over strips of the largest step over the average step, >= 1, 1 for an even pace.
    """
    lengths, distances, steps = (np.array(values) for values in measure_paths(features, num_strips).values())
    moves = lengths > 0
    num_steps = len(features) // num_strips - 1
    return {
        "detour": estimate_ratio(lengths[moves], distances[moves]),
        "largest_step": estimate_values(steps[moves] * num_steps / lengths[moves]),
    }


def estimate_values(values: np.ndarray) -> Measured:
    """Return the mean of independent values [N] with its standard error."""
    mean = float(values.mean()) if len(values) else None
    return Measured(mean, float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None, len(values))


def estimate_ratio(numerators: np.ndarray, denominators: np.ndarray) -> Measured:
    """Return the ratio of two sums over independent pairs, [N] each, with its jackknife standard error."""
    count, above, below = len(numerators), float(numerators.sum()), float(denominators.sum())
    if not below:
        return Measured(None, None, count)
    rest = below - denominators
    if count < 2 or not rest.all():
        return Measured(above / below, None, count)
    left_out = (above - numerators) / rest
    return Measured(above / below, float(left_out.std() * math.sqrt(count - 1)), count)


def estimate_shares(shares: np.ndarray) -> Measured:
    """Return the mean of independent shares [N] in [0, 1] with its standard error.

    The error is computed after two shares of 0 and two of 1 are added, as Agresti and Coull 1998 add successes and
    failures, so that it does not vanish if all shares are equal: none seen in 100 does not prove that there is none.
    """
    widened = estimate_values(np.concatenate([shares, [0.0, 0.0, 1.0, 1.0]]))
    return Measured(float(shares.mean()), widened.error, len(shares))
