"""The errors that a user can cause. Everything else that is raised is a bug and keeps its traceback."""

from __future__ import annotations


class ReportgenError(Exception):
    """A problem that the user can mend: one line that says where, what, what was expected, what to do.

    ``exit_status`` is what the command line returns for it.
    """

    exit_status = 1


class ConfigError(ReportgenError):
    """``experiments.yaml`` or the command line is wrong; nothing was written."""

    exit_status = 2


class DataError(ReportgenError):
    """A dataset or a weights file is missing, unreadable or not what its checksum says."""

    exit_status = 2


class RunError(ReportgenError):
    """A run could not be trained or evaluated, or its files are not what its manifest says."""

    exit_status = 3


class RenderError(ReportgenError):
    """A report could not be rendered; older reports are left as they were."""

    exit_status = 4


class Stopped(Exception):  # noqa: N818 - not an error
    """A run ended early because it was asked to, with its checkpoint on disk."""
