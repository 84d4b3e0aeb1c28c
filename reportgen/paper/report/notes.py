"""The author's own words: ``notes/<language>/<section>.md``, shown after a section's discussion or instead of it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nh3
from markdown_it import MarkdownIt

from reportgen.base.errors import RenderError
from reportgen.base.files import write_text
from reportgen.paper.report.model import Block, Note, Paragraph, Report, Section
from reportgen.suite.languages import LANGUAGES, Language
from reportgen.suite.outline import Outline

REPLACE_MARK = "<!-- replace -->"
"""First line of a note that is to replace the section's discussion."""

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
"""A comment in a note, which is not printed."""

MAX_BYTES = 1_000_000
"""Maximum size of a note, in bytes."""

TAGS = {
    *("p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "a"),
    *("h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
"""HTML elements allowed in a note. There are no images, so nothing is loaded from a file or the network."""

DISCUSSION = ("answer", "finding")
"""Roles of the paragraphs that a note may replace."""

HEADING_SHIFT = 3
"""Levels by which a note's headings are lowered, below the three that the report numbers."""


@dataclass(frozen=True)
class WrittenNote:
    """A note as Markdown; with ``replaces``, it is shown instead of the section's discussion."""

    markdown: str
    replaces: bool


Notes = Mapping[str, WrittenNote]
"""Notes by section id."""


def read_notes(folder: Path, language: Language) -> dict[str, WrittenNote]:
    """Read all notes in one language by section id, without those that hold nothing but comments.

    Empty if there is no such folder.

    Raises:
        RenderError: a note is not readable UTF-8, or is longer than ``MAX_BYTES``.
    """
    found = {path.stem: _read_note(path) for path in sorted((folder / language).glob("*.md"))}
    return {name: note for name, note in found.items() if note.markdown}


def _read_note(path: Path) -> WrittenNote:
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise RenderError(f"{path}: {len(content)} bytes; a note may have {MAX_BYTES} at most")
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RenderError(f"{path}: cannot be read ({error}); save it as UTF-8") from None
    replaces = text.lstrip().startswith(REPLACE_MARK)
    return WrittenNote(COMMENT.sub("", text).strip(), replaces)


def write_skeletons(folder: Path, report: Report) -> list[Path]:
    """Write a note of comments for every section with an answer that has no note yet; return those written.

    A comment says what the section answers and asks what the author saw; what stands outside comments is printed.
    """
    written = []
    for section in (part for chapter in report.sections for part in chapter.walk_sections()):
        path = folder / report.language / f"{section.id}.md"
        answers = [b for b in section.blocks if isinstance(b, Paragraph) and b.role == "answer"]
        if answers and not path.exists():
            said = "".join(span.text for span in answers[0].line)
            lines = (f"{section.number} {section.title}", said, report.texts["skeleton"])
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, "".join(f"<!-- {line.replace('--', '—')} -->\n" for line in lines))
            written.append(path)
    return written


def export_notes(notes: Notes) -> dict[str, dict[str, str | bool]]:
    """Return notes in the form that is stored in the PDF's ``metrics.json``."""
    return {name: {"markdown": note.markdown, "replaces": note.replaces} for name, note in notes.items()}


def import_notes(exported: Mapping[str, Mapping[str, Any]]) -> dict[str, WrittenNote]:
    """Restore notes from the form that ``export_notes`` returns."""
    return {name: WrittenNote(str(note["markdown"]), bool(note["replaces"])) for name, note in exported.items()}


def find_stray_notes(folder: Path, outline: Outline) -> list[str]:
    """Return one message for each note without a section, and for each note that exists in only some languages."""
    ids = [section.id for section in outline.walk()]
    found = {language: {path.stem for path in (folder / language).glob("*.md")} for language in LANGUAGES}
    problems = []
    for language in LANGUAGES:
        for name in sorted(found[language] - set(ids)):
            close = difflib.get_close_matches(name, ids, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else f"; choose from: {', '.join(ids)}"
            problems.append(f"{folder / language / name}.md: the outline has no section '{name}'{hint}")
    for name in sorted(set.union(*found.values()) & set(ids)):
        lacking = [language for language in LANGUAGES if name not in found[language]]
        problems += [f"{folder}: the note '{name}' is missing in '{language}'" for language in lacking]
    return problems


def to_note(markdown: str) -> Note:
    """Render Markdown as sanitised HTML; raw HTML in it is shown as text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").enable("strikethrough").disable("image")
    tokens = parser.parse(markdown)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + HEADING_SHIFT)}"
    html = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(html, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"})
    return Note(markdown, clean)


def add_note(section: Section, notes: Notes) -> Iterable[Block]:
    """Return a section's own blocks with its note, if any, after its discussion or instead of it."""
    note = notes.get(section.id)
    if note is None:
        return section.blocks
    blocks: Iterable[Block] = section.blocks
    if note.replaces:
        blocks = (b for b in blocks if not isinstance(b, Paragraph) or b.role not in DISCUSSION)
    return (*blocks, to_note(note.markdown))
