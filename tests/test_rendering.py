from __future__ import annotations

import dataclasses
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader
from synthetic import ROOT, WITHOUT_TORCH, write_output

from reportgen.analysis.results import load_results
from reportgen.config import LANGUAGES
from reportgen.errors import RenderError
from reportgen.rendering import render_reports
from reportgen.rendering.formulas import to_mathml, to_svg_image
from reportgen.rendering.html import render_html
from reportgen.rendering.pdf import render_pdfs
from reportgen.report.assemble import build_report
from reportgen.report.model import Report, Section


@pytest.fixture(scope="module")
def reports(synthetic_output: Path) -> dict[str, Report]:
    results = load_results(synthetic_output)
    return {language: build_report(results, language) for language in LANGUAGES}


@pytest.fixture(scope="module")
def pdfs(reports) -> dict[str, bytes]:  # type: ignore[no-untyped-def]
    return render_pdfs(reports)


@pytest.fixture(scope="module")
def small(reports) -> Report:  # type: ignore[no-untyped-def]
    """A report of one section, for what does not depend on the rest."""
    section = dataclasses.replace(reports["en"].sections[1], sections=())
    return dataclasses.replace(reports["en"], sections=(section,))


# ---- HTML -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_html_is_self_contained(reports, language: str) -> None:  # type: ignore[no-untyped-def]
    page = render_html(reports[language], "screen")
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)
    assert "<script" not in page
    assert "@import" not in page
    assert set(re.findall(r"url\((.{5})", page)) <= {"data:"}
    assert page.count("<math") >= 5


def test_html_ids_are_unique_and_links_lead_somewhere(reports) -> None:  # type: ignore[no-untyped-def]
    page = render_html(reports["en"], "screen")
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert all(re.findall(r'<img [^>]*alt="([^"]*)"', page))


def test_user_text_is_shown_as_text(small: Report) -> None:
    evil = '<script>alert(1)</script> {{7*7}} </style> $\\x$ <img src="file:///etc/passwd">'
    page = render_html(dataclasses.replace(small, title=evil, author=(("Author", evil),)), "screen")
    assert "<script>" not in page
    assert "{{7*7}}" in page
    assert "&lt;img src=&#34;file:" in page


def test_code_is_escaped_and_highlighted(reports) -> None:  # type: ignore[no-untyped-def]
    page = render_html(reports["en"], "screen")
    assert '<span class="k">def</span>' in page
    assert "&lt;&amp;&gt;" in page


# ---- PDF ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_pdf_is_tagged_titled_and_carries_its_data(pdfs, reports, language: str) -> None:  # type: ignore[no-untyped-def]
    reader = PdfReader(io.BytesIO(pdfs[language]))
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"].startswith(language)
    assert reader.metadata is not None
    assert reader.metadata.title == reports[language].title
    assert set(reader.attachments) == {"runs.csv", "experiments.yaml"}
    assert reader.attachments["runs.csv"][0].startswith(b"run,key,dataset")
    assert len(reader.outline) >= 10
    assert 8 <= len(reader.pages) <= 26
    assert len(pdfs[language]) < 5_000_000


def test_pdf_has_only_our_fonts(pdfs) -> None:  # type: ignore[no-untyped-def]
    reader = PdfReader(io.BytesIO(pdfs["zh"]))
    fonts = {
        str(font.get_object()["/BaseFont"]).split("+")[-1]
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert fonts
    assert all(name.startswith(("Noto-Sans-SC", "DejaVu-Sans")) for name in fonts)
    assert "模式崩溃" in "".join(page.extract_text() for page in reader.pages)


def test_pdf_is_the_same_every_time(small: Report) -> None:
    assert render_pdfs({"en": small}) == render_pdfs({"en": small})


def test_a_missing_glyph_fails_the_build(small: Report) -> None:
    with pytest.raises(RenderError, match="the fonts lack a character"):
        render_pdfs({"en": dataclasses.replace(small, title="\U00012000 cuneiform")})


def test_a_missing_glyph_in_a_figure_fails_the_build() -> None:
    import pandas as pd

    from reportgen.figures.curves import Panel, draw_curves
    from reportgen.figures.style import to_svg

    panel = Panel("\U00012000", {"a": pd.Series([1.0, 2.0], index=[1, 2])})
    with pytest.raises(RenderError, match="lacks"):
        to_svg(draw_curves([panel], columns=1, x_label="x"))


def test_pdf_fetches_nothing_from_anywhere(small: Report) -> None:
    from weasyprint.urls import FatalURLFetchingError

    from reportgen.rendering import weasyprint_child

    for address in (f"file://{ROOT / 'LICENSE'}", "http://169.254.169.254/"):
        page = f'<html lang="en"><title>x</title><body><img alt="x" src="{address}"><p>text'
        job = {"html": page, "target": "/dev/null", "created": "2026-01-01T00:00:00+00:00", "attachments": []}
        with pytest.raises(FatalURLFetchingError):
            weasyprint_child.render(job)


def test_without_pango_the_html_is_made_and_the_remedy_is_named(
    synthetic_output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reportgen.rendering import pdf

    folder = tmp_path / "out"
    shutil.copytree(synthetic_output, folder)
    code = "import sys; sys.stderr.write(\"OSError: cannot load library 'libpango-1.0-0'\"); sys.exit(1)"
    real = subprocess.Popen
    monkeypatch.setattr(pdf.subprocess, "Popen", lambda args, **kwargs: real([sys.executable, "-c", code], **kwargs))
    with pytest.raises(RenderError, match="apt-get install libpango"):
        render_reports(folder, ["en"], ["html", "pdf"], warn=print)
    assert (folder / "report.en.html").stat().st_size > 100_000
    assert not (folder / "report.en.pdf").exists()


def test_a_hanging_child_is_given_up(small: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    from reportgen.rendering import pdf

    real = subprocess.Popen
    code = "import time; time.sleep(60)"
    monkeypatch.setattr(pdf, "TIME_LIMIT_SECONDS", 0.5)
    monkeypatch.setattr(pdf.subprocess, "Popen", lambda args, **kwargs: real([sys.executable, "-c", code], **kwargs))
    with pytest.raises(RenderError, match="given up"):
        render_pdfs({"en": small})


# ---- Markdown -------------------------------------------------------------------------------------------------------


def test_markdown_has_its_pictures_beside_it(synthetic_output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(synthetic_output, folder)
    (path, *_) = render_reports(folder, ["zh"], ["md"], warn=print)
    text = path.read_text(encoding="utf-8")
    pictures = re.findall(r"\]\(([^)]+\.(?:svg|png))\)", text)
    assert len(pictures) > 20
    assert all((folder / name).is_file() for name in pictures)
    assert text.count("```python") >= 4
    assert "| **" in text


# ---- formulas -------------------------------------------------------------------------------------------------------


def test_formulas_are_mathml_and_svg_with_their_tex_as_text() -> None:
    assert "<mfrac>" in to_mathml(r"\frac{1}{2}", display=True)
    image = to_svg_image(r"\frac{1}{2}", display=False)
    assert 'alt="\\frac{1}{2}"' in image
    assert "data:image/svg+xml;base64," in image


def test_a_broken_formula_is_an_error() -> None:
    with pytest.raises(RenderError, match="cannot be read"):
        to_svg_image(r"\frac{1}{", display=True)


# ---- the line between the halves ------------------------------------------------------------------------------------


def test_rendering_imports_no_torch(synthetic_output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(synthetic_output, folder)
    arguments = ["render", "--format", "html", "--lang", "en", "--output", str(folder)]
    run = subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    assert (folder / "report.en.html").is_file()


def test_a_changed_suite_is_warned_of(tmp_path: Path) -> None:
    suite_file = tmp_path / "suite.yaml"
    shutil.copy(ROOT / "experiments.yaml", suite_file)
    write_output(tmp_path / "out", suite_file=suite_file, leave_out=lambda spec: spec.name != "vae-3-s0")
    warnings: list[str] = []
    render_reports(tmp_path / "out", ["en"], ["md"], warn=warnings.append)
    assert warnings == []
    suite_file.write_text(suite_file.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    render_reports(tmp_path / "out", ["en"], ["md"], warn=warnings.append)
    assert "has changed since it was run" in warnings[0]


def test_sections_are_numbered(reports) -> None:  # type: ignore[no-untyped-def]
    def numbers(sections: tuple[Section, ...]) -> list[str]:
        return [n for s in sections for n in (s.number, *numbers(s.sections))]

    assert numbers(reports["en"].sections)[:5] == ["1", "2", "3", "3.1", "3.2"]
