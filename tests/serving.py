"""A server on this machine that answers as good and bad servers of the Inception weights do."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from reportgen.base import fetching

CONTENT = bytes(range(256)) * 4000
"""Stand-in for the weights, about 1 MB."""

Answer = Callable[["Handler", int], None]
"""Function that answers a request for the file from a byte on."""


class Handler(BaseHTTPRequestHandler):
    """Handler that answers by the function registered for the path, and notes from which byte on it was asked."""

    server: Server

    def do_GET(self) -> None:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))
        assert found is not None
        start = int(found[1])
        self.server.asked.append((self.path, start))
        self.server.answers[self.path](self, start)

    def begin(self, start: int, content: bytes = CONTENT) -> None:
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Server on this machine; ``asked`` lists path and first byte of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, int]] = []

    def add(self, name: str, answer: Answer) -> str:
        """Register an answer and return its address."""
        self.answers[f"/{name}"] = answer
        return f"http://127.0.0.1:{self.server_port}/{name}"


def send_all(handler: Handler, start: int) -> None:
    handler.begin(start)
    handler.wfile.write(CONTENT[start:])


def break_off(handler: Handler, start: int) -> None:
    """Send 300,000 bytes at most in one connection."""
    handler.begin(start)
    handler.wfile.write(CONTENT[start : start + 300_000])


def fall_silent(handler: Handler, start: int) -> None:
    handler.begin(start)
    handler.wfile.write(CONTENT[start : start + 100_000])
    handler.wfile.flush()
    time.sleep(3)


def send_whole_again(handler: Handler, _: int) -> None:
    """Answer of a server that knows no ranges."""
    handler.begin(0)
    handler.wfile.write(CONTENT)


def send_other_bytes(handler: Handler, start: int) -> None:
    handler.begin(start)
    handler.wfile.write(bytes(len(CONTENT) - start))


def send_login_page(handler: Handler, _: int) -> None:
    handler.begin(0, b"<html>log in first</html>")
    handler.wfile.write(b"<html>log in first</html>")


def send_endlessly(handler: Handler, _: int) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(CONTENT)
    except OSError:
        pass


def refuse(handler: Handler, _: int) -> None:
    handler.send_error(404)


@contextmanager
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Start a server; inside the block the stand-in counts as the weights, and nobody waits long for a server."""
    monkeypatch.setattr(fetching, "INCEPTION_SHA256", hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(fetching, "INCEPTION_BYTES", len(CONTENT))
    monkeypatch.setattr(fetching, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(fetching, "SILENCE_SECONDS", 0.5)
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()
