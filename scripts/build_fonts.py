"""Build the bundled font subset: Noto Sans SC, Regular and Bold, as two small TrueType files.

Source: the npm package ``@expo-google-fonts/noto-sans-sc`` in one pinned version, checked by SHA-512. The subset
holds GB 2312, ASCII, Latin-1, CJK punctuation, full-width forms, the signs that statistical tables use, all characters
of the catalogue with its bundled figures (titles of cited releases), and those of the file named by ``--extra``. Same
input and same fontTools version give the same bytes.

    python scripts/build_fonts.py                      # runs `npm pack` in a temporary folder
    python scripts/build_fonts.py --tarball PATH.tgz   # no network
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

PACKAGE = "@expo-google-fonts/noto-sans-sc"
VERSION = "0.4.3"
INTEGRITY = "9rAwdFTFHbO/u6Cs0gj2jZbW74TGIiaFNQnXYH2s5wA1bzVkwbaviL4t8YUV642eGYjg86eH6DkAEQmfNHDncQ=="
MEMBERS = {
    "NotoSansSC-Regular.ttf": "package/400Regular/NotoSansSC_400Regular.ttf",
    "NotoSansSC-Bold.ttf": "package/700Bold/NotoSansSC_700Bold.ttf",
}
LICENCE = "package/LICENSE_FONT"
TARGET = Path(__file__).resolve().parents[1] / "src" / "qinggong" / "publish" / "fonts"
CATALOGUE = TARGET.parents[1] / "catalogue" / "data"

# kern and mark for Latin, ccmp so that two dashes join (——), halt so that browsers can trim CJK punctuation.
# Digits are tabular by default in this family (555 and 590 units), so no tnum is needed.
FEATURES = ["kern", "mark", "mkmk", "ccmp", "halt", "tnum", "lnum"]

SIGNS = (
    "–—―‒−±×÷≥≤≠≈≡∞√∑∏∂∆Δ‰‱℃℉№™€£¥²³¹"
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳⑴⑵⑶⑷⑸ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ"
    "↑↓→←↗↘▲▼△▽●○◆◇■□★☆◎•·‧…‥′″‘’“”„‹›«»†‡※§¶㎡㎥㎏㎞㎝㎜㏄"
)


def gb2312_characters() -> set[str]:
    """All characters of GB 2312-80, read from Python's codec."""
    found: set[str] = set()
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(bytes((high, low)).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return found


def wanted_characters(extra: Iterable[str] = ()) -> set[int]:
    """Code points of the subset; spaces of all widths are kept, the font decides which exist."""
    wanted = {ord(c) for c in gb2312_characters() | set(SIGNS)}
    wanted |= set(range(0x20, 0x7F)) | set(range(0xA0, 0x100))
    wanted |= set(range(0x2000, 0x2010)) | {0x202F, 0x2060}
    wanted |= set(range(0x3000, 0x3040)) | set(range(0xFF01, 0xFF5F)) | set(range(0xFFE0, 0xFFE7))
    for text in extra:
        wanted |= {ord(c) for c in text if not c.isspace()}
    return wanted


def subset_font(data: bytes, code_points: set[int]) -> bytes:
    """One TrueType file cut down to ``code_points``; names and times stay those of the source file."""
    font = TTFont(io.BytesIO(data), recalcTimestamp=False, lazy=True)
    options = subset.Options()
    options.layout_features = FEATURES
    options.hinting = False
    options.glyph_names = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = ["*"]
    options.notdef_outline = True
    options.recalc_timestamp = False
    # Vertical metrics and the variable-font style table serve nothing in a horizontal bulletin.
    options.drop_tables += ["vhea", "vmtx", "STAT", "BASE"]
    cutter = subset.Subsetter(options=options)
    cutter.populate(unicodes=code_points)
    cutter.subset(font)
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue()


def fetch_tarball(folder: Path) -> Path:
    """Run ``npm pack`` for the pinned version and return the file it wrote."""
    command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(folder)]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    (tarball,) = folder.glob("*.tgz")
    return tarball


def checked(tarball: Path) -> bytes:
    """Bytes of the tarball; ends with a message when they are not the pinned ones."""
    data = tarball.read_bytes()
    found = base64.b64encode(hashlib.sha512(data).digest()).decode("ascii")
    if found != INTEGRITY:
        raise SystemExit(
            f"{tarball.name}: sha512 is {found}, expected {INTEGRITY} ({PACKAGE} {VERSION}); fetch it again"
        )
    return data


def build(data: bytes, target: Path, extra: Iterable[str] = ()) -> None:
    """Write the two fonts and their licence into ``target``."""
    wanted = wanted_characters(extra)
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:

        def member(name: str) -> bytes:
            handle = archive.extractfile(name)
            if handle is None:
                raise SystemExit(f"{PACKAGE} {VERSION}: the package has no file {name}")
            return handle.read()

        for name, path in MEMBERS.items():
            cut = subset_font(member(path), wanted)
            (target / name).write_bytes(cut)
            held = set(TTFont(io.BytesIO(cut), lazy=True).getBestCmap())
            absent = "".join(chr(c) for c in sorted(wanted - held) if c >= 0x20 and not 0x2000 <= c <= 0x206F)
            print(f"{name}: {len(cut):,} bytes, {len(held)} characters; not in the source font: {absent or 'none'}")
        (target / "OFL.txt").write_bytes(member(LICENCE))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tarball", type=Path, help=f"file written by npm pack {PACKAGE}@{VERSION}")
    parser.add_argument("--extra", type=Path, help="UTF-8 text file with further characters")
    parser.add_argument("--target", type=Path, default=TARGET, help="folder to write to")
    options = parser.parse_args(arguments)
    extra = [path.read_text(encoding="utf-8") for path in sorted(CATALOGUE.rglob("*")) if path.is_file()]
    extra += [options.extra.read_text(encoding="utf-8")] if options.extra else []
    if options.tarball:
        build(checked(options.tarball), options.target, extra)
    else:
        with tempfile.TemporaryDirectory() as folder:
            build(checked(fetch_tarball(Path(folder))), options.target, extra)
    return 0


if __name__ == "__main__":
    sys.exit(main())
