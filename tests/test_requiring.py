"""Nothing is skipped in silence where everything is to be checked."""

from __future__ import annotations

import re

import pytest
from requiring import require, require_module
from synthetic import ROOT


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [(None, pytest.skip.Exception), ("", pytest.skip.Exception), ("false", pytest.skip.Exception)]
    + [(value, pytest.fail.Exception) for value in ("true", "1")],
)
def test_what_lacks_skips_a_test_and_fails_it_under_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str | None, outcome: type[BaseException]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="needs a unicorn"):
        require(False, "a unicorn")
    with pytest.raises(outcome, match="no_such_package"):
        require_module("no_such_package.part")


def test_what_is_there_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    require(True, "nothing")
    assert require_module("json.decoder").__name__ == "json.decoder"


def test_no_test_skips_by_itself_for_what_it_lacks() -> None:
    """Marks are left for what no installation can change: the platform, and a GPU."""
    own = re.compile(r"pytest\.(importorskip|skip)\(")
    assert own.search("pytest.skip('without a word')")
    files = [path for path in (ROOT / "tests").rglob("*.py") if path.name not in ("requiring.py", "test_requiring.py")]
    assert [path.name for path in files if own.search(path.read_text(encoding="utf-8"))] == []
