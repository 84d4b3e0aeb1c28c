"""Published scores as a strip per configuration, with our own where they are on the same scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from reportgen.figures.style import COLOURS, GREY, MM, use_style


@dataclass(frozen=True)
class Strip:
    """``points``: the letter of each report and its score; ``ours`` is NaN where we have none on this scale."""

    label: str
    points: Sequence[tuple[str, float]]
    ours: float


def draw_published(strips: Sequence[Strip], *, y_label: str, ours_label: str) -> Figure:
    """A column of letters per configuration, at the heights of their scores; ours as a diamond."""
    with use_style():
        figure = Figure(figsize=(170 * MM, 62 * MM))
        axes = figure.subplots()
        for x, strip in enumerate(strips):
            heights = [score for _, score in strip.points]
            axes.plot([x, x], [min(heights), max(heights)], color=GREY, linewidth=0.7, zorder=1)
            axes.plot([x] * len(heights), heights, color=GREY, marker="o", markersize=2.5, linestyle="none")
            for index, (letter, height) in enumerate(sorted(strip.points, key=lambda point: point[1])):
                offset = (4, -8)[index % 2]  # neighbours in height stand on both sides
                axes.annotate(letter, (x, height), (offset, 0), textcoords="offset points", va="center", fontsize=6.5)
        ours = [(x, strip.ours) for x, strip in enumerate(strips) if math.isfinite(strip.ours)]
        if ours:
            xs, ys = zip(*ours, strict=True)
            axes.plot(xs, ys, color=COLOURS[1], marker="D", markersize=4, linestyle="none", label=ours_label)
            axes.legend()
        axes.set_xticks(range(len(strips)), [strip.label for strip in strips], rotation=30, ha="right")
        axes.set_xlim(-0.6, len(strips) - 0.2)
        axes.set_ylim(bottom=0)
        axes.set_ylabel(y_label)
    return figure
