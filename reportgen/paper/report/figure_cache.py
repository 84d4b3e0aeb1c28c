"""Cache of drawn figures: a figure is redrawn only if its data or the drawing code change."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Drawing

from reportgen.assets import FONT_FILES
from reportgen.base.errors import RunError
from reportgen.base.files import write_bytes
from reportgen.paper import figures
from reportgen.paper.figures.style import to_png, to_svg

WRITERS = {"svg": to_svg, "png": to_png}
"""Functions that write a drawing as bytes, by format."""


class FigureCache:
    """A cache of figures as files, named by a hash of everything they are drawn from.

    Args:
        folder: folder of the files; without one, every figure is drawn anew.
        prefix: prefix of this report's file names; files without it are never deleted.
    """

    def __init__(self, folder: Path | None = None, prefix: str = "") -> None:
        self.folder, self.prefix = folder, prefix
        self.used: set[Path] = set()

    def draw(self, kind: str, draw: Callable[..., Drawing], *args: Any, **options: Any) -> bytes:
        """Return ``draw(*args, **options)`` as the bytes of an ``svg`` or ``png``, from the cache if possible.

        A folder that cannot be written to disables the cache without an error.
        """
        if self.folder is None:
            return WRITERS[kind](draw(*args, **options))
        path = self.folder / f"{self.prefix}{hash_value([_hash_program(), draw.__name__, args, options])}.{kind}"
        self.used.add(path)
        with suppress(OSError):
            return path.read_bytes()
        content = WRITERS[kind](draw(*args, **options))
        with suppress(RunError):  # an unwritable folder only costs time
            write_bytes(path, content)
        return content

    def remove_unused(self) -> None:
        """Delete the files of this report that were not drawn or read since the cache was made."""
        if self.folder is None:
            return
        for path in self.folder.glob(f"{self.prefix}*"):
            if path not in self.used:
                with suppress(OSError):
                    path.unlink()


def hash_value(value: Any) -> str:
    """Return the first 24 hex digits of a hash of nested plain values, arrays, series and dataclasses."""
    digest = hashlib.sha256()
    for piece in _flatten(value):
        digest.update(len(piece).to_bytes(8, "little") + piece)
    return digest.hexdigest()[:24]


def _flatten(value: Any) -> Iterator[bytes]:
    """Yield the bytes that determine a value, including its types, lengths, shapes and dtypes."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from _flatten({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    elif isinstance(value, pd.Series):
        yield from _flatten((value.index.to_numpy(), value.to_numpy()))
    elif isinstance(value, np.ndarray):
        yield f"{value.dtype} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, Mapping):
        yield from _flatten(list(value.items()))
    elif isinstance(value, list | tuple):
        yield f"sequence {len(value)}".encode()
        for item in value:
            yield from _flatten(item)
    else:
        assert value is None or isinstance(value, str | int | float), f"no digest of a {type(value).__name__}"
        yield f"{type(value).__name__} {value!r}".encode()


@cache
def _hash_program() -> str:
    """Return a hash of the drawing code, the fonts and Matplotlib's version, each of which changes the drawings."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(Path(figures.__file__).parent.glob("*.py"))]
    sizes = [path.stat().st_size for path in FONT_FILES.values()]
    return hash_value([matplotlib.__version__, sources, sizes])
