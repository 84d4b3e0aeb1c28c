"""The Inception weights: where they lie, and their download; torch is not imported, so that it starts at once."""

from __future__ import annotations

import http.client
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock

from reportgen.base.errors import DataError
from reportgen.base.files import find_cache_dir, hash_file

INCEPTION_FILE = "pt_inception-2015-12-05-6726825d.pth"
"""TensorFlow's Inception-v3 of 2015-12-05 for PyTorch (M. Seitzer, pytorch-fid, Apache-2.0)."""

INCEPTION_BYTES = 95_628_359
INCEPTION_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
# Size and checksum as the commit page of the copy on Hugging Face states them; several public programs pin the same
# checksum, and its first 8 digits are those in the file's name.

_RELEASE = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{INCEPTION_FILE}"
_COPY = f"RaphaelLiu/EvalCrafter-Models/resolve/6040b4d40fdcde446a0cf753b0527585b6b77c54/{INCEPTION_FILE}"

INCEPTION_SOURCES = (
    _RELEASE,  # the origin, FID_WEIGHTS_URL of pytorch-fid
    f"https://hf-mirror.com/{_COPY}",  # serves the paths of huggingface.co in China
    f"https://huggingface.co/{_COPY}",  # a later commit there replaced the file, hence the fixed one
    f"https://gh-proxy.com/{_RELEASE}",  # passes on files of GitHub in China, by their whole address
)
"""Addresses that are tried in this order; none is trusted, since the checksum decides."""

SOURCES_VARIABLE = "REPORTGEN_INCEPTION_URLS"
"""Environment variable with other addresses, separated by spaces."""

CONNECT_SECONDS = 5.0
"""Seconds that a server may take to accept a connection."""
SILENCE_SECONDS = 15.0
"""Seconds without a byte after which a server is given up."""
ATTEMPTS = 3
"""Number of times that a server whose connection broke off is asked for the rest."""
PATIENCE_SECONDS = 10.0
"""Seconds without a byte after which nobody waits for a download that is still under way."""
WAIT_SECONDS = 600.0
"""Seconds that a download which makes progress is waited for at most."""
BLOCK_BYTES = 1 << 18

OnBytes = Callable[[int], object]
"""Callback that gets the number of bytes that are there."""


# ---- the file --------------------------------------------------------------------------------------------------------


def default_inception_path() -> Path:
    """Return the default path of the Inception weights, in the user's cache folder; the file may not exist yet."""
    return find_cache_dir() / INCEPTION_FILE


def find_inception(named: Path | None = None) -> Path | None:
    """Return the path of sound Inception weights: the file that a suite names, else the downloaded one; None without.

    Raises:
        DataError: the named file is missing, unreadable or not the official one.
    """
    if named is not None:
        check_inception(named)
        return named
    path = default_inception_path()
    return path if _is_sound(path) else None


def check_inception(path: Path) -> None:
    """Check that a file holds the Inception weights.

    Raises:
        DataError: it is missing, unreadable or not the official one.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file; expected the Inception weights {INCEPTION_FILE}: {explain_remedy()}")
    try:
        found = hash_file(path)
    except OSError as error:
        raise DataError(f"{path}: cannot read the Inception weights ({error.strerror}); {explain_remedy()}") from error
    if found != INCEPTION_SHA256:
        raise DataError(
            f"{path}: SHA-256 is {found}, that of {INCEPTION_FILE} is {INCEPTION_SHA256}; the file is damaged or "
            f"another one: {explain_remedy()}"
        )


def explain_remedy() -> str:
    """Say how to get the Inception weights."""
    return (
        "'reportgen fetch inception' gets them when the network is there; or download "
        f"{_RELEASE} elsewhere and set fid.inception_weights to the file's path"
    )


def _is_sound(path: Path) -> bool:
    try:
        return path.is_file() and hash_file(path) == INCEPTION_SHA256
    except OSError:
        return False


# ---- the download ----------------------------------------------------------------------------------------------------


def list_sources() -> tuple[str, ...]:
    """Return the addresses of the Inception weights: those of ``SOURCES_VARIABLE`` if it is set."""
    return tuple(os.environ.get(SOURCES_VARIABLE, "").split()) or INCEPTION_SOURCES


def fetch_inception(target: Path | None = None, on_bytes: OnBytes = lambda _: None) -> Path:
    """Download the Inception weights unless ``target`` has them, and return their path.

    The sources are tried in turn. What has arrived is kept beside ``target`` with the suffix ``.part``, from which the
    next attempt, source or command goes on. ``target`` is replaced in one step after the checksum was verified; on
    failure it stays unchanged. Of several processes one downloads and the others wait.

    Args:
        target: file to write, by default ``default_inception_path()``; missing folders are created.

    Raises:
        DataError: no source sent the file, or its folder cannot be written to.
    """
    path = default_inception_path() if target is None else target
    if path.is_dir():
        raise DataError(f"{path}: is a folder; expected the name of the file to write, as {path / INCEPTION_FILE}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            if not _is_sound(path):
                _fetch(path, on_bytes)
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{path}: the Inception weights cannot be kept there ({reason}); {explain_remedy()}") from error
    return path


class _SourceError(Exception):
    """A source cannot be reached, broke off, or sent something else; the message is the reason."""


def _fetch(path: Path, on_bytes: OnBytes) -> None:
    """Try all sources until one has completed the partial file with the right checksum."""
    part = path.with_name(f"{path.name}.part")
    problems = []
    for url in list_sources():
        try:
            _fetch_from(url, part, on_bytes)
        except _SourceError as error:
            problems.append(f"{urlsplit(url).netloc or url}: {error}")
        else:
            os.replace(part, path)
            return
    raise DataError(f"the Inception weights cannot be downloaded ({'; '.join(problems)}); {explain_remedy()}")


def _fetch_from(url: str, part: Path, on_bytes: OnBytes) -> None:
    """Complete the partial file from one source, which is asked again as long as that changes what is there."""
    for attempt in range(1, ATTEMPTS + 1):
        before = _measure(part)
        try:
            _receive(url, part, on_bytes)
            return
        except _SourceError:
            if attempt == ATTEMPTS or _measure(part) == before:
                raise


def _measure(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _receive(url: str, part: Path, on_bytes: OnBytes) -> None:
    """Append to the partial file what a source sends, from its beginning on if the source cannot send the rest alone.

    Raises:
        _SourceError: the source failed; the partial file keeps what has arrived, unless its checksum is wrong.
    """
    start = _measure(part)
    if start >= INCEPTION_BYTES:
        part.unlink()
        start = 0
    with _open(url, start) as response:
        is_rest = getattr(response, "status", None) == http.HTTPStatus.PARTIAL_CONTENT
        count = start if is_rest else 0
        _check_length(response, count)
        with part.open("ab" if is_rest else "wb") as stream:
            while count <= INCEPTION_BYTES and (block := _read(response)):
                stream.write(block)
                count += len(block)
                on_bytes(count)
    if count < INCEPTION_BYTES:
        raise _SourceError(f"broke off after {count:,} of {INCEPTION_BYTES:,} bytes")
    if not _is_sound(part):
        part.unlink()
        raise _SourceError("sent something else, whose SHA-256 is wrong")


def _check_length(response: Any, start: int) -> None:
    length = response.headers.get("Content-Length")
    if length is not None and start + int(length) != INCEPTION_BYTES:
        raise _SourceError(f"has a file of {start + int(length):,} bytes, expected {INCEPTION_BYTES:,}")


@contextmanager
def _explain_broken() -> Iterator[None]:
    """Turn what goes wrong on the network into a ``_SourceError``."""
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: not an address
        reason = getattr(error, "reason", error) if type(error) is urllib.error.URLError else error
        raise _SourceError(" ".join(str(reason).split()) or type(error).__name__) from error


def _open(url: str, start: int) -> AbstractContextManager[Any]:
    """Ask for a file from byte ``start`` on."""
    with _explain_broken():
        request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310
        return closing(_OPENER.open(request, timeout=CONNECT_SECONDS))


def _read(response: Any) -> bytes:
    with _explain_broken():
        block: bytes = response.read1(BLOCK_BYTES)  # what has arrived, so that a silence loses none of it
        return block


class _HTTPConnection(http.client.HTTPConnection):
    """Connection whose time limit to connect is another one than that between bytes."""

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(SILENCE_SECONDS)


class _HTTPSConnection(http.client.HTTPSConnection):
    """Connection whose time limit to connect is another one than that between bytes."""

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(SILENCE_SECONDS)


class _HTTPHandler(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HTTPConnection, request)


class _HTTPSHandler(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HTTPSConnection, request)


_OPENER = urllib.request.build_opener(_HTTPHandler, _HTTPSHandler)


# ---- beside other work -----------------------------------------------------------------------------------------------


class Download:
    """A download of the Inception weights beside other work, in a thread that ends with the process."""

    def __init__(self) -> None:
        self.num_bytes = 0
        """Number of bytes that are there."""
        self._error: DataError | None = None
        self._last_byte = time.monotonic()
        self._ended = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            fetch_inception(on_bytes=self._note)
        except DataError as error:
            self._error = error
        finally:
            self._ended.set()

    def _note(self, num_bytes: int) -> None:
        self.num_bytes, self._last_byte = num_bytes, time.monotonic()

    def collect(self, on_bytes: OnBytes) -> Path:
        """Wait while bytes arrive, and return the path of the weights.

        Raises:
            DataError: no source sent the file, or the rest of it is too long in coming.
        """
        start = time.monotonic()
        while not self._ended.wait(0.2):
            on_bytes(self.num_bytes)
            now = time.monotonic()
            if now - self._last_byte > PATIENCE_SECONDS or now - start > WAIT_SECONDS:
                raise DataError(
                    f"of the Inception weights only {self.num_bytes:,} of {INCEPTION_BYTES:,} bytes have arrived; "
                    f"{explain_remedy()}"
                )
        if self._error is not None:
            raise self._error
        return default_inception_path()
