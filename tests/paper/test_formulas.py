"""TeX formulas as MathML and as images."""

from __future__ import annotations

import pytest

from reportgen.base.errors import RenderError
from reportgen.paper.rendering.formulas import to_mathml, to_svg_image


def test_formulas_are_mathml_and_svg_with_their_tex_as_text() -> None:
    assert "<mfrac>" in to_mathml(r"\frac{1}{2}", display=True)
    image = to_svg_image(r"\frac{1}{2}", display=False)
    assert 'alt="\\frac{1}{2}"' in image
    assert "data:image/svg+xml;base64," in image


@pytest.mark.fault(row=5)
def test_a_broken_formula_is_an_error() -> None:
    with pytest.raises(RenderError, match="cannot be read"):
        to_svg_image(r"\frac{1}{", display=True)
