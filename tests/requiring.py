"""What a test needs of the machine: where it lacks, the test is skipped, and fails under continuous integration."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

import pytest


def is_ci() -> bool:
    """Return whether the environment says, as CI services do, that ``CI`` is set and not to ``false`` or ``0``."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def require(is_there: bool, what: str) -> None:
    """Skip the test if what it needs is not there; under CI fail it, so that nothing goes unchecked in silence.

    Args:
        what: the thing, and how to get it.
    """
    if is_there:
        return
    if is_ci():
        pytest.fail(f"this test needs {what}", pytrace=False)
    pytest.skip(f"needs {what}")


def require_module(name: str) -> ModuleType:
    """Return a module of a package that only tests need; without it the test is skipped, or fails under CI."""
    try:
        return importlib.import_module(name)
    except ImportError:
        require(False, f"the package of the module {name}: pip install -e '.[test]'")
        raise
