"""Conversion of text in figures to shapes, for pages on which our fonts may be missing. In a PDF it stays text."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import replace
from functools import cache

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.ttLib import TTFont

from reportgen.assets import FONT_FILES
from reportgen.paper.report.model import Picture

TEXT = re.compile(r"<text ([^>]*)>([^<]*)</text>")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
SHARE_BEFORE = {"start": 0.0, "middle": 0.5, "end": 1.0}
"""Share of a line's length that precedes its point, by text anchor."""


def outline_picture(picture: Picture) -> Picture:
    """Return a picture that shows correctly anywhere: letters of an SVG become shapes, other pictures stay."""
    if picture.media_type != "image/svg+xml":
        return picture
    return replace(picture, content=outline_letters(picture.content))


def outline_letters(svg: bytes) -> bytes:
    """Replace each line of text in an SVG of ours by the shapes of our font's letters.

    Browsers show SVG images without the page's fonts, and other programs substitute fonts of their own.
    """
    used: dict[str, str] = {}
    content = TEXT.sub(lambda match: _outline_line(match, used), svg.decode("utf-8"))
    assert "<text" not in content, "figures contain plain lines only, no formulas"
    shapes = "".join(f'<path id="{name}" d="{path}"/>' for name, path in used.items())
    return content.replace("</svg>", f"<defs>{shapes}</defs></svg>").encode("utf-8")


def _outline_line(line: re.Match[str], used: dict[str, str]) -> str:
    """Return one ``<text>`` as a group of letters; add the paths of these letters, by id, to ``used``."""
    attributes = dict(ATTRIBUTE.findall(line[1]))
    weight = 700 if int(attributes.get("font-weight", 400)) >= 600 else 400
    scale = float(attributes["font-size"].removesuffix("px")) / _load_font(weight)["head"].unitsPerEm
    letters, position = [], 0
    for character in html.unescape(line[2]):
        path, advance = _load_letter(weight, character)
        if path:
            name = f"letter-{weight}-{ord(character):x}"
            used[name] = path
            letters.append(f'<use xlink:href="#{name}" x="{position}"/>')
        position += advance
    before = SHARE_BEFORE[attributes.get("text-anchor", "start")] * position * scale
    x, y = float(attributes.get("x", 0)) - before, float(attributes.get("y", 0))
    place = f"{attributes['transform']} translate({x:.3f} {y:.3f}) scale({scale:.6f} {-scale:.6f})"
    look = f'fill="{attributes.get("fill", "black")}" opacity="{attributes.get("opacity", 1)}"'
    return f'<g transform="{place}" {look}>{"".join(letters)}</g>'


@cache
def _load_font(weight: int) -> TTFont:
    return TTFont(FONT_FILES[weight], lazy=True)


@cache
def _load_letter(weight: int, character: str) -> tuple[str, int]:
    """Return a character's outline and advance in font units, with the vertical axis pointing up."""
    if unicodedata.category(character) == "Cf":
        return "", 0  # invisible; other characters that the font lacks were an error when the figure was drawn
    font = _load_font(weight)
    glyphs = font.getGlyphSet()
    glyph = glyphs[font.getBestCmap()[ord(character)]]
    pen = SVGPathPen(glyphs)
    glyph.draw(pen)
    return pen.getCommands(), glyph.width
