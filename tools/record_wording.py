"""Raise the program's version where its wording changed, and record both: ``python tools/record_wording.py``.

A PDF is verified by the version that made it, so reports of one version have one wording: the catalogues, templates and
style sheets. ``tests/wording.txt`` holds their fingerprint with the version; ``tests/test_wording.py`` compares it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
RECORD = ROOT / "tests" / "wording.txt"
VERSION_FILE = ROOT / "reportgen" / "__init__.py"
VERSION = re.compile(r'__version__ = "(\d+)\.(\d+)\.(\d+)"')


def hash_wording() -> str:
    """Return the first 16 hex digits of a hash of all that words and lays out a report."""
    catalogues = (ROOT / "reportgen" / "paper" / "i18n" / "locale").rglob("*.po")
    digest = hashlib.sha256()
    for path in sorted([*catalogues, *(ROOT / "templates").iterdir()]):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


def read_version() -> str:
    """Return the program's version as its source has it."""
    found = VERSION.search(VERSION_FILE.read_text(encoding="utf-8"))
    assert found, f"{VERSION_FILE} has a version of three numbers"
    return ".".join(found.groups())


def raise_patch(version: str) -> str:
    """Return a version with the last of its three numbers raised by one."""
    major, minor, patch = version.split(".")
    return f"{major}.{minor}.{int(patch) + 1}"


def main() -> None:
    """Raise the version unless it was raised since the record, and write the record; do nothing if it is up to date."""
    recorded, wording = RECORD.read_text(encoding="utf-8").split()
    version = read_version()
    if wording == hash_wording() and recorded == version:
        print(f"{version}: the wording is as recorded")
        return
    if recorded == version:
        version = raise_patch(version)
        source = VERSION_FILE.read_text(encoding="utf-8")
        VERSION_FILE.write_text(VERSION.sub(f'__version__ = "{version}"', source), encoding="utf-8")
    RECORD.write_text(f"{version} {hash_wording()}\n", encoding="utf-8")
    print(f"{recorded} -> {version}: recorded in {RECORD.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
