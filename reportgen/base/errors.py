"""Errors that a user can cause. Any other exception is a bug and keeps its traceback."""

from __future__ import annotations

from reportgen import DISTRIBUTION

REINSTALL = f"install {DISTRIBUTION} again, from its wheel or in its checkout (pip install --editable .)"
"""Advice to a user whose installation lacks files."""


class ReportgenError(Exception):
    """A problem that the user can solve; the message is one line: where, what, what was expected, what to do."""

    exit_status = 1
    """Exit status of the command line."""


class ConfigError(ReportgenError):
    """``experiments.yaml`` or the command line is wrong; nothing was written."""

    exit_status = 2


class DataError(ReportgenError):
    """A dataset or a weights file is missing, unreadable or fails its checksum."""

    exit_status = 2


class RunError(ReportgenError):
    """A run could not be trained or evaluated, or its files contradict its manifest."""

    exit_status = 3


class RenderError(ReportgenError):
    """A report could not be rendered; older reports are left untouched."""

    exit_status = 4


class Stopped(Exception):  # noqa: N818 - not an error
    """A run ended early on request, with its checkpoint on disk."""
