"""Conversion of TeX to MathML for browsers and to SVG for PDF.

WeasyPrint does not lay out MathML: one half would read 12.
"""

from __future__ import annotations

import base64
from functools import cache

from latex2mathml.converter import convert
from markupsafe import Markup, escape
from ziamath.zmath import Latex

from reportgen.base.errors import RenderError

DISPLAY_SIZE_PT = 11.0
INLINE_SIZE_PT = 10.0


@cache
def to_mathml(tex: str, *, display: bool) -> Markup:
    """Convert a formula to a ``<math>`` element.

    Raises:
        RenderError: the TeX cannot be read.
    """
    try:
        return Markup(convert(tex, display="block" if display else "inline"))  # noqa: S704 - from our own catalogues
    except Exception as error:
        raise RenderError(f"the formula {tex!r} cannot be read: {error}") from error


@cache
def to_svg_image(tex: str, *, display: bool) -> Markup:
    """Convert a formula to an ``<img>`` with outlined glyphs, aligned to the baseline, with the TeX as ``alt``.

    Raises:
        RenderError: the TeX cannot be read.
    """
    size = DISPLAY_SIZE_PT if display else INLINE_SIZE_PT
    try:
        formula = Latex(tex, size=size, inline=not display)
        svg = formula.svg()
        depth = formula.getyofst()
    except Exception as error:
        raise RenderError(f"the formula {tex!r} cannot be read: {error}") from error
    width, height = formula.getsize()
    source = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    style = f"width:{width + 2:.2f}pt;height:{height + 2:.2f}pt;vertical-align:{depth:.2f}pt"
    return Markup('<img class="math" src="data:image/svg+xml;base64,{}" style="{}" alt="{}">').format(
        source, style, escape(tex)
    )
