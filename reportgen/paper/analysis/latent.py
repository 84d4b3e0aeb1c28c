"""A VAE's latent space: the dimensions that it uses, and the digits that its reconstructions turn into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reportgen.paper.analysis.measuring import measure
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


def list_changes(vae: Configuration, num: int) -> list[tuple[int, int, int]]:
    """List the changes of a digit into another by reconstruction, the most frequent first, ``num`` at most.

    Returns:
        The digit before, the digit after and the number of images.
    """
    counts = count_readings(vae)[:, :10]
    changes = [(before, after, int(counts[before, after])) for before in range(10) for after in range(10)]
    found = [change for change in changes if change[0] != change[1] and change[2]]
    return sorted(found, key=lambda change: -change[2])[:num]


@dataclass(frozen=True)
class UnitUse:
    """The latent dimensions that the VAE with most of them uses."""

    vae: Configuration
    verdict: Literal["all", "some"]
    """``some`` if dimensions stay idle in at least one seed."""


def judge_units(vaes: Sequence[Configuration]) -> UnitUse:
    """Judge if the VAE with the most latent dimensions, one or more VAEs given, uses them all."""
    widest = max(vaes, key=lambda c: c.settings.latent_dim)
    return UnitUse(widest, "all" if measure("active_units", widest).mean == widest.settings.latent_dim else "some")
