"""Figures of curves over training steps, of scores over a dimension, and of histograms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator

from reportgen.paper.figures.style import COLOURS, DASHES, GREY, MARKERS, MM, use_style

SMOOTHING_SHARE = 0.05
"""Width of the moving average, as a share of the logged points."""

ROW_HEIGHT_MM = 38

MAX_RAW = 2
"""Most curves in a panel that are drawn with their raw values behind them; more would hide each other."""

OUTLIERS = 0.01
"""Share of a dense curve's values, at each end, that may lie outside the vertical axis."""

HISTOGRAM_HEIGHT_MM = 34

LOG_MARGIN = 1.1
"""Factor between the values of a panel with a logarithmic axis and its limits."""

NUM_MARKERS = 4

MAX_POINTS = 120
"""Most points drawn of one curve; more are indistinguishable in print in a panel of 48 mm."""


@dataclass(frozen=True)
class Panel:
    """Content of one set of axes."""

    title: str
    curves: dict[str, pd.Series]
    """Curves by label, indexed by step."""
    references: tuple[float, ...] = ()
    """Heights of horizontal reference lines."""
    bands: dict[str, tuple[pd.Series, pd.Series]] = field(default_factory=dict)
    """Minimum and maximum over seeds of the curves that are means over seeds, by label."""
    limits: tuple[float, float] | None = None
    """Limits of the vertical axis; None to fit them to the curves."""
    is_log: bool = False
    """True for a logarithmic vertical axis, which needs positive values."""
    scale: str = ""
    """Panels with an equal, non-empty scale share their fitted limits."""


def draw_curves(panels: Sequence[Panel], *, columns: int, x_label: str, width_mm: float = 170) -> Figure:
    """Draw small multiples of curves over steps.

    A densely logged curve is smoothed (a centred moving average), with faint raw values behind it if its panel has at
    most ``MAX_RAW`` curves; a curve of few points is drawn as it is, with markers. A legend names the curves of panels
    with more than one; it takes the place of an empty panel, or else stands below.
    """
    rows = math.ceil(len(panels) / columns)
    last_step = max(float(curve.index.max()) for panel in panels for curve in panel.curves.values())
    labels = list(dict.fromkeys(label for panel in panels if len(panel.curves) > 1 for label in panel.curves))
    has_room = len(panels) < rows * columns
    legend_mm = 7 if labels and not has_room else 0
    height_mm = rows * ROW_HEIGHT_MM + 4 + legend_mm
    with use_style(), matplotlib.rc_context({"figure.constrained_layout.use": False}):
        figure = Figure(figsize=(width_mm * MM, height_mm * MM))
        spacing = _space_panels(rows, columns, width_mm, legend_mm)
        grid = figure.subplots(rows, columns, squeeze=False, gridspec_kw=spacing)
        ranges = []
        for axes, panel in zip(grid.flat, panels, strict=False):
            ranges.append(_draw_panel(axes, panel, labels))
        for index, (axes, panel) in enumerate(zip(grid.flat, panels, strict=False)):
            alike = [r for r, other in zip(ranges, panels, strict=True) if panel.scale and other.scale == panel.scale]
            axes.set_ylim(panel.limits or _fit_limits(alike or [ranges[index]], is_log=panel.is_log))
            axes.set_xlim(0, last_step)
            if index + columns < len(panels):  # the panel below labels the steps
                axes.tick_params(labelbottom=False)
            else:
                axes.set_xlabel(x_label)
        if labels:
            handles = {line.get_label(): line for axes in grid.flat for line in axes.get_lines()}
            place: dict[str, Any] = {"loc": "lower center", "ncols": min(len(labels), 5)}
            if has_room:
                place = {"loc": "center", "bbox_to_anchor": grid.flat[len(panels)].get_position()}
            figure.legend(handles=[handles[label] for label in labels], **place)
        for axes in list(grid.flat)[len(panels) :]:
            axes.remove()
    return figure


def _space_panels(rows: int, columns: int, width_mm: float, legend_mm: float) -> dict[str, float]:
    """Return matplotlib's margins and gaps from fixed sizes in mm; fitting them to labels takes most of the time."""
    height_mm = rows * ROW_HEIGHT_MM + 4 + legend_mm
    left, right, bottom, top, between, above = 7.5, 1.5, 9 + legend_mm, 4.5, 8.5, 10.5
    panel_width = (width_mm - left - right - between * (columns - 1)) / columns
    panel_height = (height_mm - bottom - top - above * (rows - 1)) / rows
    return {
        "left": left / width_mm,
        "right": 1 - right / width_mm,
        "bottom": bottom / height_mm,
        "top": 1 - top / height_mm,
        "wspace": between / panel_width,
        "hspace": above / panel_height,
    }


def _draw_panel(axes: Axes, panel: Panel, labels: list[str]) -> tuple[float, float]:
    """Draw one panel; return the lowest and the highest value that its axis must show.

    The first steps are ignored there, because their losses would flatten the rest.
    """
    for value in panel.references:
        axes.axhline(value, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)))
    seen = list(panel.references)
    for label, curve in panel.curves.items():
        index = labels.index(label) if label in labels else 0
        colour, dash = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
        smoothed = smooth(curve)
        if label in panel.bands:
            low, high = (thin(smooth(edge)) for edge in panel.bands[label])
            axes.fill_between(low.index, low, high, color=colour, alpha=0.18, linewidth=0)
            seen += [float(low.iloc[len(low) // 50 :].min()), float(high.iloc[len(high) // 50 :].max())]
        if len(curve) > 50:
            has_raw = label not in panel.bands and len(panel.curves) <= MAX_RAW
            if has_raw:
                raw = keep_extremes(curve)
                axes.plot(raw.index, raw, color=colour, alpha=0.22, linewidth=0.5)
            shown = thin(smoothed)
            marks = _make_markers(index, len(shown)) if len(labels) > MAX_RAW else {}
            axes.plot(shown.index, shown, color=colour, linestyle=dash, label=label, **marks)
            late = (curve if has_raw else smoothed).iloc[len(curve) // 50 :]
            late = late.quantile([OUTLIERS, 1 - OUTLIERS])
        else:
            marks = _make_markers(index, NUM_MARKERS)
            axes.plot(curve.index, curve, color=colour, linestyle=dash, label=label, **marks)
            late = curve
        seen += [float(late.min()), float(late.max())]
    axes.set_title(panel.title)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.locator_params(axis="x", nbins=3)
    if panel.is_log:
        _use_log_scale(axes)
    else:
        axes.locator_params(axis="y", nbins=4)
    return min(seen), max(seen)


def _use_log_scale(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers at its ticks."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.minorticks_off()


def _make_markers(index: int, num_points: int) -> dict[str, Any]:
    """Return a few markers for a curve, staggered from curve to curve: dashes alone do not suffice in a grey print."""
    every = max(1, num_points // NUM_MARKERS)
    return {"marker": MARKERS[index % len(MARKERS)], "markersize": 2.5, "markevery": (index * every // 5, every)}


def _fit_limits(ranges: Sequence[tuple[float, float]], *, is_log: bool) -> tuple[float, float]:
    """Return limits around all ranges, with a margin."""
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    if is_log:
        return low / LOG_MARGIN, high * LOG_MARGIN
    margin = 0.05 * (high - low) or 0.05
    return low - margin, high + margin


def smooth(curve: pd.Series) -> pd.Series:
    """Return a centred moving average over ``SMOOTHING_SHARE`` of the points, with a narrower window at the ends."""
    window = max(1, round(len(curve) * SMOOTHING_SHARE))
    return curve.rolling(window, center=True, min_periods=1).mean()


def thin(curve: pd.Series) -> pd.Series:
    """Return every k-th point, so that at most ``MAX_POINTS`` remain, and the last one."""
    stride = math.ceil(len(curve) / MAX_POINTS)
    return curve if stride == 1 else curve.iloc[sorted({*range(0, len(curve), stride), len(curve) - 1})]


def keep_extremes(curve: pd.Series) -> pd.Series:
    """Return the minimum and maximum of each of ``MAX_POINTS / 2`` stretches, which look like the whole curve."""
    if len(curve) <= MAX_POINTS:
        return curve
    stretches = np.array_split(np.arange(len(curve)), MAX_POINTS // 2)
    values = curve.to_numpy()
    extremes = {int(s[pick(values[s])]) for s in stretches for pick in (np.argmin, np.argmax)}
    return curve.iloc[sorted(extremes)]


def draw_scores(
    settings: Sequence[int],
    means: Sequence[float],
    intervals: Sequence[tuple[float, float] | None],
    *,
    x_label: str,
    y_label: str,
) -> Figure:
    """Draw a positive score over a dimension on two logarithmic axes, with error bars where intervals are given."""
    with use_style():
        figure = Figure(figsize=(95 * MM, 48 * MM))
        axes = figure.subplots()
        ends = [interval or (mean, mean) for mean, interval in zip(means, intervals, strict=True)]
        errors = np.abs(np.array(ends).T - np.array(means))
        axes.errorbar(settings, means, yerr=errors, color=COLOURS[0], marker="o", markersize=3.5, capsize=2.5)
        axes.set_xscale("log")
        axes.set_xticks(list(settings), [str(setting) for setting in settings])
        _use_log_scale(axes)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
    return figure


def draw_histograms(
    panels: Mapping[str, Mapping[str, Sequence[int]]], *, x_label: str, y_label: str, columns: int = 4
) -> Figure:
    """Draw histograms over [0, 1], several in each panel, as outlines in percent of their counts.

    Args:
        panels: title -> name of a histogram -> counts in bins of equal width.
    """
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    with use_style():
        figure = Figure(figsize=(170 * MM, (rows * HISTOGRAM_HEIGHT_MM + 8) * MM))
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes, (title, histograms) in zip(grid.flat, panels.items(), strict=False):
            for index, (name, counts) in enumerate(histograms.items()):
                shares = 100 * np.asarray(counts) / sum(counts)
                edges = np.linspace(0, 1, len(counts) + 1)
                axes.stairs(shares, edges, color=COLOURS[index], linestyle=DASHES[index], linewidth=1.2, label=name)
                axes.stairs(shares, edges, color=COLOURS[index], alpha=0.15, fill=True)
            axes.set_title(title)
            axes.set_xlim(0, 1)
            axes.set_xticks([0, 0.5, 1], ["0", "1/2", "1"])
            axes.locator_params(axis="y", nbins=3)
        for axes in list(grid.flat)[len(panels) :]:
            axes.remove()
        figure.supxlabel(x_label, fontsize=7)
        figure.supylabel(y_label, fontsize=7)
        handles, names = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside upper center", ncols=len(names))
    return figure
