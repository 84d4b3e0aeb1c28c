"""Claims for the summary on the first page."""

from __future__ import annotations

from collections.abc import Mapping

BEST: Mapping[str, str] = {
    "only": "summary.best.only",
    "clear": "summary.best.clear",
    "tied": "summary.best.tied",
}
"""Clearness of the best FID -> message."""
