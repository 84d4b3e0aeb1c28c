"""Downloads that a user asks for by name; torch is not imported, so that they start at once."""

from __future__ import annotations

import http.client
import shutil
import urllib.request
from pathlib import Path

from reportgen.base.errors import DataError
from reportgen.base.files import find_cache_dir, hash_file, replace_file

INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"
"""TensorFlow's Inception-v3 of 2015-12-05 for PyTorch, about 95 MB (M. Seitzer, pytorch-fid, Apache-2.0)."""

INCEPTION_URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{INCEPTION_FILE}"

INCEPTION_SHA256_PREFIX = "6726825d"
"""First 8 hex digits of the file's SHA-256, which torch.hub expects in its name."""

INCEPTION_REMEDY = "pip install pytorch-fid"
"""Command that installs the package of the extra ``inception``, whichever way this one was installed."""

TIMEOUT_SECONDS = 30
"""Seconds of silence of a server after which a download fails."""


def default_inception_path() -> Path:
    """Return the default path of the Inception weights, in the user's cache folder; the file may not exist yet."""
    return find_cache_dir() / INCEPTION_FILE


def fetch_inception(target: Path | None = None, url: str = INCEPTION_URL) -> Path:
    """Download the Inception weights unless ``target`` has them, and return their path.

    The download goes to a temporary file beside ``target``, which it replaces in one step after its checksum was
    verified; on failure ``target`` stays unchanged. An existing file with a wrong checksum is replaced.

    Args:
        target: file to write, by default ``default_inception_path()``; missing folders are created.

    Raises:
        DataError: no connection, a broken download, a wrong checksum, or a folder that cannot be written.
    """
    path = default_inception_path() if target is None else target
    try:
        if path.is_file() and hash_file(path).startswith(INCEPTION_SHA256_PREFIX):
            return path
        if path.is_dir():
            raise DataError(f"{path}: is a folder; expected the name of the file to write, as {path / INCEPTION_FILE}")
        _download(url, path)
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: not a URL
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path}: cannot download {url} ({reason}); {_remedy(url)}") from error
    return path


def _download(url: str, path: Path) -> None:
    with replace_file(path) as stream:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - checksum below
            shutil.copyfileobj(response, stream, 1 << 20)
        stream.flush()
        _check_download(Path(stream.name), url, path)


def _check_download(temporary: Path, url: str, path: Path) -> None:
    found = hash_file(temporary)
    if not found.startswith(INCEPTION_SHA256_PREFIX):
        raise DataError(
            f"{path}: what {url} sent ({temporary.stat().st_size:,} bytes) has the SHA-256 {found}, expected one that "
            f"begins with {INCEPTION_SHA256_PREFIX}; nothing was kept: try again, or {_remedy(url)}"
        )


def _remedy(url: str) -> str:
    return f"download {url} elsewhere and set fid.inception_weights to the file's path"
