"""Tables that trackers export, CSV or parquet -> scalars.

In a module of its own, since pandas takes about as long to import as a small run to measure.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from reportgen.base.errors import RunError
from reportgen.lab.importing.curves import Curves

STEP_COLUMNS = ("step", "_step", "global_step", "global step", "steps", "iteration")
LONG_COLUMNS = ("metric", "key", "tag", "name")
"""Columns of a table with a metric per row instead of a column per metric; the values are in ``value``."""


def read_table(path: Path) -> Curves:
    """Read a history that a tracker exported as CSV or parquet.

    Understood are a column per metric beside one of steps, a row per value (``step, metric, value``), and TensorBoard's
    own export of one tag (``Wall time, Step, Value``), whose tag is in the file's name.

    Raises:
        RunError: the file is no such table.
    """
    try:
        table = _read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except ImportError:
        raise RunError("parquet is read by fastparquet: pip install fastparquet, or export CSV") from None
    except Exception as error:  # of many kinds: of pandas, of the engine, of the system
        raise RunError(f"it cannot be read: {' '.join(str(error).split())[:120]}") from None
    columns = {str(name).strip().lower(): name for name in table.columns}
    step = next((columns[name] for name in STEP_COLUMNS if name in columns), None)
    if step is None:
        raise RunError(f"it has no column of steps ({', '.join(STEP_COLUMNS)})")
    table = table[pd.to_numeric(table[step], errors="coerce").notna()]
    long = next((columns[name] for name in LONG_COLUMNS if name in columns), None)
    if long is not None and "value" in columns:
        groups: Iterable[tuple[str, Any]] = ((str(tag), rows) for tag, rows in table.groupby(long, sort=False))
        return Curves({tag: _take(rows, step, columns["value"]) for tag, rows in groups})
    tag = re.search(r"tag[-_](.+)$", path.stem)
    if tag is not None and "value" in columns:
        return Curves({tag[1]: _take(table, step, columns["value"])})
    return Curves({tag: _take(table, step, name) for tag, name in _list_metric_columns(table, step)})


def _read_parquet(path: Path) -> pd.DataFrame:
    with warnings.catch_warnings(action="ignore"):  # between versions of it and of pandas
        from fastparquet import ParquetFile  # an extra of the package

        return ParquetFile(str(path)).to_pandas()


def _list_metric_columns(table: pd.DataFrame, step: Any) -> Iterator[tuple[str, Any]]:
    """Yield the tags and columns of metrics; a tracker may put the run's name before the tag (``run - tag``)."""
    for name in table.columns:
        tag = str(name).rpartition(" - ")[2]
        if name != step and not tag.endswith(("__MIN", "__MAX")) and pd.api.types.is_numeric_dtype(table[name]):
            yield tag, name


def _take(table: pd.DataFrame, step: Any, column: Any) -> dict[int, float]:
    values = pd.to_numeric(table[column], errors="coerce")
    pairs = zip(table[step], values, strict=True)
    return {int(number): float(value) for number, value in pairs if math.isfinite(value)}
