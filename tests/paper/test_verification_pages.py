"""What someone does to the pages of a PDF is found, and on which page; what was not touched agrees."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from printing import print_once
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject, TextStringObject
from synthetic import ROOT, write_outlined, write_output

from reportgen.base.errors import RenderError
from reportgen.paper import verification
from reportgen.paper.analysis.results import Results, load_results
from reportgen.paper.rendering.html import render_html
from reportgen.paper.report.assemble import build_report
from reportgen.paper.report.model import Block, Formula, Paragraph, Report, Section, Span
from reportgen.paper.report.notes import WrittenNote
from reportgen.paper.verification import verify_pdf
from reportgen.paper.verification.document import Document
from reportgen.paper.verification.pages import compare_documents
from reportgen.store.images import encode_grid
from reportgen.suite.languages import LANGUAGES, Language

OUTLINE = """
sections:
  - {id: settings}
  - {id: background}
  - {id: vae_images, question: "3"}
  - {id: vae_fid, question: "4"}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """A finished suite in which every run has other images."""
    results = load_results(write_outlined(tmp_path_factory.mktemp("pages"), OUTLINE))
    for seed, run in enumerate(results.finished):
        noise = np.random.default_rng(seed).integers(0, 255, (32, 32, 32), np.uint8)
        for grid in ("samples", "reconstructions"):
            run.shown.images[run.find_grid(grid).name] = encode_grid(noise, 8)
    return results


@pytest.fixture(scope="module")
def report(results: Results) -> Report:
    return build_report(results, "en", {"vae_fid": WrittenNote("I saw *few* sevens.", replaces=False)})


@pytest.fixture(scope="module")
def honest(report: Report) -> bytes:
    return print_once(report)


def attack(content: bytes, change: Callable[[PdfWriter], object]) -> list[tuple[str, str, str]]:
    """Return the differences that are found after a change of the PDF."""
    writer, stream = PdfWriter(clone_from=io.BytesIO(content)), io.BytesIO()
    change(writer)
    writer.write(stream)
    return compare(stream.getvalue(), content)


def compare(printed: bytes, derived: bytes) -> list[tuple[str, str, str]]:
    found = compare_documents(Document(printed, "printed"), Document(derived, "derived"))
    return [dataclasses.astuple(difference) for difference in found]


def draw_over(writer: PdfWriter, index: int, operators: str) -> None:
    """Append a content stream to a page."""
    page, stream = writer.pages[index], StreamObject()
    stream.set_data(operators.encode())
    old = page["/Contents"].get_object()
    streams = list(old) if isinstance(old, ArrayObject) else [page.raw_get("/Contents")]
    page[NameObject("/Contents")] = ArrayObject([*streams, writer._add_object(stream)])


def write_over(writer: PdfWriter, words: str, look: str) -> None:
    """Write words in Helvetica on the second page."""
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    fonts: Any = writer.pages[1]["/Resources"]["/Font"].get_object()  # type: ignore[index]
    fonts[NameObject("/Mine")] = DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()})
    draw_over(writer, 1, f"q BT {look} /Mine 12 Tf 1 0 0 1 100 400 Tm ({words}) Tj ET Q")


def list_images(writer: PdfWriter) -> Iterator[tuple[Any, str]]:
    """Yield every image of the pages as the dictionary that holds it and its name there."""
    waiting: list[Any] = [page["/Resources"] for page in writer.pages]
    while waiting:
        drawn = waiting.pop(0).get_object().get("/XObject")
        for name in drawn.get_object() if drawn else ():
            if drawn.get_object()[name]["/Subtype"] == "/Image":
                yield drawn.get_object(), name
            elif "/Resources" in drawn.get_object()[name]:
                waiting.append(drawn.get_object()[name]["/Resources"])


def exchange_pictures(writer: PdfWriter) -> None:
    found = [(holder, name) for holder, name in list_images(writer) if holder[name].get_data()]
    one, other = next((a, b) for a in found for b in found if _are_exchangeable(a[0][a[1]], b[0][b[1]]))
    first, second = one[0].raw_get(one[1]), other[0].raw_get(other[1])
    one[0][NameObject(one[1])], other[0][NameObject(other[1])] = second, first


def _are_exchangeable(a: Any, b: Any) -> bool:
    return bool(a["/Width"] == b["/Width"] and a["/Height"] == b["/Height"] and a.get_data() != b.get_data())


def test_what_another_program_saved_agrees(honest: bytes) -> None:
    assert attack(honest, lambda writer: None) == []


@pytest.mark.parametrize("look", ["0 g", "1 1 1 rg", "3 Tr"], ids=["black", "white", "invisible"])
def test_a_sentence_laid_over_a_page_is_found(honest: bytes, look: str) -> None:
    ((where, printed, derived),) = attack(honest, lambda writer: write_over(writer, "All is well", look))
    assert (where, printed, derived) == ("page 2", "All is well (Helvetica)", "nothing")


def test_a_white_box_that_hides_words_is_found(honest: bytes) -> None:
    found = attack(honest, lambda writer: draw_over(writer, 0, "q 1 1 1 rg 50 300 300 40 re f Q"))
    assert found == [("page 1", "1 x drawing", "nothing")]


def test_a_sentence_as_an_annotation_is_found(honest: bytes) -> None:
    note = FreeText(text="All is well", rect=(50, 550, 200, 650))
    found = attack(honest, lambda writer: writer.add_annotation(1, note))
    assert found == [("page 2", "an annotation: All is well", "none")]


def test_letters_that_look_like_others_are_found(honest: bytes) -> None:
    def exchange_fonts(writer: PdfWriter) -> None:
        fonts: Any = writer.pages[0]["/Resources"]["/Font"].get_object()  # type: ignore[index]
        first, other = [_describe_font(fonts[name]) for name in list(fonts)[:2]]
        (key,) = [key for key in first if key.startswith("/FontFile")]
        one, two = first.raw_get(key), other.raw_get(key)
        first[NameObject(key)], other[NameObject(key)] = two, one

    found = attack(honest, exchange_fonts)
    assert found


def _describe_font(font: Any) -> Any:
    return font["/DescendantFonts"][0].get_object()["/FontDescriptor"]


def test_a_picture_that_is_shown_as_its_negative_is_found(honest: bytes) -> None:
    def invert(writer: PdfWriter) -> None:
        holder, name = next(iter(list_images(writer)))
        holder[name][NameObject("/Decode")] = ArrayObject([NumberObject(1), NumberObject(0)])

    assert any(printed.startswith("looks different near: ") for _, printed, _ in attack(honest, invert))


def test_exchanged_pictures_are_found(honest: bytes) -> None:
    found = attack(honest, exchange_pictures)
    assert found
    assert all("picture" in printed for _, printed, _ in found)


def test_pages_removed_added_and_reordered_are_found(honest: bytes) -> None:
    ((where, printed, _),) = attack(honest, lambda writer: writer.remove_page(1))
    assert (where, printed) == ("page 2", "the page is missing")
    ((where, _, derived),) = attack(honest, lambda writer: writer.insert_blank_page(index=1))
    assert (where, derived) == ("page 2", "no such page here")

    def reorder(writer: PdfWriter) -> None:
        pages: Any = writer._root_object["/Pages"]["/Kids"]  # type: ignore[index]
        pages[0], pages[1] = pages[1], pages[0]

    assert {"page 1", "page 2"} >= {where for where, _, _ in attack(honest, reorder)} > set()


def test_scripts_layers_and_another_author_are_found(honest: bytes) -> None:
    def change(writer: PdfWriter) -> None:
        script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")}
        action = DictionaryObject({NameObject(key): value for key, value in script.items()})
        writer._root_object[NameObject("/OpenAction")] = action
        writer._root_object[NameObject("/OCProperties")] = DictionaryObject()
        writer.add_metadata({"/Author": "Eve"})

    places = {(where, printed) for where, printed, _ in attack(honest, change)}
    assert places == {("description, Author", "Eve"), ("file", "has /JavaScript"), ("file", "has /OCProperties")}


def test_a_link_that_leads_elsewhere_is_found(honest: bytes) -> None:
    def change(writer: PdfWriter) -> None:
        links = [a.get_object() for page in writer.pages for a in page.get("/Annots", ())]
        first, other = (next(link for link in links if link["/Dest"] != to) for to in ("", links[0]["/Dest"]))
        other[NameObject("/Contents")], first[NameObject("/Contents")] = first["/Contents"], other["/Contents"]

    assert attack(honest, change)


def change_blocks(report: Report, change: Callable[[Block], Block]) -> Report:
    def walk(section: Section) -> Section:
        return section.map_blocks(lambda part: map(change, part.blocks))

    changed = dataclasses.replace(report, sections=tuple(map(walk, report.sections)))
    assert changed != report
    return changed


def change_formula(block: Block) -> Block:
    return Formula(re.sub(r"\d", "7", block.tex)) if isinstance(block, Formula) else block


def change_bold(block: Block) -> Block:
    if not isinstance(block, Paragraph):
        return block
    return dataclasses.replace(block, line=tuple(Span("strong", s.text) if s.kind == "text" else s for s in block.line))


@pytest.mark.parametrize("change", [change_formula, change_bold])
def test_a_digit_of_a_formula_and_a_bold_are_found(
    report: Report, honest: bytes, change: Callable[[Block], Block]
) -> None:
    assert compare(print_once(change_blocks(report, change)), honest)


def test_a_note_that_is_not_the_attached_one_is_found(results: Results, report: Report, honest: bytes) -> None:
    other = build_report(results, "en", {"vae_fid": WrittenNote("I saw *many* sevens.", replaces=False)})
    found = compare(print_once(dataclasses.replace(other, attachments=report.attachments)), honest)
    assert any("many" in printed and "few" in derived for _, printed, derived in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_with_notes_agrees_in_both_languages(results: Results, tmp_path: Path, language: Language) -> None:
    notes = {"vae_fid": WrittenNote("I saw *few* sevens. 少", replaces=False)}
    path = tmp_path / "r.pdf"
    path.write_bytes(print_once(build_report(results, language, notes)))
    found = verify_pdf(path)
    assert found.differences == ()
    assert found.is_fine
    assert found.num_pages == len(PdfReader(path).pages)


@pytest.mark.parametrize(
    ("outline", "language", "seeds"), [("full", "zh", "[0, 1]"), ("vae-gan", "en", "[0]"), ("gan", "zh", "[0]")]
)
def test_every_outline_is_made_again_from_what_its_pdf_carries(
    tmp_path: Path, outline: str, language: Language, seeds: str
) -> None:
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8").replace("outline: full", f"outline: {outline}")
    suite = tmp_path / "suite.yaml"
    suite.write_text(re.sub(r"seeds: \[[^\]]*\]", f"seeds: {seeds}", text), encoding="utf-8")
    write_output(tmp_path / "out", suite_file=suite)
    report = build_report(load_results(tmp_path / "out"), language)
    _, again = verification._rebuild({a.name: a.content.decode() for a in report.attachments})
    assert render_html(again, "print") == render_html(report, "print")
    assert again.attachments == report.attachments


def test_attachments_that_do_not_belong_are_found(
    honest: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "_print", lambda report: Document(honest, "derived"))
    writer, path = PdfWriter(clone_from=io.BytesIO(honest)), tmp_path / "r.pdf"
    writer.add_attachment("secret.txt", b"hello")
    writer.write(path)
    assert [difference.where for difference in verify_pdf(path).differences] == ["attachment secret.txt"]


def test_without_pango_no_page_is_compared_and_the_command_says_so(
    honest: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from reportgen.cli.commands import app

    def fail(report: Report) -> Document:
        raise RenderError("the PDF needs Pango, which is missing")

    monkeypatch.setattr(verification, "_print", fail)
    path = tmp_path / "r.pdf"
    path.write_bytes(honest)
    run = CliRunner().invoke(app, ["verify", str(path), "--csv", "-"])
    assert run.exit_code == 1
    assert "PAGES NOT COMPARED" in run.output
    assert "these agree" in run.output
    assert ",pages not compared," in run.output
