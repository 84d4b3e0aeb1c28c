"""The download of the Inception weights from servers of every kind, all of them on this machine."""

from __future__ import annotations

import hashlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import (
    CONTENT,
    Answer,
    Server,
    break_off,
    fall_silent,
    refuse,
    send_all,
    send_endlessly,
    send_login_page,
    send_other_bytes,
    send_whole_again,
    serve,
)

from reportgen.base import fetching
from reportgen.base.errors import DataError
from reportgen.base.fetching import Download, fetch_inception, find_inception


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve(monkeypatch) as server:
        yield server


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder, which does not exist yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "reportgen"


def use_sources(monkeypatch: pytest.MonkeyPatch, *urls: str) -> None:
    monkeypatch.setenv(fetching.SOURCES_VARIABLE, " ".join(urls))


def list_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


# ---- one source ------------------------------------------------------------------------------------------------------


def test_the_file_comes_into_the_cache_and_its_progress_is_told(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_sources(monkeypatch, server.add("good", send_all))
    told: list[int] = []
    assert find_inception() is None
    path = fetch_inception(on_bytes=told.append)
    assert path == cache / "pt_inception-2015-12-05-6726825d.pth" == fetching.default_inception_path()
    assert path.read_bytes() == CONTENT
    assert list_files(cache) == [path.name]
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)
    assert find_inception() == path


def test_a_good_file_is_kept_without_a_download(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_sources(monkeypatch, server.add("good", send_all))
    fetch_inception()
    before = fetching.default_inception_path().stat()
    fetch_inception()
    assert fetching.default_inception_path().stat().st_mtime_ns == before.st_mtime_ns
    assert len(server.asked) == 1


def test_a_damaged_file_is_replaced(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_sources(monkeypatch, server.add("good", send_all))
    target = tmp_path / "damaged.pth"
    target.write_bytes(b"half")
    assert fetch_inception(target).read_bytes() == CONTENT


@pytest.mark.fault(row=15)
def test_a_connection_that_breaks_off_is_taken_up_where_it_broke(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_sources(monkeypatch, server.add("breaks", break_off))
    with pytest.raises(DataError, match=r"broke off after 900,000 of 1,024,000 bytes"):
        fetch_inception()
    assert server.asked == [("/breaks", 0), ("/breaks", 300_000), ("/breaks", 600_000)]
    assert list_files(cache) == ["pt_inception-2015-12-05-6726825d.pth.part"]
    assert fetch_inception().read_bytes() == CONTENT
    assert server.asked[3:] == [("/breaks", 900_000)]


def test_a_server_without_ranges_starts_over(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.mkdir(parents=True)
    (cache / "pt_inception-2015-12-05-6726825d.pth.part").write_bytes(b"x" * 1000)
    use_sources(monkeypatch, server.add("whole", send_whole_again))
    assert fetch_inception().read_bytes() == CONTENT
    assert server.asked == [("/whole", 1000)]


def test_a_damaged_rest_of_an_earlier_download_costs_one_more_attempt(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir(parents=True)
    (cache / "pt_inception-2015-12-05-6726825d.pth.part").write_bytes(b"x" * 1000)
    use_sources(monkeypatch, server.add("good", send_all))
    assert fetch_inception().read_bytes() == CONTENT
    assert server.asked == [("/good", 1000), ("/good", 0)]


@pytest.mark.parametrize("size", [len(CONTENT), len(CONTENT) + 1])
def test_a_rest_that_is_too_long_is_dropped(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    cache.mkdir(parents=True)
    (cache / "pt_inception-2015-12-05-6726825d.pth.part").write_bytes(bytes(size))
    use_sources(monkeypatch, server.add("good", send_all))
    assert fetch_inception().read_bytes() == CONTENT
    assert server.asked == [("/good", 0)]


# ---- several sources -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "num_asked"),
    [(send_other_bytes, 1), (send_login_page, 1), (send_endlessly, 1), (refuse, 1), (fall_silent, 3)],
)
def test_after_a_bad_source_comes_the_next(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, num_asked: int
) -> None:
    use_sources(monkeypatch, server.add("bad", answer), server.add("good", send_all))
    assert fetch_inception().read_bytes() == CONTENT
    assert [path for path, _ in server.asked] == ["/bad"] * num_asked + ["/good"]
    assert list_files(cache) == ["pt_inception-2015-12-05-6726825d.pth"]


def test_what_one_source_sent_need_not_come_from_the_next(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_sources(monkeypatch, server.add("breaks", break_off), server.add("good", send_all))
    assert fetch_inception().read_bytes() == CONTENT
    assert server.asked[-1] == ("/good", 900_000)


@pytest.fixture
def silent_host() -> Iterator[str]:
    """Address that accepts no further connection and refuses none, as behind a firewall that drops packets."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as host:
        port = host.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            yield f"http://127.0.0.1:{port}/weights.pth"


def test_a_host_that_never_answers_costs_only_the_time_to_connect(
    server: Server, silent_host: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_sources(monkeypatch, silent_host, server.add("good", send_all))
    start = time.monotonic()
    assert fetch_inception().read_bytes() == CONTENT
    assert 0.4 < time.monotonic() - start < 3


@pytest.mark.fault(row=15)
def test_without_any_source_each_is_named_with_its_reason(
    server: Server, silent_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "cache" / "weights.pth"
    target.parent.mkdir()
    target.write_bytes(b"half")
    none = (tmp_path / "none.pth").as_uri()
    use_sources(monkeypatch, "http://127.0.0.1:9/a", silent_host, server.add("gone", refuse), none, "no-url")
    with pytest.raises(DataError) as caught:
        fetch_inception(target)
    message = str(caught.value)
    assert "\n" not in message
    for reason in ("127.0.0.1:9: ", "refused", "timed out", "HTTP Error 404", "No such file", "no-url: unknown url"):
        assert reason in message
    assert "'reportgen fetch inception' gets them when the network is there; or download https://github.com" in message
    assert target.read_bytes() == b"half"
    assert list_files(target.parent) == ["weights.pth"]


def test_a_folder_as_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is a folder"):
        fetch_inception(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be kept there"):
        fetch_inception(tmp_path / "file" / "weights.pth")


def test_the_known_sources_are_used_unless_others_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(fetching.SOURCES_VARIABLE, raising=False)
    assert fetching.list_sources() == fetching.INCEPTION_SOURCES
    assert all(
        re.fullmatch(r"https://\S+/pt_inception-2015-12-05-6726825d\.pth", url) for url in fetching.list_sources()
    )
    assert fetching.INCEPTION_SHA256.startswith("6726825d")
    use_sources(monkeypatch, "http://a/x", "http://b/x")
    assert fetching.list_sources() == ("http://a/x", "http://b/x")


# ---- beside other work -----------------------------------------------------------------------------------------------


def test_two_downloads_share_one(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_sources(monkeypatch, server.add("good", send_all))
    paths = [download.collect(lambda _: None) for download in (Download(), Download())]
    assert paths == [fetching.default_inception_path()] * 2
    assert len(server.asked) == 1


def test_a_download_that_failed_says_why(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_sources(monkeypatch, "http://127.0.0.1:9/a")
    with pytest.raises(DataError, match="cannot be downloaded"):
        Download().collect(lambda _: None)


@pytest.mark.parametrize("limit", ["PATIENCE_SECONDS", "WAIT_SECONDS"])
def test_nobody_waits_for_a_download_without_end(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(fetching, "SILENCE_SECONDS", 30)
    monkeypatch.setattr(fetching, limit, 0.5)
    use_sources(monkeypatch, server.add("silent", fall_silent))
    start, told = time.monotonic(), list[int]()
    with pytest.raises(DataError, match=r"only 100,000 of 1,024,000 bytes have arrived"):
        Download().collect(told.append)
    assert time.monotonic() - start < 3
    assert told[-1] == 100_000


def test_a_process_does_not_wait_for_a_download_to_end(server: Server, cache: Path) -> None:
    code = "from reportgen.base.fetching import Download; Download()"
    start = time.monotonic()
    environment = {"XDG_CACHE_HOME": str(cache), fetching.SOURCES_VARIABLE: server.add("silent", fall_silent)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert time.monotonic() - start < 3


def test_fetching_imports_no_torch() -> None:
    code = "import sys, reportgen.base.fetching; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- a file that a user names ----------------------------------------------------------------------------------------


def test_a_named_file_is_used_and_one_that_is_wrong_is_an_error(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    with pytest.raises(DataError, match=r"mine\.pth: no such file"):
        find_inception(path)
    path.write_bytes(b"other")
    with pytest.raises(DataError, match=f"SHA-256 is {hashlib.sha256(b'other').hexdigest()}, that of"):
        find_inception(path)
    path.write_bytes(CONTENT)
    assert find_inception(path) == path
