"""Figures as bytes, drawn once and kept as long as nothing that they are drawn from changes."""

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


class FigureCache:
    """Draws what is asked for, or gives it as it was drawn before.

    Args:
        folder: where figures are kept; None keeps none.
        prefix: of this report's file names; others in the folder are left alone.
    """

    def __init__(self, folder: Path | None = None, prefix: str = "") -> None:
        self.folder, self.prefix = folder, prefix
        self.used: set[Path] = set()

    def draw(self, kind: str, draw: Callable[..., Drawing], *args: Any, **options: Any) -> bytes:
        """The bytes of ``draw(*args, **options)`` in the format ``svg`` or ``png``."""
        if self.folder is None:
            return WRITERS[kind](draw(*args, **options))
        path = self.folder / f"{self.prefix}{hash_value([_name_program(), draw.__name__, args, options])}.{kind}"
        self.used.add(path)
        with suppress(OSError):
            return path.read_bytes()
        content = WRITERS[kind](draw(*args, **options))
        with suppress(RunError):  # a folder that cannot be written to costs time only
            write_bytes(path, content)
        return content

    def remove_unused(self) -> None:
        """Delete what this report did not use."""
        if self.folder is None:
            return
        for path in self.folder.glob(f"{self.prefix}*"):
            if path not in self.used:
                with suppress(OSError):
                    path.unlink()


def hash_value(value: Any) -> str:
    """A short name for a value made of plain values, arrays, series and dataclasses."""
    digest = hashlib.sha256()
    for piece in _flatten(value):
        digest.update(len(piece).to_bytes(8, "little") + piece)
    return digest.hexdigest()[:24]


def _flatten(value: Any) -> Iterator[bytes]:
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
def _name_program() -> str:
    """What draws: another version of it draws anew."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(Path(figures.__file__).parent.glob("*.py"))]
    sizes = [path.stat().st_size for path in FONT_FILES.values()]
    return hash_value([matplotlib.__version__, sources, sizes])
