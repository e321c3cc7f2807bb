"""Copies of text files as the engine can read them: unpacked, in UTF-8, from the header on.

Files that need none of this are read where they are. What does **not** belong here: records and
columns.
"""

from __future__ import annotations

import codecs
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ingestion.declaration import FileFormat
from ingestion.readers.compression import compression_of, open_content
from ingestion.readers.extract import ExtractError

CHUNK_BYTES = 1 << 20
_LINE_ENDS = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True)
class CutLine:
    """A line at the end of a file that the declaration calls no record."""

    file: Path
    number: int
    text: str


def readable_copies(
    paths: list[Path], form: FileFormat, scratch: Path, *, unify_lines: bool = False,
) -> tuple[dict[Path, Path], list[CutLine]]:
    """Path of each file -> path of what the engine shall read, and the lines left out of it.

    Args:
        paths: the files.
        form: how they are written.
        scratch: folder for the copies.
        unify_lines: end every line with a line feed, as files put together from several need.

    Raises:
        ExtractError: an archive is damaged, or a file is not in the declared encoding.
    """
    is_text = form.format in ("csv", "json", "jsonl")
    is_utf8 = not is_text or codecs.lookup(form.encoding).name in ("utf-8", "utf-8-sig")
    copies, cut = {}, []
    for number, path in enumerate(paths):
        skip_last = form.skip_last if form.format in ("csv", "jsonl") else 0
        # The engine's own way to skip lines loses a file that mixes line ends without a word.
        skip_first = form.skip_first if form.format == "csv" else 0
        if is_utf8 and not (unify_lines or skip_first or skip_last or compression_of(path)):
            copies[path] = path
            continue
        scratch.mkdir(parents=True, exist_ok=True)
        copies[path] = scratch / f"{number}.utf8"
        with open_content(path) as source, copies[path].open("wb") as target:
            _copy(path, source, _From(target, skip_first),
                  "" if is_utf8 else form.encoding, unify_lines=unify_lines)
        if skip_last:
            has_header = form.format == "csv" and not form.column_names
            cut += [replace(line, number=line.number + skip_first) for line in
                    _cut_last_lines(path, copies[path], skip_last,
                                    has_header + form.skip_after_header, form.quote)]
    return copies, cut


def check_encoding(path: Path, encoding: str) -> None:
    """Read a file for nothing but its letters.

    Raises:
        ExtractError: it is not in the declared encoding.
    """
    with open_content(path) as source, Path(os.devnull).open("wb") as nowhere:
        _copy(path, source, _From(nowhere, 0), encoding, unify_lines=False)


class _From:
    """Writes what comes after the first lines."""

    def __init__(self, target: BinaryIO, lines: int) -> None:
        self._target, self._lines, self._start = target, lines, b""

    def write(self, text: bytes, *, is_last: bool) -> None:
        if self._lines:
            self._start += text
            ends = [end.end() for end in _LINE_ENDS.finditer(self._start)]
            # A carriage return at the very end may be half of a line's end.
            complete = [end for end in ends if is_last or end < len(self._start)]
            if len(complete) < self._lines:
                return
            text, self._lines = self._start[complete[self._lines - 1]:], 0
        self._target.write(text)


def _copy(
    path: Path, source: BinaryIO, target: _From, encoding: str, *, unify_lines: bool,
) -> None:
    decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
    line, held = 1, b""
    while True:
        block = source.read(CHUNK_BYTES)
        if decoder:
            try:
                written = decoder.decode(block, final=not block).encode()
            except UnicodeError as error:
                start = error.start if isinstance(error, UnicodeDecodeError) else 0
                line += block.count(b"\n", 0, start)
                raise ExtractError(f"{path.name}, line {line}: not {encoding}; set `encoding` in "
                                   "the declaration (windows-1252 is usual for German systems)"
                                   ) from error
            line += block.count(b"\n")
        else:
            written = block
        if unify_lines:
            # A carriage return at the end of a block may belong to the next block's line feed.
            written = held + written
            held = b"\r" if written.endswith(b"\r") and block else b""
            written = written[:len(written) - len(held)]
            written = written.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        target.write(written, is_last=not block)
        if not block:
            return


def _cut_last_lines(
    path: Path, copy: Path, count: int, head: int, quote: str,
) -> list[CutLine]:
    """Take the last lines that are not blank off a file, but never its first `head` records."""
    with copy.open("r+b") as file:
        starts = _records_start(file, head, quote.encode())
        size = file.seek(0, 2)
        tail, start = b"", size
        while True:
            lines = [line for line in _LINE_ENDS.split(tail) if line.strip()]
            if len(lines) > count or start <= starts:
                break
            step = min(CHUNK_BYTES, start - starts)
            start -= step
            file.seek(start)
            tail = file.read(step) + tail
        kept, found = len(tail), 0
        pieces = list(re.finditer(rb"[^\r\n]+", tail))
        for piece in reversed(pieces):
            if not piece.group().strip():
                continue
            if found == count:
                break
            found, kept = found + 1, piece.start()
        if not found:
            return []
        file.seek(0)
        before = _count_lines(file, start + kept)
        file.truncate(start + kept)
    texts = [line.decode(errors="replace") for line in _LINE_ENDS.split(tail[kept:])]
    return [CutLine(path, before + number, text)
            for number, text in enumerate(texts, 1) if text.strip()]


def _records_start(file: BinaryIO, head: int, quote: bytes) -> int:
    """Offset at which the line after the first `head` records starts."""
    file.seek(0)
    offset, is_inside = 0, False
    while head and (line := file.readline()):
        offset += len(line)
        is_inside ^= bool(quote) and line.count(quote) % 2 == 1
        head -= not is_inside
    return offset


def _count_lines(file: BinaryIO, end: int) -> int:
    count, left = 0, end
    while left and (block := file.read(min(CHUNK_BYTES, left))):
        count += block.count(b"\n")
        left -= len(block)
    return count
