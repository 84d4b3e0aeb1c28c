"""Build the two fonts that the package ships from the npm package @expo-google-fonts/noto-sans-sc.

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3
    python tools/build_fonts.py expo-google-fonts-noto-sans-sc-0.4.3.tgz

They are static TrueType files, because matplotlib draws variable fonts in Thin and cannot load WOFF2, and collections
crash WeasyPrint. All ideographs of the font stay, because smaller sets lack characters of people's names.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import tarfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

WEIGHTS = {"400Regular/NotoSansSC_400Regular.ttf": "NotoSansSC-Regular.ttf",
           "700Bold/NotoSansSC_700Bold.ttf": "NotoSansSC-Bold.ttf"}  # fmt: skip
RANGES = (
    (0x0020, 0x024F),  # Latin
    (0x0300, 0x036F),  # combining marks
    (0x0370, 0x03FF),  # Greek
    (0x2000, 0x206F),  # general punctuation
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x20A0, 0x20CF),  # currency
    (0x2100, 0x214F),  # letterlike symbols
    (0x2150, 0x218F),  # number forms
    (0x2190, 0x21FF),  # arrows
    (0x2200, 0x22FF),  # mathematical operators
    (0x2460, 0x24FF),  # enclosed numbers
    (0x2500, 0x25FF),  # boxes and geometric shapes
    (0x2600, 0x27BF),  # symbols and dingbats
    (0x3000, 0x303F),  # CJK punctuation
    (0x3400, 0x4DBF),  # CJK extension A
    (0x4E00, 0x9FFF),  # CJK unified ideographs
    (0xF900, 0xFAFF),  # CJK compatibility ideographs
    (0x20000, 0x323AF),  # CJK extensions B to H
    (0xFF00, 0xFFEF),  # full-width forms
)


def build_font(source: bytes) -> bytes:
    """Return the content of a static font reduced to ``RANGES``."""
    options = subset.Options(layout_features=["*"], name_IDs=["*"], notdef_outline=True, hinting=False)
    font = TTFont(io.BytesIO(source), recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    subsetter.subset(font)
    target = io.BytesIO()
    font.save(target)
    return target.getvalue()


def main() -> None:
    """Write both fonts and print their checksums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("package", type=Path)
    parser.add_argument("--to", type=Path, default=Path(__file__).parents[1] / "reportgen" / "assets" / "fonts")
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    with tarfile.open(arguments.package) as archive:
        for member, name in WEIGHTS.items():
            stream = archive.extractfile(f"package/{member}")
            assert stream is not None, f"{member} is in the package"
            content = build_font(stream.read())
            (arguments.to / name).write_bytes(content)
            print(f"{hashlib.sha256(content).hexdigest()}  {name}  {len(content):,} bytes")


if __name__ == "__main__":
    main()
