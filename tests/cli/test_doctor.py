"""What ``reportgen doctor`` finds."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from reportgen.cli import doctor


def check_this_package() -> doctor.Check:
    (found,) = [check for check in doctor.check_all() if check.subject == "this package"]
    return found


def test_a_distribution_with_the_name_of_the_import_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "reportgen-7.8.9.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: reportgen\nVersion: 7.8.9\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    check = check_this_package()
    assert not check.ok
    assert not check.optional
    assert "named reportgen (7.8.9)" in check.found
    assert "pip uninstall reportgen; then install reportgen-ml again" in check.remedy


def test_alone_this_package_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_none_of_that_name(name: str) -> str:
        if name == "reportgen":
            raise PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor, "version", find_none_of_that_name)
    check = check_this_package()
    assert check.ok
    assert check.found.startswith("reportgen-ml ")


def test_packages_that_are_here_are_found_whatever_their_module_is_called() -> None:
    found = {check.subject: check for check in doctor.check_all()}
    assert all(found[name].ok for name in ("torch", "weasyprint", "pytorch-fid"))
