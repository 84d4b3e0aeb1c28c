"""The suite that was run last into a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from synthetic import ROOT

from reportgen.base.errors import RunError
from reportgen.base.files import write_text
from reportgen.store.manifest import FORMAT_VERSION
from reportgen.store.paths import OutputPaths
from reportgen.store.suites import read_suite, write_suite
from reportgen.suite.loading import load_suite

EXPERIMENTS = ROOT / "experiments.yaml"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"format": FORMAT_VERSION + 1}, "is newer than this program's"),
        ({"suite": {"profile": "quick"}}, "cannot be used, .*report is missing.* run 'reportgen run' again"),
        ({"source": 3}, "cannot be used"),
        (None, "cannot be used"),
    ],
)
def test_a_recorded_suite_that_is_not_ours_is_one_line(
    tmp_path: Path, change: dict[str, object] | None, expected: str
) -> None:
    write_suite(OutputPaths(tmp_path), load_suite(EXPERIMENTS), EXPERIMENTS)
    content = json.loads(OutputPaths(tmp_path).suite.read_text(encoding="utf-8"))
    assert read_suite(OutputPaths(tmp_path)).source == EXPERIMENTS
    write_text(OutputPaths(tmp_path).suite, json.dumps(change and content | change))
    with pytest.raises(RunError, match=expected) as caught:
        read_suite(OutputPaths(tmp_path))
    assert "\n" not in str(caught.value)
