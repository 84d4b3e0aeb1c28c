from __future__ import annotations

import base64
import contextlib
import dataclasses
import errno
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pypdfium2
import pytest
from printing import render_pdfs
from pypdf import PdfReader
from synthetic import ROOT, WITHOUT_TORCH, write_output

import reportgen.paper.rendering
import reportgen.paper.rendering.pdf
from reportgen.base.errors import RenderError, RunError
from reportgen.base.files import write_text
from reportgen.paper.analysis.results import load_results
from reportgen.paper.figures.curves import Panel, draw_curves
from reportgen.paper.figures.style import to_svg, use_style
from reportgen.paper.rendering import printer, render_reports
from reportgen.paper.rendering.html import render_html
from reportgen.paper.rendering.letters import TEXT, outline_letters
from reportgen.paper.rendering.pdf import prepare_pdf
from reportgen.paper.rendering.printer import PdfPrinter
from reportgen.paper.rendering.templates import halve
from reportgen.paper.report.assemble import build_report
from reportgen.paper.report.model import Cell, Figure, Paragraph, Picture, Report, Section, Span, Table
from reportgen.store.paths import OutputPaths
from reportgen.suite.languages import LANGUAGES, Language
from reportgen.suite.plan import RunSpec


@pytest.fixture(scope="module")
def reports(synthetic_output: Path) -> dict[Language, Report]:
    results = load_results(synthetic_output)
    return {language: build_report(results, language) for language in LANGUAGES}


@pytest.fixture(scope="module")
def pdfs(reports: dict[Language, Report]) -> dict[Language, bytes]:
    return render_pdfs(reports)


@pytest.fixture(scope="module")
def small(reports: dict[Language, Report]) -> Report:
    """A report of one section, for what does not depend on the rest."""
    section = dataclasses.replace(reports["en"].sections[1], sections=())
    return dataclasses.replace(reports["en"], sections=(section,))


# ---- HTML -----------------------------------------------------------------------------------------------------------


@pytest.mark.fault(row=5)
@pytest.mark.parametrize("language", LANGUAGES)
def test_html_is_self_contained(reports: dict[Language, Report], language: Language) -> None:
    page = render_html(reports[language], "screen")
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)
    assert "<script" not in page
    assert "@import" not in page
    assert set(re.findall(r"url\((.{5})", page)) <= {"data:"}
    assert page.count("<math") >= 5


def test_html_ids_are_unique_and_links_lead_somewhere(reports: dict[Language, Report]) -> None:
    page = render_html(reports["en"], "screen")
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert all(re.findall(r'<img [^>]*alt="([^"]*)"', page))


def test_no_space_ends_a_line_before_what_it_rests_on(reports: dict[Language, Report]) -> None:
    """Where such a space alone does not fit on the line, WeasyPrint breaks the line after its first word."""
    page = render_html(reports["zh"], "print")
    assert re.search(r'\S<span class="evidence">', page)
    assert not re.search(r'\s<span class="evidence">', page)


@pytest.mark.fault(row=5)
def test_user_text_is_shown_as_text(small: Report) -> None:
    evil = '<script>alert(1)</script> {{7*7}} </style> $\\x$ <img src="file:///etc/passwd">'
    page = render_html(dataclasses.replace(small, title=evil, author=(("Author", evil),)), "screen")
    assert "<script>" not in page
    assert "{{7*7}}" in page
    assert "&lt;img src=&#34;file:" in page


@pytest.mark.fault(row=5)
def test_code_is_escaped_and_highlighted(reports: dict[Language, Report]) -> None:
    page = render_html(reports["en"], "screen")
    assert '<span class="k">def</span>' in page
    assert "&lt;&amp;&gt;" in page
    assert '<span class="n">' not in page  # looks like plain text: an element for it would only cost


def test_contents_stand_in_halves(reports: dict[Language, Report]) -> None:
    first, second = halve(reports["en"].sections)
    assert (*first, *second) == reports["en"].sections
    lines = [sum(1 + len(section.sections) for section in half) for half in (first, second)]
    assert abs(lines[0] - lines[1]) <= max(1 + len(section.sections) for section in reports["en"].sections)
    assert halve([]) == ([], [])
    assert halve(reports["en"].sections[:1]) == (reports["en"].sections[:1], ())


# ---- The letters of figures -----------------------------------------------------------------------------------------


def draw_sample() -> bytes:
    """A drawing with lines at the start, in the middle and at the end of their points, upright, bold and coloured."""
    panel = Panel("\u8bad\u7ec3 a < b & c", {"a": pd.Series([1.0, 2.0], index=[1, 2])})
    drawing = draw_curves([panel], columns=1, x_label="step")
    with use_style():
        drawing.axes[0].text(0.5, 1.5, "upright", rotation=90)
        drawing.axes[0].text(1.2, 1.7, "bold?", fontweight="bold", color="#D55E00")
        drawing.axes[0].text(1.5, 1.2, "fa\u200bint: a; b", fontweight="semibold", alpha=0.4)
    return to_svg(drawing)


def print_picture(small: Report, svg: bytes, times: int = 1) -> np.ndarray:
    """The pages of a report whose only figure shows this picture so many times, uint8 [P, H, W]."""
    figure = Figure("figure-x", (Span("text", "caption"),), (Picture(svg, "image/svg+xml", "alt", 170),) * times)
    section = dataclasses.replace(small.sections[0], blocks=(figure,))
    report = dataclasses.replace(small, sections=(section,), labels=small.labels | {"figure-x": "Figure 1"})
    pages = pypdfium2.PdfDocument(render_pdfs({"en": report})["en"])
    return np.stack([np.asarray(page.render(scale=3, grayscale=True).to_pil()) for page in pages])


def test_letters_as_shapes_look_like_the_text_that_they_were(small: Report) -> None:
    svg = draw_sample()
    assert b"<text" in svg
    shapes = outline_letters(svg)
    assert b"<text" not in shapes
    ElementTree.fromstring(shapes)
    pages = (print_picture(small, picture) for picture in (svg, shapes, TEXT.sub("", svg.decode()).encode()))
    as_text, as_shapes, without = (page.astype(int) for page in pages)
    difference = np.abs(as_text - as_shapes).sum() / np.abs(as_text - without).sum()
    assert difference < 0.4  # of a shift by less than a pixel; letters elsewhere would make it 2


def test_a_page_may_end_between_the_pictures_of_a_figure(small: Report) -> None:
    panel = Panel("loss", {"a": pd.Series([1.0, 2.0], index=[1, 2])})
    row = to_svg(draw_curves([panel], columns=1, x_label="step"))
    *_, before, last = print_picture(small, row, times=10)
    height = len(before)
    inked = np.flatnonzero((before[: round(0.94 * height)] < 200).any(axis=1))
    assert inked.max() > 0.78 * height, "a hole where a picture of 42 mm would have had room"
    assert (last[: height // 3] < 200).any()


def test_a_page_for_the_screen_needs_no_fonts_for_its_figures(reports: dict[Language, Report]) -> None:
    drawings = [p for block in reports["zh"].walk() for p in getattr(block, "pictures", ()) if "svg" in p.media_type]
    assert drawings
    assert all(b"<text" in picture.content for picture in drawings)
    page = render_html(reports["zh"], "screen")
    sources = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert len(sources) == len(drawings)
    assert not any(b"<text" in base64.b64decode(source) for source in sources)


# ---- PDF ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_is_tagged_titled_and_carries_its_data(
    pdfs: dict[Language, bytes], reports: dict[Language, Report], language: Language
) -> None:
    reader = PdfReader(io.BytesIO(pdfs[language]))
    catalog: Any = reader.trailer["/Root"].get_object()
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"].startswith(language)
    assert reader.metadata is not None
    assert reader.metadata.title == reports[language].title
    assert set(reader.attachments) == {"runs.csv", "experiments.yaml", "metrics.json", "pictures.json"}
    assert reader.attachments["runs.csv"][0].startswith(b"run,key,dataset")
    assert len(reader.outline) >= 10
    assert 8 <= len(reader.pages) <= 36
    assert len(pdfs[language]) < 5_000_000


def find_fonts(page: Any) -> list[Any]:
    """Return the font dictionaries of a page of pypdf, whose objects have no types."""
    return [*page["/Resources"].get("/Font", {}).values()]


def test_pdf_has_only_our_fonts(pdfs: dict[Language, bytes]) -> None:
    reader = PdfReader(io.BytesIO(pdfs["zh"]))
    fonts = {str(font.get_object()["/BaseFont"]).split("+")[-1] for page in reader.pages for font in find_fonts(page)}
    assert fonts
    assert all(name.startswith(("Noto-Sans-SC", "DejaVu-Sans")) for name in fonts)
    pages = pypdfium2.PdfDocument(pdfs["zh"])
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert "模式崩溃" in text
    assert "训练批次：KL散度" in text  # stands in a figure only


def test_pdf_is_the_same_every_time(small: Report) -> None:
    assert render_pdfs({"en": small}) == render_pdfs({"en": small})


@pytest.mark.fault(row=7)
def test_a_rare_character_is_replaced_and_listed(tmp_path: Path) -> None:
    text = (ROOT / "experiments.yaml").read_text(encoding="utf-8")
    text = text.replace('name: ""', 'name: "\U00012000 \u4dae \u202exyz"')
    (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
    write_output(tmp_path / "out", suite_file=tmp_path / "suite.yaml", leave_out=lambda s: s.name != "vae-3-s0")
    warnings: list[str] = []
    (path,) = render_reports(tmp_path / "out", ["en"], ["pdf"], warn=warnings.append).paths
    assert warnings == ["the fonts lack 1 characters: \U00012000 (U+12000): shown as \u3013 in the PDF"]
    first = PdfReader(path).pages[0].extract_text()
    assert "\u3013" in first
    assert "\u4dae" in first
    assert "xyz" in first


@pytest.mark.fault(row=7)
def test_many_rare_characters_are_one_warning() -> None:
    from reportgen.paper.rendering.characters import describe_characters

    assert describe_characters([chr(0x12000 + i) for i in range(12)]).endswith("U+12009) and 2 more")


def test_our_own_words_need_no_substitute(reports: dict[Language, Report]) -> None:
    from reportgen.paper.rendering.characters import find_missing_characters, substitute_missing

    assert [find_missing_characters(report) for report in reports.values()] == [[], []]
    for report in reports.values():
        page = render_html(report, "print")
        assert substitute_missing(page) == page


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_runs_off_the_page(pdfs: dict[Language, bytes], language: Language) -> None:
    check_boxes(pdfs[language])


def check_boxes(content: bytes) -> None:
    """All text is 15 mm from the sides, and 5.5 from top and bottom, near which headers and page numbers stand."""
    millimetre = 72 / 25.4
    for number, page in enumerate(pypdfium2.PdfDocument(content), 1):
        width, height = page.get_size()
        text = page.get_textpage()
        for index in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(index)
            shown = (number, text.get_text_bounded(left, bottom, right, top)[:60])
            assert left > 15 * millimetre, shown
            assert right < width - 15 * millimetre, shown
            assert bottom > 5.5 * millimetre, shown
            assert top < height - 5.5 * millimetre, shown


def test_a_wide_table_gets_small_type_or_a_turned_page(small: Report) -> None:
    from reportgen.paper.report.builder import _find_width

    def make(columns: int) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
        return ("Run",) * columns, (tuple(Cell("12.34 \u00b1 5.67") for _ in range(columns)),)

    assert [_find_width(*make(n)) for n in (5, 8, 12)] == ["normal", "dense", "landscape"]
    tables = [Table(f"table-{n}", (), *make(n), width=_find_width(*make(n))) for n in (6, 8, 13)]
    after = Section("after", "2", "After", (Paragraph((Span("text", "Upright again."),)),))
    section = dataclasses.replace(small.sections[0], blocks=tuple(tables))
    labels = small.labels | {table.id: table.id for table in tables}
    content = render_pdfs({"en": dataclasses.replace(small, sections=(section, after), labels=labels)})["en"]
    check_boxes(content)
    sizes = [page.get_size() for page in pypdfium2.PdfDocument(content)]
    *_, before, turned, last = [width > height for width, height in sizes]
    assert (before, turned, last) == (False, True, False)


MANY = """
dataset: mnist-5k
runs:
  grid:
    section: gan_grid
    model: gan
    latent_dim: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    hidden_dim: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    num_training_steps: 100
    image_interval: 50
  sweep:
    section: vae_latent
    model: vae
    latent_dim: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
    learning_rate: [1e-4, 2e-4, 3e-4, 4e-4, 5e-4]
    num_training_steps: 100
    image_interval: 50
"""


@pytest.mark.fault(row=17)
def test_a_report_of_200_runs_is_valid(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(MANY, encoding="utf-8")
    write_output(tmp_path / "out", suite_file=tmp_path / "suite.yaml", profile="full")
    results = load_results(tmp_path / "out")
    assert len(results.finished) == 200
    report = build_report(results, "en", draws=False)  # its figures are those of any report
    content = render_pdfs({"en": report})["en"]
    check_boxes(content)
    assert len(pypdfium2.PdfDocument(content)) <= 42
    assert len(content) < 5_000_000
    words = "".join(span.text for block in report.walk() for span in getattr(block, "line", ()))
    assert "8 of 100 configurations are shown in figures" in words
    table = next(block for block in report.walk() if isinstance(block, Table) and block.id == "table-all_runs")
    assert "The first 60 of 200 rows are shown" in "".join(span.text for span in table.caption)


@pytest.mark.fault(row=5)
def test_pdf_fetches_nothing_from_anywhere(small: Report) -> None:
    from weasyprint.urls import FatalURLFetchingError

    from reportgen.paper.rendering import weasyprint_child

    for address in (f"file://{ROOT / 'LICENSE'}", "http://169.254.169.254/"):
        page = f'<html lang="en"><title>x</title><body><img alt="x" src="{address}"><p>text'
        job = {"html": page, "target": "/dev/null", "created": "2026-01-01T00:00:00+00:00", "attachments": []}
        with pytest.raises(FatalURLFetchingError):
            weasyprint_child.render(job)


def replace_child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let the printer start a process that runs ``code`` in place of WeasyPrint."""
    real = subprocess.Popen

    def start(_: object, **options: Any) -> subprocess.Popen[bytes]:
        return real([sys.executable, "-c", code], **options)

    monkeypatch.setattr("reportgen.paper.rendering.printer.subprocess.Popen", start)


@pytest.mark.fault(row=16)
def test_without_pango_the_html_is_made_and_the_remedy_is_named(one_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; sys.stderr.write(\"OSError: cannot load library 'libpango-1.0-0'\"); sys.exit(1)"
    replace_child(monkeypatch, code)
    with pytest.raises(RenderError, match="apt-get install libpango"):
        render_reports(one_run, ["en"], ["html", "pdf"], warn=print)
    assert (one_run / "report.en.html").stat().st_size > 100_000
    assert not (one_run / "report.en.pdf").exists()


@pytest.mark.fault(row=16)
def test_a_hanging_child_is_given_up(small: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printer, "TIME_LIMIT_SECONDS", 0.5)
    replace_child(monkeypatch, "import time; time.sleep(60)")
    with pytest.raises(RenderError, match="given up"):
        render_pdfs({"en": small})


def test_what_still_runs_ends_with_the_printer(small: Report) -> None:
    with PdfPrinter() as printer:
        job = printer.job("en")
        prepare_pdf(small, job)
        printer.start("en")
        (child,) = printer._children.values()
    assert child.returncode == -signal.SIGKILL
    assert not job.folder.exists()


def test_what_is_waited_for_ends_with_the_printer(small: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise SystemExit(143)

    with PdfPrinter() as printer:
        prepare_pdf(small, printer.job("en"))
        printer.start("en")
        (child,) = printer._children.values()
        with monkeypatch.context() as patch:
            patch.setattr(child, "communicate", interrupt)
            with pytest.raises(SystemExit):
                printer.finish("en")
    assert child.returncode == -signal.SIGKILL


forked = pytest.mark.skipif(sys.platform != "linux", reason="the process must be forked to take over what is set here")


@forked
def test_a_process_that_is_killed_leaves_one_clear_line(one_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(one_run.iterdir())
    monkeypatch.setattr(reportgen.paper.rendering, "_build", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(RenderError, match=r"'zh' was killed by signal 9; .* out of memory; try one"):
        render_reports(one_run, LANGUAGES, ["html"], warn=print)
    assert sorted(one_run.iterdir()) == before


@forked
def test_a_bug_in_a_process_is_no_lack_of_memory(
    one_run: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reportgen.paper.rendering, "_build", lambda *_: 1 // 0)
    with pytest.raises(RuntimeError, match="its traceback stands above"):
        render_reports(one_run, ["en"], ["html"], warn=print)
    assert "ZeroDivisionError" in capfd.readouterr().err


@forked
def test_of_two_errors_the_first_language_has_its_own_told(one_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_paths: object, language: str, *_: object) -> None:
        time.sleep(0.3 if language == "zh" else 0)
        raise RenderError(f"the note in {language}")

    monkeypatch.setattr(reportgen.paper.rendering, "_build", fail)
    with pytest.raises(RenderError, match="the note in zh"):
        render_reports(one_run, LANGUAGES, ["html"], warn=print)


@pytest.mark.fault(row=11)
@pytest.mark.parametrize("where", [pytest.param("prepare", marks=forked), "start", "place"])
def test_the_html_is_there_whatever_becomes_of_the_pdf(
    one_run: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if where == "prepare":
        monkeypatch.setattr(reportgen.paper.rendering.pdf, "prepare_pdf", fail)
    elif where == "start":
        monkeypatch.setattr("reportgen.paper.rendering.printer.subprocess.Popen", fail)
    else:
        monkeypatch.setattr("reportgen.paper.rendering.printer.tempfile.TemporaryDirectory", fail)
    with pytest.raises(RenderError, match="No space left on device"):
        render_reports(one_run, ["en"], ["html", "pdf"], warn=print)
    assert (one_run / "report.en.html").exists() == (where != "place")
    assert not (one_run / "report.en.pdf").exists()


DRAWING = """
import os, sys, time
import reportgen.paper.rendering
from reportgen.cli.commands import main

def draw(*_):
    os.write(1, b"%d\\n" % os.getpid())  # at once: two processes share the pipe
    time.sleep(60)

reportgen.paper.rendering._build = draw
sys.argv = ["reportgen", "render", "--format", "html", "--output", sys.argv[1]]
main()
"""


@forked
@pytest.mark.fault(row=8)
@pytest.mark.parametrize(
    ("sent", "to_group", "status"),
    [
        (signal.SIGINT, True, 130),
        (signal.SIGTERM, False, 143),
        (signal.SIGTERM, True, 143),
        (signal.SIGKILL, False, -signal.SIGKILL),
    ],
)
def test_what_draws_ends_with_the_command(one_run: Path, sent: int, to_group: bool, status: int) -> None:
    """Two drawings that would take a minute, and a signal."""
    child = subprocess.Popen(
        [sys.executable, "-c", DRAWING, str(one_run)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    assert child.stdout is not None
    drawing = [int(child.stdout.readline()) for _ in LANGUAGES]
    (os.killpg if to_group else os.kill)(child.pid, sent)
    _, errors = child.communicate(timeout=20)
    assert child.returncode == status
    assert "Traceback" not in errors
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in drawing):
        assert time.monotonic() < deadline, "a drawing process outlives its command"
        time.sleep(0.05)


# ---- Markdown -------------------------------------------------------------------------------------------------------


def test_markdown_has_its_pictures_beside_it(synthetic_output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(synthetic_output, folder)
    (path, *_) = render_reports(folder, ["zh"], ["md"], warn=print).paths
    text = path.read_text(encoding="utf-8")
    pictures = re.findall(r"\]\(([^)]+\.(?:svg|png))\)", text)
    assert len(pictures) > 20
    assert all((folder / name).is_file() for name in pictures)
    assert text.count("```python") >= 4
    assert "| **" in text


def test_a_report_without_pictures_is_markdown_too(tmp_path: Path) -> None:
    suite_file = tmp_path / "suite.yaml"
    suite_file.write_text("report: {outline: own.yaml}\nruns: {a: {model: vae, latent_dim: 3}}\n")
    (tmp_path / "own.yaml").write_text("sections: [{id: settings}]\n")

    def leave_unscored(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["scores"] = {}

    write_output(tmp_path / "out", suite_file=suite_file, profile="full", change=leave_unscored)
    rendered = render_reports(tmp_path / "out", ["en"], ["md"], warn=print)
    assert [path.name for path in rendered.paths] == ["report.en.md"]
    assert not (tmp_path / "out" / "report.en.files").exists()


# ---- the line between the halves ------------------------------------------------------------------------------------


def test_rendering_imports_no_torch(one_run: Path) -> None:
    arguments = ["render", "--format", "html", "--lang", "en", "--output", str(one_run)]
    run = subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert (one_run / "report.en.html").is_file()


def test_a_changed_suite_is_warned_of(one_run: Path) -> None:
    suite_file = one_run.parent / "suite.yaml"
    warnings: list[str] = []
    render_reports(one_run, ["en"], ["md"], warn=warnings.append)
    assert warnings == []
    suite_file.write_text(suite_file.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    render_reports(one_run, ["en"], ["md"], warn=warnings.append)
    assert "has changed since it was run" in warnings[0]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The figures of a suite with one finished run, in both languages."""
    folder = write_one_run(tmp_path_factory.mktemp("drawn"))
    render_reports(folder, LANGUAGES, ["md"], warn=print)
    return OutputPaths(folder).figures


@pytest.fixture
def one_run(tmp_path: Path, drawn: Path) -> Path:
    """An output folder with one finished run, whose figures are drawn, and a suite beside it."""
    folder = write_one_run(tmp_path)
    shutil.copytree(drawn, OutputPaths(folder).figures)
    return folder


def write_one_run(folder: Path) -> Path:
    shutil.copy(ROOT / "experiments.yaml", folder / "suite.yaml")
    write_output(folder / "out", suite_file=folder / "suite.yaml", leave_out=lambda spec: spec.name != "vae-3-s0")
    return folder / "out"


CHANGES: dict[str, Callable[[Path], object]] = {
    "a report is gone": lambda out: (out / "report.en.md").unlink(),
    "a report was edited": lambda out: (out / "report.en.md").write_text("mine"),
    "a picture beside it is gone": lambda out: next((out / "report.en.files").iterdir()).unlink(),
    "a run's history was touched": lambda out: os.utime(next(out.rglob("history.csv")), (0, 0)),
    "a run is gone": lambda out: next(out.rglob("manifest.json")).unlink(),
    "the suite has changed": lambda out: (out.parent / "suite.yaml").write_text("runs: {}"),
    "there is a note": lambda out: write_text(out.parent / "notes" / "en" / "settings.md", "mine"),
    "the record is damaged": lambda out: (out / "cache" / "rendered.json").write_text("[]"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_not_changed_is_not_rendered_again(one_run: Path, change: str) -> None:
    first = render_reports(one_run, ["en"], ["md"], warn=print)
    assert not first.is_unchanged
    again = render_reports(one_run, ["en"], ["md"], warn=print)
    assert again.is_unchanged
    assert again.paths == first.paths
    assert not render_reports(one_run, ["zh"], ["md"], warn=print).is_unchanged
    assert render_reports(one_run, ["en"], ["md"], warn=print).is_unchanged
    CHANGES[change](one_run)
    with contextlib.suppress(RunError):  # without its run there is nothing to report
        assert not render_reports(one_run, ["en"], ["md"], warn=print).is_unchanged


def test_what_was_made_for_more_languages_will_do_for_one(one_run: Path) -> None:
    render_reports(one_run, ["zh", "en"], ["html", "md"], warn=print)
    again = render_reports(one_run, ["en"], ["md"], warn=print)
    assert again.is_unchanged
    assert [path.name for path in again.paths] == ["report.en.md"]


def test_a_warning_is_repeated_while_nothing_changes(one_run: Path) -> None:
    write_text(one_run.parent / "notes" / "en" / "settngs.md", "mine")
    warnings: list[str] = []
    render_reports(one_run, ["en"], ["md"], warn=warnings.append)
    assert render_reports(one_run, ["en"], ["md"], warn=warnings.append).is_unchanged
    assert len(warnings) == 2
    assert len(set(warnings)) == 1


def test_both_languages_at_once_are_what_each_is_alone(one_run: Path) -> None:
    alone = {}
    for language in LANGUAGES:
        (path,) = render_reports(one_run, [language], ["html"], warn=print).paths
        alone[language] = path.read_bytes()
    shutil.rmtree(one_run / "cache")
    paths = render_reports(one_run, LANGUAGES, ["html"], warn=print).paths
    assert [path.read_bytes() for path in paths] == list(alone.values())
