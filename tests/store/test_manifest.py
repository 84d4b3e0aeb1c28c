from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from synthetic import ROOT, make_evaluation

from reportgen.base import files
from reportgen.base.errors import RunError
from reportgen.base.files import write_bytes, write_text
from reportgen.store import locks, suites
from reportgen.store.locks import hold_run
from reportgen.store.manifest import FORMAT_VERSION, is_stage_finished, read_identity, record_stage
from reportgen.store.paths import OutputPaths, RunPaths
from reportgen.store.records import write_record
from reportgen.store.states import find_state, read_failure
from reportgen.store.suites import read_suite, write_suite
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import plan_runs

EXPERIMENTS = ROOT / "experiments.yaml"


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path / "runs" / "gan-1-abc")
    write_text(paths.history, "step,metric,value\n")
    write_record(paths.evaluation, make_evaluation(plan_runs(load_suite(EXPERIMENTS))[0]))
    return paths


def finish(paths: RunPaths) -> None:
    record_stage(paths, "training", "t", [paths.history])
    record_stage(paths, "evaluation", "e", [paths.evaluation])


def test_state_follows_from_files(paths: RunPaths) -> None:
    assert find_state(paths, "t", "e") == "missing"
    record_stage(paths, "training", "t", [paths.history])
    assert find_state(paths, "t", "e") == "trained"
    paths.failure.write_text("{}")
    assert find_state(paths, "t", "e") == "failed"
    record_stage(paths, "evaluation", "e", [paths.evaluation])
    assert find_state(paths, "t", "e") == "finished"
    assert find_state(paths, "t", "other") == "failed"


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete"])
def test_damaged_file_means_not_finished(paths: RunPaths, damage: str) -> None:
    finish(paths)
    assert is_stage_finished(paths, "training", "t")
    if damage == "flip":
        paths.history.write_bytes(b"S" + paths.history.read_bytes()[1:])
    elif damage == "truncate":
        paths.history.write_bytes(b"")
    else:
        paths.history.unlink()
    assert not is_stage_finished(paths, "training", "t")
    assert is_stage_finished(paths, "evaluation", "e")


@pytest.mark.fault(row=13)
@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "3", '{"stages": {}}', '{"format": "1", "stages": {}}', '{"format": 1, "stages": []}']
    + [
        f'{{"format": 1, "stages": {{"training": {entry}, "evaluation": {entry}}}}}'
        for entry in (
            "3",
            "[]",
            "{}",
            '{"key": "t"}',
            '{"kex": "t", "files": {}}',
            '{"key": 1, "files": {}}',
            '{"key": "t", "files": ["history.csv"]}',
            '{"key": "t", "files": {"history.csv": 1}}',
            '{"key": "t", "files": {}, "identity": 1}',
        )
    ],
)
def test_damaged_manifest_means_missing(paths: RunPaths, content: str) -> None:
    finish(paths)
    paths.manifest.write_text(content)
    for check_files in (False, True):
        assert find_state(paths, "t", "e", check_files=check_files) == "missing"
    assert read_identity(paths, "training") is None
    finish(paths)
    assert find_state(paths, "t", "e", check_files=True) == "finished"


@pytest.mark.parametrize("content", ["{}", "[]", '{"reason": 3, "details": ""}'])
def test_a_damaged_failure_is_still_one(paths: RunPaths, content: str) -> None:
    paths.failure.write_text(content)
    assert find_state(paths, "t", "e") == "failed"
    assert read_failure(paths) == "unknown"


def test_of_a_manifest_only_the_damaged_stage_is_lost(paths: RunPaths) -> None:
    finish(paths)
    paths.manifest.write_text(paths.manifest.read_text().replace('"key": "e"', '"kez": "e"'))
    assert find_state(paths, "t", "e") == "trained"


def test_newer_format_is_refused(paths: RunPaths) -> None:
    finish(paths)
    manifest = json.loads(paths.manifest.read_text())
    paths.manifest.write_text(json.dumps(manifest | {"format": FORMAT_VERSION + 1}))
    with pytest.raises(RunError, match="newer than this program"):
        find_state(paths, "t", "e")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"format": FORMAT_VERSION + 1}, "is newer than this program's"),
        ({"suite": {"profile": "quick"}}, "cannot be used .* run 'reportgen run' again"),
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


@pytest.mark.fault(row=11)
def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.txt"
    write_text(target, "old")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(RunError, match="disk full"):
        write_bytes(target, b"new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


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
def test_a_full_disk_is_one_line_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "spec.json"
    write_text(path, "old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(files.os, name, fail)
            with pytest.raises(RunError, match=r"spec\.json: cannot be written \(No space left on device\); free some"):
                write_text(path, "new")
        assert path.read_text() == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["spec.json"]


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

    monkeypatch.setattr(locks.FileLock, "acquire", refuse)
    monkeypatch.setattr(suites, "hash_file", refuse)
    assert find_state(paths, "k", "e") == "missing"
    assert not read_suite(OutputPaths(tmp_path / "out")).source_changed
