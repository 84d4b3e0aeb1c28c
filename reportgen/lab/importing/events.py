"""Event files of TensorBoard -> scalars; a torn or damaged record ends the reading, what stands before it counts."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

from reportgen.lab.importing.curves import Curves

HEADER, FOOTER = 12, 4
"""Bytes before an event, its length and a checksum of that, and after it, its checksum."""

MAX_CHECKED = 4096
"""Largest event whose checksum is computed; longer ones hold images, which are not read."""


def read_events(path: Path) -> Curves:
    """Read the scalars of an event file by tag; remarks say where a damaged file ends."""
    curves, content = Curves(), path.read_bytes()
    for event, end in _walk(content):
        if event is None:
            last = curves.last_step
            until = f"up to step {last}" if last >= 0 else "without a single value"
            curves.remarks.append(f"damaged after {end:,} of {len(content):,} bytes; read {until}")
            break
        for value in event.summary.value:
            if value.HasField("simple_value"):
                curves.scalars.setdefault(value.tag, {})[event.step] = value.simple_value
    return curves


def _walk(content: bytes) -> Iterator[tuple[Event | None, int]]:
    """Yield each event with its end in the file; None with the end of the last sound one if the rest is damaged."""
    position = 0
    while position < len(content):
        end = _find_end(content, position)
        event = _parse(content[position + HEADER : end - FOOTER]) if end else None
        if event is None:
            yield None, position
            return
        yield event, end
        position = end


def _find_end(content: bytes, start: int) -> int:
    """Return the end of a record; 0 if it is torn or a checksum does not match."""
    if start + HEADER > len(content):
        return 0
    length, check = struct.unpack_from("<QI", content, start)
    end = start + HEADER + length + FOOTER
    if check != masked_crc32c(content[start : start + 8]) or end > len(content):
        return 0
    if length > MAX_CHECKED:
        return end
    (check,) = struct.unpack_from("<I", content, end - FOOTER)
    return end if check == masked_crc32c(content[start + HEADER : end - FOOTER]) else 0


def _parse(record: bytes) -> Event | None:
    try:
        return Event.FromString(record)
    except DecodeError:
        return None
