"""Figures are drawn once for what they show."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure as Drawing

from reportgen.paper.figures.curves import Panel, draw_curves
from reportgen.paper.report.figure_cache import FigureCache


def test_a_figure_is_drawn_once_for_the_same_data(tmp_path: Path) -> None:
    drawn: list[float] = []

    def draw(panel: Panel, *, x_label: str) -> Drawing:
        drawn.append(float(panel.curves["a"].iloc[-1]))
        return draw_curves([panel], columns=1, x_label=x_label)

    def make_panel(last: float) -> Panel:
        return Panel("title", {"a": pd.Series([1.0, last], index=[1, 2])})

    kept = FigureCache(tmp_path, "en-")
    first = kept.draw("svg", draw, make_panel(2.0), x_label="x")
    assert kept.draw("svg", draw, make_panel(2.0), x_label="x") == first
    assert FigureCache(tmp_path, "en-").draw("svg", draw, make_panel(2.0), x_label="x") == first
    assert drawn == [2.0]
    assert FigureCache().draw("svg", draw, make_panel(2.0), x_label="x") == first
    assert drawn.pop() == 2.0
    kept.draw("svg", draw, make_panel(3.0), x_label="x")
    kept.draw("svg", draw, make_panel(3.0), x_label="y")
    kept.draw("png", draw, make_panel(3.0), x_label="y")
    assert drawn == [2.0, 3.0, 3.0, 3.0]
    other = FigureCache(tmp_path, "zh-")
    other.draw("svg", draw, make_panel(2.0), x_label="x")
    later = FigureCache(tmp_path, "en-")
    later.draw("svg", draw, make_panel(2.0), x_label="x")
    later.remove_unused()
    assert sorted(path.name[:3] for path in tmp_path.iterdir()) == ["en-", "zh-"]


def test_a_folder_that_cannot_keep_figures_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    panel = Panel("title", {"a": pd.Series([1.0, 2.0], index=[1, 2])})
    content = FigureCache(tmp_path / "file").draw("svg", draw_curves, [panel], columns=1, x_label="x")
    assert content.startswith(b"<?xml")
