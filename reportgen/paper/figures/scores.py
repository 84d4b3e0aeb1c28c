"""Figure of a score over a dimension: every seed as a dot, the means as a line with their intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from reportgen.paper.figures.style import MM, shade, use_log_scale, use_style

WIDTH_MM, HEIGHT_MM = 100, 41

BESIDE = 0.02
"""Distance of the dots from the error bar on their right, as a share of the dimension's range."""


def draw_scores(
    settings: Sequence[int],
    seeds: Sequence[Sequence[float]],
    means: Sequence[float],
    intervals: Sequence[tuple[float, float] | None],
    *,
    hue: str,
    x_label: str,
    y_label: str,
    seed_label: str,
    mean_label: str,
) -> Figure:
    """Draw a positive score over a dimension on two logarithmic axes; several seeds get a legend.

    Args:
        seeds: for each setting the scores of its seeds, drawn as dots beside the mean.
        intervals: the ends of each mean's error bar, None without one.
    """
    light, dark = shade(hue, 2)
    with use_style():
        figure = Figure(figsize=(WIDTH_MM * MM, HEIGHT_MM * MM))
        axes = figure.subplots()
        ends = [interval or (mean, mean) for mean, interval in zip(means, intervals, strict=True)]
        errors = np.abs(np.array(ends).T - np.array(means))
        axes.errorbar(settings, means, yerr=errors, color=dark, marker="_", markersize=7, capsize=2.5, label=mean_label)
        shift = (max(settings) / min(settings)) ** BESIDE
        dots = [(setting / shift, score) for setting, scores in zip(settings, seeds, strict=True) for score in scores]
        xs, ys = zip(*dots, strict=True)
        axes.plot(xs, ys, color=light, marker="o", markersize=3.5, linestyle="none", label=seed_label)
        axes.set_xscale("log")
        axes.set_xticks(list(settings), [str(setting) for setting in settings])
        use_log_scale(axes)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        if len(dots) > len(settings):
            axes.legend(loc="upper right")
    return figure
