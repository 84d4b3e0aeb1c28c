"""Grids of small grey images as PNG files: training draws them, evaluation measures them, reports show them."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image

PADDING = 2  # black pixels around every image, as in torchvision's make_grid


def encode_grid(images: np.ndarray, columns: int) -> bytes:
    """Encode images, uint8 [N, H, W], as a PNG with ``columns`` images to a row."""
    count, height, width = images.shape
    rows = math.ceil(count / columns)
    canvas = np.zeros((rows * (height + PADDING) + PADDING, columns * (width + PADDING) + PADDING), np.uint8)
    for index, image in enumerate(images):
        top, left = _corner(index, columns, height, width)
        canvas[top : top + height, left : left + width] = image
    stream = io.BytesIO()
    Image.fromarray(canvas).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def decode_grid(content: bytes, count: int, size: int = 32) -> np.ndarray:
    """Decode the first ``count`` square images of a PNG made by ``encode_grid``; return uint8 [count, size, size].

    Raises:
        PIL.UnidentifiedImageError: the content is not an image.
    """
    canvas = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    columns = (canvas.shape[1] - PADDING) // (size + PADDING)
    corners = [_corner(index, columns, size, size) for index in range(count)]
    return np.stack([canvas[top : top + size, left : left + size] for top, left in corners])


def _corner(index: int, columns: int, height: int, width: int) -> tuple[int, int]:
    row, column = divmod(index, columns)
    return row * (height + PADDING) + PADDING, column * (width + PADDING) + PADDING
