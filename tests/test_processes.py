"""How child processes are begun."""

from __future__ import annotations

import sys

import pytest

from reportgen.processes import get_worker_context


@pytest.mark.parametrize(("platform", "method"), [("linux", "forkserver"), ("darwin", "spawn"), ("win32", "spawn")])
def test_only_on_linux_a_process_that_trains_is_forked(
    monkeypatch: pytest.MonkeyPatch, platform: str, method: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert get_worker_context().get_start_method() == method
