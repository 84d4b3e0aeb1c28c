"""Figures hold their text as text. A PDF keeps it so; where our fonts may be lacking, its letters become shapes."""

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
"""Anchor -> the share of a line that stands before its point."""


def outline_picture(picture: Picture) -> Picture:
    """A picture as it may be shown anywhere: a drawing's letters as shapes, an image as it is."""
    if picture.media_type != "image/svg+xml":
        return picture
    return replace(picture, content=outline_letters(picture.content))


def outline_letters(svg: bytes) -> bytes:
    """An SVG of the figures' room, each line of it as shapes of our font's letters instead.

    A browser shows an image without the page's fonts, and other programs use those that they have.
    """
    used: dict[str, str] = {}
    content = TEXT.sub(lambda match: _outline_line(match, used), svg.decode("utf-8"))
    assert "<text" not in content, "only plain lines are known here, no formulas"
    shapes = "".join(f'<path id="{name}" d="{path}"/>' for name, path in used.items())
    return content.replace("</svg>", f"<defs>{shapes}</defs></svg>").encode("utf-8")


def _outline_line(line: re.Match[str], used: dict[str, str]) -> str:
    """One ``<text>`` as a group of letters; notes in ``used`` which letters it needs: id -> path."""
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
    """A character's outline and advance in units of the font, the vertical axis upwards."""
    if unicodedata.category(character) == "Cf":
        return "", 0  # invisible; of others that the font lacks, matplotlib has told
    font = _load_font(weight)
    glyphs = font.getGlyphSet()
    glyph = glyphs[font.getBestCmap()[ord(character)]]
    pen = SVGPathPen(glyphs)
    glyph.draw(pen)
    return pen.getCommands(), glyph.width
