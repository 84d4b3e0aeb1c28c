"""Who works on a run: one process at a time, which the others can name."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from synthetic import ROOT

from reportgen.base.errors import RunError
from reportgen.base.files import write_text
from reportgen.store import suites
from reportgen.store.locks import describe_holder, hold_run
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.states import find_state
from reportgen.store.suites import read_suite, write_suite
from reportgen.suite.loading import load_suite

EXPERIMENTS = ROOT / "experiments.yaml"


@pytest.mark.fault(row=12)
def test_a_held_run_is_running_and_is_refused_to_others(paths: RunPaths) -> None:
    code = (
        "import sys; from pathlib import Path; from reportgen.store.locks import *\n"
        "with hold_run(RunPaths(Path(sys.argv[1]))): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(paths.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert find_state(paths, "t", "e") == "running"
        with pytest.raises(RunError, match="another process is working on it"), hold_run(paths):
            pass
        other.kill()
    assert find_state(paths, "t", "e") == "missing"


@pytest.mark.fault(row=11)
def test_a_folder_that_may_not_be_written_to_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="cannot be written"):
        write_text(tmp_path / "file" / "spec.json", "x")
    with pytest.raises(RunError, match="cannot be written"), hold_run(RunPaths(tmp_path / "file" / "a")):
        pass


@pytest.mark.fault(row=12)
def test_the_holder_of_a_run_is_named(tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "runs" / "a")
    with hold_run(paths):
        found = subprocess.run(
            [
                sys.executable,
                "-c",
                "from pathlib import Path; from reportgen.store.locks import *\n"
                f"with hold_run(RunPaths(Path({str(paths.folder)!r}))): 1",
            ],
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
    assert f"another process is working on it (PID {os.getpid()} on " in found.stderr


def test_another_users_folder_can_be_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its lock nor the suite that it came from can be opened."""
    paths = RunPaths(tmp_path / "out" / "runs" / "a")
    with hold_run(paths):
        pass
    write_suite(OutputPaths(tmp_path / "out"), load_suite(EXPERIMENTS), EXPERIMENTS)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("reportgen.store.locks.FileLock.acquire", refuse)
    monkeypatch.setattr(suites, "hash_file", refuse)
    assert find_state(paths, "k", "e") == "missing"
    assert not read_suite(OutputPaths(tmp_path / "out")).source_changed


@pytest.mark.parametrize("content", [None, "", "[]", '{"pid": 3}'])
def test_a_holder_that_cannot_be_read_is_unknown(paths: RunPaths, content: str | None) -> None:
    if content is not None:
        paths.holder.write_text(content)
    assert describe_holder(paths) == "PID unknown"
