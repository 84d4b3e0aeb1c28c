"""The version rises with the wording, because a PDF is verified by the version that made it."""

from __future__ import annotations

from pathlib import Path

import pytest
import record_wording


def test_the_version_rose_with_the_wording() -> None:
    recorded = record_wording.RECORD.read_text(encoding="utf-8").split()
    now = [record_wording.read_version(), record_wording.hash_wording()]
    assert recorded == now, "catalogues, templates or style sheets changed: run python tools/record_wording.py"


def test_recording_raises_the_version_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record, source = tmp_path / "tests" / "wording.txt", tmp_path / "__init__.py"
    record.parent.mkdir()
    record.write_text("1.2.9 0000000000000000\n", encoding="utf-8")
    source.write_text('"""Text."""\n\n__version__ = "1.2.9"\n', encoding="utf-8")
    monkeypatch.setattr(record_wording, "ROOT", tmp_path)
    monkeypatch.setattr(record_wording, "RECORD", record)
    monkeypatch.setattr(record_wording, "VERSION_FILE", source)
    monkeypatch.setattr(record_wording, "hash_wording", lambda: "1111111111111111")
    for _ in range(2):
        record_wording.main()
        assert record.read_text(encoding="utf-8") == "1.2.10 1111111111111111\n"
        assert record_wording.read_version() == "1.2.10"
