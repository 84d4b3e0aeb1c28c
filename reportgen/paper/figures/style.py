"""The style of all figures, and their conversion to SVG and PNG."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator
from PIL import Image

from reportgen.assets import FONT_FILES
from reportgen.base.errors import RenderError

# Okabe & Ito's palette: distinct with every common form of colour blindness. Dashes distinguish curves in a grey print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
HUES = COLOURS[:2]
"""A hue per model, in the order of ``MODELS``."""
ABLATION_HUE = COLOURS[2]
EMPHASIS = COLOURS[1]
"""Colour of the few marks in a figure that stand out from the rest."""
CLASS_COLOURS = (
    *("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd"),
    *("#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"),
)
"""Colours of ten classes; the number of a class stands on its points for those who cannot tell colours apart."""
DASHES = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (4, 1, 1, 1)), (0, (7, 2, 1, 2, 1, 2)), (0, (2, 2)), (0, (9, 2)))
MARKERS = ("o", "s", "^", "D", "v", "x", "+")
BLACK, GREY, LIGHT_GREY = "#000000", "#666666", "#999999"
LIGHTEST, DARKEST = 0.5, 0.45
"""Shares of white in the first shade of a hue, and of black in the last."""
FAMILY = "Noto Sans SC"
MM = 1 / 25.4  # in inches, matplotlib's unit

STYLE: dict[Any, Any] = {
    "font.family": FAMILY,
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.titley": 1.0,  # placing titles automatically takes a third of the drawing time
    "axes.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.4,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.bottom": False,  # the grid's lines are enough
    "ytick.left": False,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "lines.linewidth": 1.2,
    "path.simplify_threshold": 0.5,
    "svg.fonttype": "none",  # text stays text; rendering outlines it where the font may be missing
    "svg.hashsalt": "reportgen",
    "figure.constrained_layout.use": True,
}


SHEET = '<style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style>'
TAG = re.compile(r"<[^>]*>")
STYLE_ATTRIBUTE = re.compile(r'style="([^"]*)"')
PROPERTY = re.compile(r"([\w-]+): ?([^;]+)")
EMBEDDED = re.compile(r"data:image/png;base64,([\w+/=\s]+)")


def shade(hue: str, num: int) -> list[str]:
    """Return shades of a hue from light to dark, for the values of a sweep in ascending order; of one, the hue."""
    if num == 1:
        return [hue]
    return [_mix(hue, share) for share in np.linspace(LIGHTEST, -DARKEST, num)]


def _mix(hue: str, share: float) -> str:
    """Mix a colour with a share of white, or of black if it is negative."""
    other = 1.0 if share > 0 else 0.0
    red, green, blue = ((1 - abs(share)) * part + abs(share) * other for part in to_rgb(hue))
    return to_hex((red, green, blue))


def use_log_scale(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers at its ticks."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.minorticks_off()


@contextmanager
def use_style() -> Iterator[None]:
    """Apply the style to all drawing in the body.

    Raises:
        RenderError: the bundled font lacks a character.
    """
    _add_fonts()
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("error", message=r"Glyph .* missing")
        try:
            yield
        except UserWarning as error:
            raise RenderError(f"a figure needs a character that the bundled font lacks: {error}") from error


@cache
def _add_fonts() -> None:
    for path in FONT_FILES.values():
        font_manager.fontManager.addfont(str(path))


def to_svg(figure: Figure) -> bytes:
    """Return a figure as SVG; equal figures give equal bytes."""
    stream = io.BytesIO()
    with use_style():
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    svg = _replace_styles(stream.getvalue().decode("utf-8"))
    return EMBEDDED.sub(_shrink_grey, svg).encode("utf-8")


def _replace_styles(svg: str) -> str:
    """Replace the styles of matplotlib's SVG by attributes; parsing styles takes an eighth of WeasyPrint's drawing."""
    assert SHEET in svg, "matplotlib writes this style sheet"
    svg = svg.replace(SHEET, "").replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" ', 1)
    return TAG.sub(lambda tag: STYLE_ATTRIBUTE.sub(_list_attributes, tag[0]), svg)


def _list_attributes(style: re.Match[str]) -> str:
    return " ".join(f'{name}="{value}"' for name, value in dict(PROPERTY.findall(style[1])).items())


def _shrink_grey(embedded: re.Match[str]) -> str:
    """Return the address of an embedded PNG, of one that is opaque and grey as a PNG of one channel."""
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(embedded[1]))).convert("RGBA"))
    if (pixels[..., 3] < 255).any() or (pixels[..., :3] != pixels[..., :1]).any():
        return embedded[0]
    stream = io.BytesIO()
    Image.fromarray(pixels[..., 0]).save(stream, "png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


NUM_COLOURS = 64
"""Colours of a PNG without photographs, which is a quarter of the size for it."""


def to_png(figure: Figure, dpi: int = 200) -> bytes:
    """Return a figure as PNG; equal figures give equal bytes."""
    stream = io.BytesIO()
    with use_style():
        figure.savefig(stream, format="png", dpi=dpi, metadata={"Software": None})
    if any(axes.images for axes in figure.axes):
        return stream.getvalue()
    few = io.BytesIO()
    Image.open(stream).convert("RGB").quantize(NUM_COLOURS, dither=Image.Dither.NONE).save(few, "png", optimize=True)
    return few.getvalue()
