"""Checks that this machine has all that training and rendering need, with remedies for what is missing."""

from __future__ import annotations

import ctypes.util
import os
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from reportgen import DISTRIBUTION, __version__
from reportgen.assets import CLASSIFIER_WEIGHTS, FONT_FILES
from reportgen.base.errors import REINSTALL
from reportgen.base.fetching import default_inception_path
from reportgen.base.files import find_data_dir


@dataclass(frozen=True)
class Check:
    """Outcome of one check; results do not depend on an ``optional`` item."""

    subject: str
    ok: bool
    found: str
    remedy: str = ""
    optional: bool = False


def check_all() -> list[Check]:
    """Run all checks; none of them changes anything or imports torch."""
    return [
        _check_python(),
        _check_namesake(),
        *(
            _check_package(name)
            for name in ("torch", "torchvision", "weasyprint", "matplotlib", "mlxtend", "pytorch-fid")
        ),
        _check_library("Pango", "pango-1.0", "apt-get install libpango-1.0-0 libpangoft2-1.0-0"),
        _check_library("HarfBuzz subset", "harfbuzz-subset", "apt-get install libharfbuzz-subset0", optional=True),
        _check_assets(),
        _check_data(),
        _check_inception(),
        _check_gpu(),
    ]


def _check_python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", sys.version_info >= (3, 11), found, "install Python 3.11 or newer")


def _check_namesake() -> Check:
    """Check that no distribution named ``reportgen`` is installed, which on the package index is another project.

    Both distributions install a folder and a command ``reportgen``, so it is a matter of chance which of them runs.
    """
    try:
        found = version("reportgen")
    except PackageNotFoundError:
        return Check("this package", True, f"{DISTRIBUTION} {__version__}")
    return Check(
        "this package",
        False,
        f"a distribution named reportgen ({found}) is installed beside {DISTRIBUTION} {__version__}: it is another "
        "project's, or an old copy of this one",
        f"pip uninstall reportgen; then {REINSTALL}",
    )


def _check_package(name: str) -> Check:
    try:
        return Check(
            name, find_spec(name.replace("-", "_")) is not None, version(name), f"pip install --force-reinstall {name}"
        )
    except PackageNotFoundError:
        return Check(name, False, "not installed", f"pip install {name}")


def _check_library(subject: str, name: str, remedy: str, *, optional: bool = False) -> Check:
    found = ctypes.util.find_library(name)
    use = "makes PDFs smaller and faster" if optional else "needed for the PDF; HTML works without it"
    return Check(subject, found is not None, found or "not found", f"{use}: {remedy}", optional)


def _check_assets() -> Check:
    missing = [path.name for path in (CLASSIFIER_WEIGHTS, *FONT_FILES.values()) if not path.is_file()]
    found = f"missing: {', '.join(missing)}" if missing else "fonts and digit classifier are there"
    return Check("shipped files", not missing, found, REINSTALL)


def _check_data() -> Check:
    folder = find_data_dir() / "MNIST" / "raw"
    there = (folder / "train-images-idx3-ubyte").is_file()
    remedy = (
        "the first full run downloads it; offline, copy it there or name a folder with REPORTGEN_DATA; "
        "the quick profile needs none of it"
    )
    return Check("MNIST", there, f"{folder}{'' if there else ': not there yet'}", remedy, optional=True)


def _check_inception() -> Check:
    path = default_inception_path()
    there = path.is_file()
    remedy = "for the course's FID: a full run downloads it beside the training, and so does reportgen fetch inception"
    return Check("Inception weights", there, f"{path}{'' if there else ': not there yet'}", remedy, optional=True)


def _check_gpu() -> Check:
    try:
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return Check("NVIDIA GPU", False, "no driver", "runs train on the CPU; try --profile quick", optional=True)
    return Check("NVIDIA GPU", True, "driver found")
