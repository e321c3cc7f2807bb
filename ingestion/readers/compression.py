"""Opens files as bytes, compressed or not: gzip, bzip2, xz, Zstandard, and zip with one member.

What a file is compressed with is told by its first bytes, not by its name. What does **not** belong
here: what the bytes mean.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from ingestion.readers.extract import ExtractError

_FIRST_BYTES = {
    b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip", b"PK\x05\x06": "zip",
}
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
# A member that only an operating system put into the archive.
_NO_MEMBERS = ("__MACOSX/", ".DS_Store")
# What the libraries raise for damaged, cut or encrypted content.
DAMAGES = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
           RuntimeError, NotImplementedError)


def compression_of(path: Path) -> str:
    """Name of the compression; empty where there is none."""
    with path.open("rb") as file:
        start = file.read(16)
    for first, name in _FIRST_BYTES.items():
        if start.startswith(first):
            # "BZh" could be the name of a column.
            return name if name != "bzip2" or start[4:10] in _BZIP2_BLOCKS else ""
    return ""


@contextmanager
def open_content(path: Path, *, is_workbook: bool = False) -> Iterator[BinaryIO]:
    """Open the content of a file for reading.

    Args:
        path: the file.
        is_workbook: an Excel workbook is expected, which is a zip archive itself.

    Raises:
        ExtractError: the archive is damaged or encrypted, or holds several files.
    """
    kind = compression_of(path)
    try:
        if kind == "zip" and not (is_workbook and _is_workbook(path)):
            with (zipfile.ZipFile(path) as archive,
                  archive.open(_only_member(path, archive)) as member):
                yield cast(BinaryIO, member)
        elif kind == "zstd":
            with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
                yield io.BufferedReader(cast(Any, stream))  # it knows no lines itself
        else:
            opener: Any = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}.get(kind, open)
            with opener(path, "rb") as file:
                yield file
    except (ExtractError, UnicodeError):
        raise
    except DAMAGES as error:
        if not kind or (kind == "zip" and is_workbook):
            raise
        raise ExtractError(f"{path.name}: not readable as {kind} archive ({type(error).__name__}); "
                           "it is damaged, cut off or encrypted: deliver it again") from error


def _is_workbook(path: Path) -> bool:
    """Whether a zip archive is a workbook itself (or too damaged to tell), not around one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return not {"[Content_Types].xml", "content.xml"}.isdisjoint(archive.namelist())
    except DAMAGES:
        return True


def _only_member(path: Path, archive: zipfile.ZipFile) -> str:
    names = [name for name in archive.namelist()
             if not name.endswith("/") and not name.startswith(_NO_MEMBERS)]
    if "[Content_Types].xml" in names:
        raise ExtractError(f"{path.name}: is an Excel workbook; set `format: excel`")
    if len(names) != 1:
        raise ExtractError(f"{path.name}: the archive holds {len(names)} files; deliver one file "
                           "per archive")
    return names[0]
