"""Pictures of curves from results: a row per configuration, and colours that tell what is compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reportgen.paper.analysis.results import Configuration, Results, load_results
from reportgen.paper.analysis.selection import find_baseline, find_swept
from reportgen.paper.figures.style import ABLATION_HUE, HUES, shade
from reportgen.paper.i18n.translator import Translator
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.model import Picture
from reportgen.paper.report.pictures import choose_colours, draw_gan_rows, draw_vae_overlay, draw_vae_rows
from reportgen.suite.settings import Question


@pytest.fixture(scope="module")
def whole(synthetic_output: Path) -> Results:
    """Results of the whole homework."""
    return load_results(synthetic_output)


def read_texts(picture: Picture) -> list[str]:
    return re.findall(r"<text [^>]*>([^<]*)</text>", picture.content.decode())


@pytest.mark.parametrize(("question", "hue"), [("vae_latent", HUES[0]), ("gan_hidden", HUES[1])])
def test_a_sweep_goes_from_light_to_dark_in_whichever_order_it_is_declared(
    whole: Results, question: Question, hue: str
) -> None:
    sweep = whole.answer(question)
    colours = choose_colours(sweep[::-1])
    assert [colours[c.label] for c in sweep] == shade(hue, len(sweep))


def test_an_ablation_has_a_hue_of_its_own_beside_its_baseline(whole: Results) -> None:
    for question in ("vae_architecture", "gan_mlp"):
        (ablated,) = whole.answer(question)
        baseline = find_baseline(whole, ablated)
        assert baseline is not None
        colours = choose_colours([baseline, ablated])
        assert colours == {baseline.label: HUES[question == "gan_mlp"], ablated.label: ABLATION_HUE}


def test_a_grid_is_no_sweep(whole: Results) -> None:
    grid = whole.answer("gan_grid")
    assert find_swept(grid) is None
    assert choose_colours(grid) == {}
    assert find_swept(whole.answer("vae_latent")) == "latent_dim"
    assert find_swept(grid[:1]) is None


def list_rows(b: Builder, results: Results) -> list[tuple[list[Configuration], list[Picture]]]:
    vaes, gans = results.answer("vae_latent"), results.answer("gan_grid")
    return [(vaes, draw_vae_rows(b, vaes)), (gans, draw_gan_rows(b, gans))]


def test_each_configuration_has_a_row_and_the_legend_stands_in_the_first(whole: Results) -> None:
    b = Builder(whole, Translator("en"))
    for configurations, pictures in list_rows(b, whole):
        texts = [read_texts(picture) for picture in pictures]
        names = [c.label for c in configurations]
        assert [[name for name in names if name in found] for found in texts] == [[name] for name in names]
        assert [b.t("axis.step") in found for found in texts] == [False] * (len(names) - 1) + [True]
        head = {b.t("axis.dev"), b.t("axis.after")}
        assert [bool(head & {*found}) for found in texts] == [True] + [False] * (len(names) - 1)
        assert all(c.label in picture.alt for c, picture in zip(configurations, pictures, strict=True))


def test_an_overlay_names_all_that_it_compares(whole: Results) -> None:
    vaes = whole.answer("vae_latent")
    assert {c.label for c in vaes} <= {*read_texts(draw_vae_overlay(Builder(whole, Translator("zh")), vaes))}
