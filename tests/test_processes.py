"""How child processes are begun."""

from __future__ import annotations

import sys

import pytest

from reportgen.processes import call_side_by_side, get_worker_context


@pytest.mark.parametrize(("platform", "method"), [("linux", "forkserver"), ("darwin", "spawn"), ("win32", "spawn")])
def test_only_on_linux_a_process_that_trains_is_forked(
    monkeypatch: pytest.MonkeyPatch, platform: str, method: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert get_worker_context().get_start_method() == method


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_functions_are_called_side_by_side_forked_or_not(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert dict(call_side_by_side(divmod, {"a": (7, 2), "b": (9, 4)})) == {"a": (3, 1), "b": (2, 1)}
