"""Figures of curves over training steps, and of histograms."""

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
from matplotlib.ticker import EngFormatter

from reportgen.paper.figures.style import COLOURS, DASHES, GREY, MARKERS, MM, use_log_scale, use_style

SMOOTHING_SHARE = 0.05
"""Width of the moving average, as a share of the logged points."""

WIDTH_MM = 170
AXIS_MM = 29
"""Height of a panel's vertical axis."""
LEFT_MM, RIGHT_MM, BETWEEN_MM, ABOVE_MM = 7.5, 2.5, 10, 8
"""White on the left and the right of the panels, between two of a row, and between two rows."""
LEGEND_MM, TITLE_MM, EDGE_MM, TICKS_MM, LABEL_MM = 5.5, 4.5, 1.5, 4.4, 4
"""Heights of the legend and of a title, of what is above panels without one, and of the steps and their name below."""

START = 0.05
"""Share of a dense curve's points at its start that may lie outside the vertical axis: they would flatten the rest."""

MAX_RAW = 2
"""Most curves in a panel that are drawn with their raw values behind them; more would hide each other."""

OUTLIERS = 0.01
"""Share of a dense curve's values, at each end, that may lie outside the vertical axis."""

NEAR = 0.25
"""Distance from a panel's curves, as a share of their range, up to which a reference line is drawn."""

HISTOGRAM_HEIGHT_MM = 46

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
    """Heights of horizontal reference lines; those far from all curves are not drawn."""
    bands: dict[str, tuple[pd.Series, pd.Series]] = field(default_factory=dict)
    """Minimum and maximum over seeds of the curves that are means over seeds, by label."""
    is_log: bool = False
    """True for a logarithmic vertical axis, which needs positive values."""
    scale: str = ""
    """Panels with an equal, non-empty scale share their fitted limits."""


def draw_curves(
    panels: Sequence[Panel],
    *,
    columns: int,
    x_label: str = "",
    row_label: str = "",
    has_head: bool = True,
    colours: Mapping[str, str] | None = None,
) -> Figure:
    """Draw small multiples of curves over steps.

    A densely logged curve is smoothed (a centred moving average), with faint raw values behind it if its panel has at
    most ``MAX_RAW`` curves; a curve of few points is drawn as it is, with markers. A legend names the curves of panels
    with more than one; it takes the place of an empty panel, or else stands above.

    Args:
        x_label: name of the steps, written below; an empty one takes no room.
        row_label: name of the first row, written on its left.
        has_head: draw titles and the legend; False for a row that continues a figure.
        colours: colours of curves by label; the others have those of the palette in turn.
    """
    rows = math.ceil(len(panels) / columns)
    labels = list(dict.fromkeys(label for panel in panels if len(panel.curves) > 1 for label in panel.curves))
    looks = _choose_looks(panels, labels, colours or {})
    is_above = has_head and bool(labels) and len(panels) == rows * columns
    head_mm = LEGEND_MM * is_above + (TITLE_MM if has_head else EDGE_MM)
    foot_mm = TICKS_MM + LABEL_MM * bool(x_label)
    with use_style(), matplotlib.rc_context({"figure.constrained_layout.use": False}):
        grid = _place_panels(rows, columns, head_mm, foot_mm, LEFT_MM + LABEL_MM * bool(row_label))
        figure: Figure = grid[0, 0].figure
        for axes, panel, limits in zip(grid.flat, panels, _draw_panels(grid, panels, looks), strict=False):
            axes.set_ylim(limits)
            if has_head:
                axes.set_title(panel.title)
        _label_steps(grid, panels, x_label)
        middle = 1 - (head_mm + AXIS_MM / 2) * MM / figure.get_figheight()
        grid[0, 0].set_ylabel(row_label, fontsize=7.5)
        grid[0, 0].yaxis.set_label_coords(LABEL_MM / WIDTH_MM, middle, figure.transFigure)
        if labels and has_head:
            _add_legend(figure, grid, labels, None if is_above else grid.flat[len(panels)])
        for axes in list(grid.flat)[len(panels) :]:
            axes.remove()
    return figure


@dataclass(frozen=True)
class _Look:
    """What tells a curve from the others; few curves need no markers for that."""

    index: int
    colour: str
    dash: Any
    is_marked: bool


def _choose_looks(panels: Sequence[Panel], labels: Sequence[str], colours: Mapping[str, str]) -> dict[str, _Look]:
    """Return the look of every curve by its label; a curve that is alone in its panels looks like the first one."""
    looks = {}
    for label in (label for panel in panels for label in panel.curves):
        index = labels.index(label) if label in labels else 0
        colour = colours.get(label, COLOURS[index % len(COLOURS)])
        looks[label] = _Look(index, colour, DASHES[index % len(DASHES)], len(labels) > MAX_RAW)
    return looks


def _place_panels(rows: int, columns: int, head_mm: float, foot_mm: float, left_mm: float) -> np.ndarray:
    """Return axes of fixed sizes in mm in a new figure; fitting them to labels takes most of the time."""
    height_mm = head_mm + rows * AXIS_MM + (rows - 1) * ABOVE_MM + foot_mm
    panel_mm = (WIDTH_MM - left_mm - RIGHT_MM - BETWEEN_MM * (columns - 1)) / columns
    spacing = {
        "left": left_mm / WIDTH_MM,
        "right": 1 - RIGHT_MM / WIDTH_MM,
        "bottom": foot_mm / height_mm,
        "top": 1 - head_mm / height_mm,
        "wspace": BETWEEN_MM / panel_mm,
        "hspace": ABOVE_MM / AXIS_MM,
    }
    figure = Figure(figsize=(WIDTH_MM * MM, height_mm * MM))
    return figure.subplots(rows, columns, squeeze=False, gridspec_kw=spacing)


def _draw_panels(grid: np.ndarray, panels: Sequence[Panel], looks: Mapping[str, _Look]) -> list[tuple[float, float]]:
    """Draw all panels; return the limits of their vertical axes, which panels of one scale share."""
    ranges = [_draw_panel(axes, panel, looks) for axes, panel in zip(grid.flat, panels, strict=False)]
    limits = []
    for panel, own in zip(panels, ranges, strict=True):
        alike = [r for r, other in zip(ranges, panels, strict=True) if panel.scale and other.scale == panel.scale]
        limits.append(_fit_limits(alike or [own], is_log=panel.is_log))
    return limits


def _label_steps(grid: np.ndarray, panels: Sequence[Panel], x_label: str) -> None:
    """Give all panels one range of steps; only those without a panel below name them."""
    last_step = max(float(curve.index.max()) for panel in panels for curve in panel.curves.values())
    columns = grid.shape[1]
    for index, axes in enumerate(list(grid.flat)[: len(panels)]):
        axes.set_xlim(0, 1.015 * last_step)  # room for the last marker
        axes.tick_params(axis="x", pad=2)
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.locator_params(axis="x", nbins=4)
        if index + columns < len(panels):
            axes.tick_params(labelbottom=False)
        else:
            axes.set_xlabel(x_label, labelpad=1)


def _add_legend(figure: Figure, grid: np.ndarray, labels: Sequence[str], free: Axes | None) -> None:
    """Name the curves in an empty panel, or else above all panels."""
    handles = {line.get_label(): line for axes in grid.flat for line in axes.get_lines()}
    place: dict[str, Any] = {"loc": "upper center", "ncols": min(len(labels), 5), "borderaxespad": 0.1}
    if free is not None:
        place = {"loc": "center", "bbox_to_anchor": free.get_position()}
    figure.legend(handles=[handles[label] for label in labels], **place)


def _draw_panel(axes: Axes, panel: Panel, looks: Mapping[str, _Look]) -> tuple[float, float]:
    """Draw one panel; return the lowest and the highest value that its axis must show."""
    drawn = [_draw_curve(axes, panel, label, curve, looks[label]) for label, curve in panel.curves.items()]
    low, high = min(low for low, _ in drawn), max(high for _, high in drawn)
    room = NEAR * (high - low)
    near = [value for value in panel.references if low - room <= value <= high + room]
    for value in near:
        axes.axhline(value, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)))
    if panel.is_log:
        use_log_scale(axes)
    else:
        axes.locator_params(axis="y", nbins=5)
    return min([low, *near]), max([high, *near])


def _draw_curve(axes: Axes, panel: Panel, label: str, curve: pd.Series, look: _Look) -> tuple[float, float]:
    """Draw a curve with its band or its raw values; return the lowest and the highest value to show."""
    seen, smoothed = [], smooth(curve)
    if label in panel.bands:
        low, high = (thin(smooth(edge)) for edge in panel.bands[label])
        opacity = 0.18 if len(panel.curves) <= MAX_RAW else 0.08
        axes.fill_between(low.index, low, high, color=look.colour, alpha=opacity, linewidth=0)
        seen += [float(_skip_start(low).min()), float(_skip_start(high).max())]
    if len(curve) > 50:
        has_raw = label not in panel.bands and len(panel.curves) <= MAX_RAW
        if has_raw:
            raw = keep_extremes(curve)
            axes.plot(raw.index, raw, color=look.colour, alpha=0.22, linewidth=0.5)
        shown = thin(smoothed)
        marks = _make_markers(look.index, len(shown)) if look.is_marked else {}
        late = _skip_start(curve if has_raw else smoothed).quantile([OUTLIERS, 1 - OUTLIERS])
    else:
        shown, late, marks = curve, curve, _make_markers(look.index, NUM_MARKERS)
    axes.plot(shown.index, shown, color=look.colour, linestyle=look.dash, label=label, **marks)
    return min([*seen, float(late.min())]), max([*seen, float(late.max())])


def _skip_start(curve: pd.Series) -> pd.Series:
    return curve.iloc[int(len(curve) * START) :]


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
        figure = Figure(figsize=(WIDTH_MM * MM, (rows * HISTOGRAM_HEIGHT_MM + 6) * MM))
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
