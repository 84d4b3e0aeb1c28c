"""Figure of published scores, one strip per configuration, with our own if they are on the published scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from reportgen.paper.figures.style import EMPHASIS, GREY, MM, use_style


@dataclass(frozen=True)
class Strip:
    """Published scores of one configuration."""

    label: str
    points: Sequence[tuple[str, float]]
    """Letter and score of each report."""
    ours: float
    """Our score; NaN if there is none on this scale."""


MIN_DISTANCE = 0.04
"""Distance of two scores, as a share of the axis, below which their letters stand side by side."""


def group_letters(points: Sequence[tuple[str, float]], distance: float) -> list[tuple[str, float]]:
    """Join letters whose scores are within ``distance`` of the next lower one; return each group at its mean score."""
    groups: list[list[tuple[str, float]]] = []
    for letter, score in sorted(points, key=lambda point: point[1]):
        if groups and score - groups[-1][-1][1] < distance:
            groups[-1].append((letter, score))
        else:
            groups.append([(letter, score)])
    return [(" ".join(sorted(letter for letter, _ in g)), sum(score for _, score in g) / len(g)) for g in groups]


def draw_published(strips: Sequence[Strip], *, y_label: str, ours_label: str) -> Figure:
    """Draw a column of letters per configuration, at the heights of their scores, and our score as a diamond."""
    with use_style():
        figure = Figure(figsize=(170 * MM, 62 * MM))
        axes = figure.subplots()
        top = max(score for strip in strips for _, score in strip.points)
        for x, strip in enumerate(strips):
            heights = [score for _, score in strip.points]
            axes.plot([x, x], [min(heights), max(heights)], color=GREY, linewidth=0.7, zorder=1)
            axes.plot([x] * len(heights), heights, color=GREY, marker="o", markersize=2.5, linestyle="none")
            for letters, height in group_letters(strip.points, MIN_DISTANCE * top):
                axes.annotate(letters, (x, height), (4, 0), textcoords="offset points", va="center", fontsize=6.5)
        ours = [(x, strip.ours) for x, strip in enumerate(strips) if math.isfinite(strip.ours)]
        if ours:
            xs, ys = zip(*ours, strict=True)
            axes.plot(xs, ys, color=EMPHASIS, marker="D", markersize=4, linestyle="none", label=ours_label)
            axes.legend()
        axes.set_xticks(range(len(strips)), [strip.label for strip in strips], rotation=30, ha="right")
        axes.set_xlim(-0.6, len(strips) - 0.2)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(y_label)
    return figure
