"""The author's own words: where they appear, and that nothing in them does anything."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from synthetic import ROOT, make_results, write_output

from reportgen.base.errors import RenderError
from reportgen.paper.rendering import render_reports
from reportgen.paper.rendering.html import render_html
from reportgen.paper.report.assemble import build_report, check_results
from reportgen.paper.report.model import Note, Paragraph, Report, Section, Span
from reportgen.paper.report.notes import (
    WrittenNote,
    export_notes,
    find_stray_notes,
    import_notes,
    read_notes,
    to_note,
    write_skeletons,
)
from reportgen.suite.languages import LANGUAGES
from reportgen.suite.loading import Suite, load_suite
from reportgen.suite.outline import load_outline


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite(ROOT / "experiments.yaml", "quick")


def find(report: Report, id_: str) -> Section:
    return next(s for chapter in report.sections for s in (chapter, *chapter.sections) if s.id == id_)


def write_note(folder: Path, language: str, name: str, text: str) -> None:
    path = folder / language / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_note_follows_the_discussion(suite: Suite) -> None:
    notes = {"vae_fid": WrittenNote("My **view**.", replaces=False)}
    section = find(build_report(make_results(suite), "en", notes, draws=False), "vae_fid")
    assert isinstance(section.blocks[-1], Note)
    assert section.blocks[-1].html == "<p>My <strong>view</strong>.</p>\n"
    assert any(isinstance(block, Paragraph) and block.role == "answer" for block in section.blocks)


def test_a_note_may_replace_the_discussion_and_the_question_stays_answered(suite: Suite) -> None:
    results = make_results(suite)
    notes = {"vae_effect": WrittenNote("Mine.", replaces=True)}
    section = find(build_report(results, "zh", notes, draws=False), "vae_effect")
    roles = [block.role for block in section.blocks if isinstance(block, Paragraph)]
    assert set(roles) <= {"text"}
    assert section.blocks[-1] == to_note("Mine.")
    assert all("vae_effect" not in check.section for check in check_results(results, "zh") if not check.is_met)


def test_a_section_of_ones_own_holds_a_note(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "sections:\n  - id: settings\n  - {id: conclusion, title: {zh: 结论, en: Conclusion}}\n", encoding="utf-8"
    )
    (tmp_path / "suite.yaml").write_text(
        "report: {outline: own.yaml}\nruns: {a: {model: vae, latent_dim: 3}}\n", encoding="utf-8"
    )
    results = make_results(load_suite(tmp_path / "suite.yaml"))
    assert [s.id for s in build_report(results, "zh", draws=False).sections] == ["settings"]
    report = build_report(results, "zh", {"conclusion": WrittenNote("完。", replaces=False)}, draws=False)
    assert [s.title for s in report.sections] == ["任务与实验设置", "结论"]


def test_notes_are_read_from_files(tmp_path: Path) -> None:
    write_note(tmp_path, "zh", "nash", "\ufeff我的看法。\n")
    write_note(tmp_path, "zh", "collapse", "<!-- replace -->\n改写。\n")
    assert read_notes(tmp_path, "zh") == {
        "nash": WrittenNote("我的看法。", replaces=False),
        "collapse": WrittenNote("改写。", replaces=True),
    }
    assert read_notes(tmp_path, "en") == {}
    assert import_notes(export_notes(read_notes(tmp_path, "zh"))) == read_notes(tmp_path, "zh")


def test_a_note_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "nash.md").write_bytes("看法".encode("gbk"))
    with pytest.raises(RenderError, match=r"nash\.md: cannot be read .*save it as UTF-8"):
        read_notes(tmp_path, "zh")
    (tmp_path / "zh" / "nash.md").write_bytes(b"a" * 1_000_001)
    with pytest.raises(RenderError, match="may have 1000000 at most"):
        read_notes(tmp_path, "zh")


def test_notes_without_a_place_or_a_counterpart_are_named(tmp_path: Path) -> None:
    outline = load_outline("full", tmp_path)
    write_note(tmp_path, "zh", "vae_efect", "x")
    write_note(tmp_path, "en", "nash", "x")
    problems = find_stray_notes(tmp_path, outline)
    assert len(problems) == 2
    assert problems[0].endswith("the outline has no section 'vae_efect'; did you mean 'vae_effect'?")
    assert problems[1].endswith("the note 'nash' is missing in 'zh'")
    write_note(tmp_path, "zh", "qqq", "x")
    assert any("choose from: settings, vae" in problem for problem in find_stray_notes(tmp_path, outline))


EVIL = """
<script>alert(1)</script> {{7*7}} </script> $\\x$ <svg><image href="file:///etc/passwd"/></svg>
<link rel=attachment href="file:///etc/passwd">

![steal](http://169.254.169.254/x.png) [js](javascript:alert(1)) [data](data:text/html,x) [ok](https://example.org)
# heading
<img src=x onerror=alert(1)> \u202etxt.exe \u200bx
"""


@pytest.mark.fault(row=5)
def test_nothing_in_a_note_does_anything() -> None:
    html = to_note(EVIL).html
    for word in ("<script", "<svg", "<link", "<img", "<image", 'href="javascript', 'href="data', "<h1"):
        assert word not in html
    assert "{{7*7}}" in html
    assert "&lt;script&gt;" in html
    assert '<a href="https://example.org"' in html
    assert "<h4>heading</h4>" in html


@pytest.mark.fault(row=5)
@pytest.mark.slow
def test_an_evil_note_renders_and_loads_nothing(tmp_path: Path) -> None:
    write_output(tmp_path / "out", leave_out=lambda spec: spec.name != "vae-3-s0")
    for language in LANGUAGES:
        write_note(tmp_path / "notes", language, "vae_fid", EVIL)
    warnings: list[str] = []
    paths = render_reports(tmp_path / "out", ["en"], ["html", "pdf"], warnings.append, tmp_path / "notes").paths
    assert warnings == []
    page = paths[0].read_text(encoding="utf-8")
    assert "<script" not in page
    assert "{{7*7}}" in page
    assert paths[1].stat().st_size > 10_000


def test_notes_beside_the_suite_are_found(tmp_path: Path) -> None:
    shutil.copy(ROOT / "experiments.yaml", tmp_path / "suite.yaml")
    write_output(tmp_path / "out", suite_file=tmp_path / "suite.yaml", leave_out=lambda s: s.name != "vae-3-s0")
    for language in LANGUAGES:
        write_note(tmp_path / "notes", language, "settings", "Words of mine")
    (path,) = render_reports(tmp_path / "out", ["zh"], ["html"], print).paths
    assert "Words of mine" in path.read_text(encoding="utf-8")
    (markdown, *_) = render_reports(tmp_path / "out", ["zh"], ["md"], print).paths
    assert "**作者的话**\n\nWords of mine" in markdown.read_text(encoding="utf-8")


def test_the_page_of_a_note_is_marked(suite: Suite) -> None:
    report = build_report(make_results(suite), "en", {"settings": WrittenNote("a", replaces=False)}, draws=False)
    assert "In the author&#39;s words" in render_html(report, "print")


def test_a_skeleton_asks_for_what_the_author_saw_and_prints_nothing(tmp_path: Path) -> None:
    section = Section("nash", "4.6", "Equilibrium", (Paragraph((Span("text", "None has reached it."),), "answer"),))
    bare = Section("scores", "5", "Scores", ())
    made = build_report(make_results(load_suite(ROOT / "experiments.yaml", "quick")), "en", draws=False)
    report = dataclasses.replace(made, sections=(section, bare))
    (path,) = write_skeletons(tmp_path, report)
    assert path == tmp_path / "en" / "nash.md"
    assert "<!-- None has reached it. -->" in path.read_text(encoding="utf-8")
    assert read_notes(tmp_path, "en") == {}
    path.write_text(path.read_text(encoding="utf-8") + "D wins early.\n", encoding="utf-8")
    assert read_notes(tmp_path, "en")["nash"].markdown == "D wins early."
    assert write_skeletons(tmp_path, report) == []
