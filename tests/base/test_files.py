"""Files are written whole or not at all; the user's folders."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from reportgen.base.errors import RunError
from reportgen.base.files import append_text, find_cache_dir, find_data_dir, write_bytes, write_text
from reportgen.cli import doctor


@pytest.mark.fault(row=11)
def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.txt"
    write_text(target, "old")

    def refuse(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("reportgen.base.files.os.fsync", refuse)
    with pytest.raises(RunError, match="disk full"):
        write_bytes(target, b"new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.fault(row=11)
def test_a_full_disk_is_one_line_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "spec.json"
    write_text(path, "old")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(f"reportgen.base.files.os.{name}", fail)
            with pytest.raises(RunError, match=r"spec\.json: cannot be written \(No space left on device\); free some"):
                write_text(path, "new")
        assert path.read_text() == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["spec.json"]


def test_datasets_are_below_the_cache_folder_unless_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("REPORTGEN_DATA", "")
    assert find_cache_dir() == tmp_path / "reportgen"
    assert find_data_dir() == tmp_path / "reportgen" / "data"
    monkeypatch.setenv("REPORTGEN_DATA", str(tmp_path / "mine"))
    assert find_data_dir() == tmp_path / "mine"


def test_to_ask_for_a_folder_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that may not be written to is no error until something is to be kept in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    find_data_dir()
    assert not list(tmp_path.iterdir())


def test_doctor_looks_for_mnist_where_a_run_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTGEN_DATA", str(tmp_path))
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").touch()
    (check,) = [check for check in doctor.check_all() if check.subject == "MNIST"]
    assert (check.ok, check.found) == (True, str(raw))


@pytest.mark.fault(row=11)
def test_text_is_appended_and_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history.csv"
    write_text(path, "a\n")
    append_text(path, "b\nc\n")
    append_text(path, "")
    assert path.read_bytes() == b"a\nb\nc\n"

    def fail(name: str) -> None:
        if name == "amid the append":
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("reportgen.base.files.reach_failpoint", fail)
    with pytest.raises(RunError, match=r"history\.csv: cannot be written \(No space left on device\); free some"):
        append_text(path, "d\ne\n")
    assert path.read_bytes() == b"a\nb\nc\nd\n", "half of it"


def test_nothing_is_appended_to_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="No such file"):
        append_text(tmp_path / "history.csv", "1\n")
