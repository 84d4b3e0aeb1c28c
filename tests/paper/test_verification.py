"""A PDF is checked against the data that it carries: what was changed, in print or in the data, is found."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from printing import change_attachment, print_once, print_pages
from pypdf import PdfReader, PdfWriter

from reportgen.base.errors import RenderError
from reportgen.cli.commands import app
from reportgen.cli.retraining import Retrained
from reportgen.paper import verification
from reportgen.paper.analysis.results import Results
from reportgen.paper.report.assemble import build_report
from reportgen.paper.report.model import Block, Paragraph, Report, Section, Span, Table
from reportgen.paper.report.notes import WrittenNote
from reportgen.paper.verification import compare_items, squeeze, verify_pdf
from reportgen.paper.verification.document import Document, read_document
from reportgen.paper.verification.text import find_ends
from reportgen.suite.languages import LANGUAGES, Language


@pytest.fixture(scope="module")
def report(results: Results) -> Report:
    return build_report(results, "en")


@pytest.fixture(scope="module")
def honest(report: Report) -> bytes:
    return print_once(report)


@pytest.fixture(autouse=True)
def printed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print each page once, whichever test made it."""
    monkeypatch.setattr(verification, "_print", lambda report: Document(print_pages(report), "derived"))


def write_pdf(path: Path, report: Report) -> Path:
    path.write_bytes(print_once(report))
    return path


def write_changed(path: Path, honest: bytes, name: str, old: str, new: str) -> Path:
    """Write a PDF with a change of one of its attachments, where ``old`` occurs first."""
    path.write_bytes(change_attachment(honest, name, lambda text: text.replace(old, new, 1)))
    return path


def replace_block(report: Report, change: Callable[[Block], Block]) -> Report:
    def walk(section: Section) -> Section:
        blocks = tuple(change(block) for block in section.blocks)
        return dataclasses.replace(section, blocks=blocks, sections=tuple(map(walk, section.sections)))

    return dataclasses.replace(report, sections=tuple(map(walk, report.sections)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_honest_report_agrees(results: Results, tmp_path: Path, language: Language) -> None:
    notes = {"vae_fid": WrittenNote("Mine: 99.99", replaces=False), "vae_effect": WrittenNote("Mine.", replaces=True)}
    path = write_pdf(tmp_path / "r.pdf", build_report(results, language, notes))
    found = verify_pdf(path)
    assert found.differences == ()
    assert found.num_items > 40
    assert found.num_numbers > 200


def test_a_changed_digit_in_a_table_is_found(report: Report, tmp_path: Path) -> None:
    def change(block: Block) -> Block:
        if not isinstance(block, Table) or block.id != "table-vae_fid":
            return block
        rows = [list(row) for row in block.rows]
        rows[1][2] = dataclasses.replace(rows[1][2], text=rows[1][2].text.replace("9", "8", 1))
        return dataclasses.replace(block, rows=tuple(map(tuple, rows)))

    changed = replace_block(report, change)
    assert changed != report
    difference, *others = verify_pdf(write_pdf(tmp_path / "r.pdf", changed)).differences
    assert difference.where == "Table 3, VAE-10"
    assert difference.printed != difference.derived
    assert others
    assert all(other.where.startswith("page ") for other in others)


def test_a_changed_header_is_found(report: Report, tmp_path: Path) -> None:
    def change(block: Block) -> Block:
        if not isinstance(block, Table) or block.id != "table-vae_fid":
            return block
        first, *others = block.header
        return dataclasses.replace(block, header=(first, *reversed(others)))

    changed = replace_block(report, change)
    assert changed != report
    assert verify_pdf(write_pdf(tmp_path / "r.pdf", changed)).differences


def test_a_title_that_no_font_has_whole_agrees(report: Report, tmp_path: Path) -> None:
    odd = "Odd \U0001f600 \u200etitle"
    path = write_pdf(tmp_path / "r.pdf", dataclasses.replace(report, title=odd))
    assert list(compare_items([("title", squeeze(odd))], squeeze(read_document(path).read_text(0)))) == []


def test_a_changed_number_or_word_in_a_sentence_is_found(report: Report, tmp_path: Path) -> None:
    def change(block: Block) -> Block:
        if isinstance(block, Paragraph) and block.claim and block.claim.id.startswith("vae_fid."):
            text = block.line[0].text.replace("lowest", "smallest")
            return dataclasses.replace(block, line=(Span("text", text), *block.line[1:]))
        if (
            isinstance(block, Paragraph)
            and block.claim
            and block.claim.id.startswith("vae_effect.")
            and block.role == "answer"
        ):
            return dataclasses.replace(
                block, line=tuple(Span(s.kind, s.text.replace("6.03", "6.07")) for s in block.line)
            )
        return block

    changed = replace_block(report, change)
    found = verify_pdf(write_pdf(tmp_path / "r.pdf", changed)).differences
    assert [difference.where for difference in found if not difference.where.startswith("page ")] == [
        "2 FID by latent dimension",
        "3 Effect of the latent dimension",
    ]
    assert found[0].printed == "not found"
    assert "6.07" in found[1].printed


def test_a_changed_digit_in_the_data_is_found_even_where_no_table_shows_it(
    results: Results, honest: bytes, tmp_path: Path
) -> None:
    (kid,) = {run.evaluation.scores["classifier"].kid for run in results.finished[:1]}
    path = write_changed(tmp_path / "r.pdf", honest, "metrics.json", repr(kid), repr(kid + 1e-9))
    found = verify_pdf(path).differences
    places = {difference.where for difference in found if not difference.where.startswith("page ")}
    assert places == {"colophon", "runs.csv"}


@pytest.mark.parametrize(
    ("name", "old", "new", "printed"),
    [
        ("runs.csv", "vae-3-s0", "vae-4-s0", "vae-4-s0"),
        ("experiments.yaml", "hidden_dim: [4, 8, 16, 32, 64]", "hidden_dim: [4, 8, 16, 32]", "declares other runs"),
        ("experiments.yaml", "num_images: 1000", "num_images: 50", "declares other runs"),
        ("experiments.yaml", "\nruns:", "\ninterpolation: {num_points: 3}\nruns:", "declares other runs"),
        ("experiments.yaml", "runs:", "ruins:", "experiments.yaml:"),
    ],
)
def test_a_changed_attachment_is_found(
    honest: bytes, tmp_path: Path, name: str, old: str, new: str, printed: str
) -> None:
    (difference,) = verify_pdf(write_changed(tmp_path / "r.pdf", honest, name, old, new)).differences
    assert difference.where == name
    assert printed in difference.printed


def test_another_version_is_named(honest: bytes, tmp_path: Path) -> None:
    path = write_changed(tmp_path / "r.pdf", honest, "metrics.json", '"reportgen":"', '"reportgen":"9.')
    with pytest.raises(RenderError, match=r"made by reportgen 9\..*pip install reportgen-ml==9\.\S+$"):
        verify_pdf(path)


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="cannot be read as a PDF"):
        verify_pdf(tmp_path / "missing.pdf")
    (tmp_path / "text.pdf").write_text("no PDF")
    with pytest.raises(RenderError, match="cannot be read as a PDF"):
        verify_pdf(tmp_path / "text.pdf")
    writer, stream = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(stream)
    (tmp_path / "other.pdf").write_bytes(stream.getvalue())
    with pytest.raises(RenderError, match=r"carries no metrics\.json"):
        verify_pdf(tmp_path / "other.pdf")


def test_a_record_that_lacks_a_field_is_one_line(honest: bytes, tmp_path: Path) -> None:
    scores = '"scores":{"classifier":{'
    path = write_changed(tmp_path / "r.pdf", honest, "metrics.json", scores, scores + '},"other":{')
    with pytest.raises(RenderError, match=r"metrics\.json: cannot be read: scores\.classifier\.detector is missing$"):
        verify_pdf(path)


def test_data_that_give_no_report_are_one_line(honest: bytes, tmp_path: Path) -> None:
    path = write_changed(tmp_path / "r.pdf", honest, "metrics.json", '"language":"en"', '"language":"xx"')
    with pytest.raises(RenderError, match=r"metrics\.json: gives no report: KeyError 'xx'"):
        verify_pdf(path)


def test_a_curve_that_is_lost_is_found(honest: bytes, tmp_path: Path) -> None:
    path = write_changed(tmp_path / "r.pdf", honest, "metrics.json", '"dev_kl":{', '"dev_km":{')
    assert any(difference.where.startswith("Table") for difference in verify_pdf(path).differences)


def test_a_paragraph_goes_on_after_the_drawings_of_its_page() -> None:
    pages = ["Before. The grey values\nloss of D\n0 200 400", "themselves, 3 of 4. After."]
    text, ends = squeeze("\n".join(pages)), find_ends(pages)
    item = squeeze("The grey values themselves, 3 of 4.")
    assert list(compare_items([("1", item)], text)) != []
    assert list(compare_items([("1", item), ("2", "After.")], text, ends)) == []
    changed = item.replace("3", "2")
    assert [(d.printed, d.derived) for d in compare_items([("1", changed)], text, ends)] == [(item, changed)]
    assert [d.printed for d in compare_items([("1", item.replace("grey", "gray"))], text, ends)] == ["not found"]


def test_squeezing_keeps_numbers_apart() -> None:
    assert squeeze("GAN 100_4 4\r\n83.01 ± 32.81 −5 a\nb") == "GAN100_4 4 83.01±32.81 −5ab"
    assert squeeze("table-\x02nash 9% 8") == "table--nash9% 8"


def test_the_command_says_what_it_checked(report: Report, honest: bytes, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    path = write_pdf(tmp_path / "r.pdf", report)
    run = CliRunner().invoke(app, ["verify", str(path)])
    assert run.exit_code == 0
    assert "all agree" in run.stdout
    broken = write_changed(tmp_path / "b.pdf", honest, "runs.csv", "mnist", "mnest")
    run = CliRunner().invoke(app, ["verify", str(broken)])
    assert run.exit_code == 1
    assert "DIFFERS runs.csv" in run.stdout
    assert "1 differences" in run.stdout


@pytest.mark.parametrize(
    ("repeated", "status", "said"),
    [
        ("0123?", 0, "all 2 values are the same, bit for bit"),
        ("0123", 1, "  digits.counted: recorded 0123?, now 0123\nx: trained and measured again: 1 of 2 values differ"),
    ],
)
def test_the_command_says_what_a_second_training_gave(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repeated: str, status: int, said: str
) -> None:
    from typer.testing import CliRunner

    from reportgen.cli import retraining

    values = [Retrained("fid", 1.5, 1.5), Retrained("digits.counted", "0123?", repeated)]
    monkeypatch.setattr(retraining, "retrain", lambda *_: (values, ["torch: recorded 1, here 2"]))
    path = write_pdf(tmp_path / "r.pdf", report)
    run = CliRunner().invoke(app, ["verify", str(path), "--retrain", "x"])
    assert run.exit_code == status
    assert said in run.stdout
    assert ("which may give other bits: torch" in run.stdout) is bool(status)


def test_attachments_are_those_of_the_report(report: Report, tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "r.pdf", report)
    reader = PdfReader(path)
    assert set(reader.attachments) == {"runs.csv", "experiments.yaml", "metrics.json", "pictures.json"}


def test_many_reports_are_checked_at_once_and_equal_notes_are_named(results: Results, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    notes = [{"nash": WrittenNote(words, replaces=False)} for words in ("D wins.", "D  wins.", "G catches up.")]
    paths = [write_pdf(tmp_path / f"{i}.pdf", build_report(results, "en", note)) for i, note in enumerate(notes)]
    broken = tmp_path / "x.pdf"
    broken.write_bytes(b"no PDF")
    table = tmp_path / "all.csv"
    run = CliRunner().invoke(app, ["verify", *map(str, (*paths, broken)), "--csv", str(table)])
    assert run.exit_code == 1
    assert "UNREADABLE" in run.output
    assert f"EQUAL NOTES on nash: {paths[0]}, {paths[1]}" in run.output.replace("\n", "")
    assert f"equal suites, equal numbers, as expected: {paths[0]}, {paths[1]}, {paths[2]}" in run.output.replace(
        "\n", ""
    )
    rows = [line.split(",")[-3:] for line in table.read_text(encoding="utf-8").splitlines()]
    assert rows[1:] == [["0", "1", "True"], ["0", "1", "True"], ["0", "1", "False"], ["", "", ""]]
    assert "x.pdf,,,,unreadable," in table.read_text(encoding="utf-8")
    alone = CliRunner().invoke(app, ["verify", *map(str, paths[1:])])
    assert alone.exit_code == 0
    assert "no two authors share a note" in alone.output
    refused = CliRunner().invoke(app, ["verify", *map(str, paths), "--retrain", "x"])
    assert "it takes a single one" in str(refused.exception)
