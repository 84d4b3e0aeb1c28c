"""How child processes are begun."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from synthetic import ROOT

from reportgen.base.processes import call_side_by_side
from reportgen.lab.executors.workers import get_worker_context


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


def test_no_more_run_at_once_than_allowed() -> None:
    arguments = {"late": (0.3, "late"), "soon": (0.0, "soon"), "last": (0.0, "last")}
    assert [key for key, _ in call_side_by_side(_wait, arguments, at_once=1)] == ["late", "soon", "last"]
    assert next(iter(call_side_by_side(_wait, arguments, at_once=2)))[0] == "soon"


def _wait(seconds: float, name: str) -> str:
    time.sleep(seconds)
    return name


INTERRUPTED_IN_A_FORK = """
import os, signal, time
from reportgen.base.processes import call_side_by_side
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT))
for _ in call_side_by_side(time.sleep, {"a": (20,)}):
    print("went on")
"""


@pytest.mark.fault(row=8)
@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_an_interrupt_within_a_fork_is_not_lost() -> None:
    """Python throws away what is raised in the hooks of a fork."""
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IN_A_FORK], capture_output=True, text=True, cwd=ROOT, timeout=15
    )
    assert run.stdout == ""
    assert "KeyboardInterrupt" in run.stderr
    assert "Exception ignored" not in run.stderr


IGNORING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[1:]])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")
def test_tests_heed_interrupts_though_whoever_began_them_ignores_them() -> None:
    """As a shell's background job, nohup in a script, and some CI services do."""
    name = f"{__file__}::{test_an_interrupt_within_a_fork_is_not_lost.__name__}"
    run = subprocess.run(
        [sys.executable, "-c", IGNORING, "-p", "no:cacheprovider", name], capture_output=True, cwd=ROOT
    )
    assert run.returncode == 0, run.stdout.decode()
