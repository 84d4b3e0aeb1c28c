"""A VAE's latent space: the dimensions that it uses, and the digits that its reconstructions turn into."""

from __future__ import annotations

import numpy as np

from reportgen.paper.analysis.results import Configuration


def rank_dimensions(vae: Configuration) -> list[float]:
    """Return the KL of each latent dimension in nats, the largest first, averaged over seeds rank by rank."""
    found = [run.evaluation.posterior for run in vae.runs]
    ranked = np.array([sorted(posterior.kl, reverse=True) for posterior in found if posterior is not None])
    values: list[float] = ranked.mean(axis=0).tolist()
    return values


def count_readings(vae: Configuration) -> np.ndarray:
    """Count dev images by the digit that they read as and by that of their reconstruction, over all seeds.

    Returns:
        int64 [10, 11]; the last column counts reconstructions that read as no digit.
    """
    found = [run.evaluation.reconstruction for run in vae.runs]
    return np.array([readings.counts for readings in found if readings is not None]).sum(axis=0)
