"""The records of a CSV file told apart without the engine: counted fast, or split one by one.

The engine at times drops or merges lines without a word, above all around quotes that are never
closed. So what it read is held against a count of its own; where the two differ, or the engine
gives up, every record is judged here and only whole ones are handed to it. What does **not** belong
here: columns, values and types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.declaration import FileFormat
from ingestion.readers.extract import ExtractError, UnclearLinesError

# Longest line, in bytes, that a file may have.
LONGEST_LINE = 8 << 20
_BLOCK_BYTES = 1 << 20
_GROUP_CHARACTERS = 1 << 16
_LOOSE = "unquoted value"
_MARK = "\u00ef\u00bb\u00bf"  # UTF-8's byte order mark, as Latin-1 shows it


@dataclass(frozen=True)
class Records:
    """A record as it stands in the file, without its line end; or several whole ones, one a line.

    `text` shows each byte as one character (Latin-1). `fault` is empty, or says why the record
    cannot be split into the columns; `line` is where it starts, from 1.
    """

    line: int
    text: str
    fault: str
    count: int = 1


def count_records(path: Path, form: FileFormat, *, keeps_blank: bool) -> int:
    """Records of a UTF-8 file, its header among them: line ends outside of quotes.

    A quote within an unquoted value makes the count wrong, though `split_records` would take it for
    a letter: where the count fits the engine's, nothing is lost; where it does not, nothing is said
    yet. 2 million lines (150 MB) take 0.2 s, or 1.1 s where each value is quoted, of a load's 13 s.

    Args:
        path: the file.
        form: how it is written.
        keeps_blank: blank lines are records, as in a file of one column.

    Raises:
        UnclearLinesError: a quote is open at the end, which the engine at times lets pass.
    """
    quote = form.quote.encode()
    escape = form.escape.encode() if form.escape != form.quote else b""
    count, is_open, held = 0, 0, b""
    line_has_text = False
    with path.open("rb") as file:
        while True:
            block = file.read(_BLOCK_BYTES)
            text = held + block
            held = b""
            if block and text[-1:] in (b"\r", escape):  # may be half of a pair
                text, held = text[:-1], text[-1:]
            if escape:
                text = text.replace(escape * 2, b"x").replace(escape + quote, b"x")
            if b"\r" in text:
                text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            if quote and (is_open or quote in text):
                pieces = text.split(quote)
                text = quote.join(pieces[is_open::2])
                is_open = (is_open + len(pieces) - 1) % 2
                if is_open:
                    text += quote
            *lines, last = text.split(b"\n")
            if lines:
                ended = sum(map(bool, lines)) + (line_has_text and not lines[0])
                count += len(lines) if keeps_blank else ended
                line_has_text = False
            line_has_text = line_has_text or bool(last)
            if not block:
                break
    if is_open:
        raise UnclearLinesError(f"{path.name}: a quote is open at the end")
    return count + line_has_text


def split_records(path: Path, name: str, form: FileFormat, width: int) -> Iterator[Records]:
    """Every record of a UTF-8 file after its header and what explains it, blank lines left out.

    A quote opens only where a value starts; a blank before it does not matter. 2 million lines of
    which few are faulty take 2 s; 6 to 25 s where every line must be followed by itself.

    Args:
        path: the file, from its header on.
        name: what the file is called in messages.
        form: how it is written.
        width: number of columns.

    Raises:
        ExtractError: a quote is opened and never closed, or a line is no line any more.
    """
    scanner, whole = _Scanner(form, width), _whole_lines(form, width)
    number, start = 0, 0
    to_pass = form.skip_after_header + (not form.column_names)
    lines: list[str] = []
    for group in _line_groups(path, name, form.skip_first):
        text = "".join(group)
        # Most groups have nothing to be judged line by line, which would take ten times as long.
        if not (lines or to_pass) and whole.fullmatch(text) and not _encoding_fault(text):
            text = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
            yield Records(number + 1 + form.skip_first, text, "", len(group))
            number += len(group)
            continue
        for line in group:
            number += 1
            if not lines:
                start = number
                if width > 1 and line in ("\n", "\r\n", "\r"):
                    continue
            lines.append(line)
            if scanner.is_open_after(line):
                continue
            fault = scanner.fault
            if len(lines) > 1 and fault == _LOOSE:
                # Where the quote should have been closed, nobody can tell.
                raise _open_quote(name, start + form.skip_first)
            text = "".join(lines)
            text = text[:len(text) - len(line) + len(line.rstrip("\r\n"))]
            lines = []
            if to_pass:
                to_pass -= 1
                continue
            yield Records(start + form.skip_first, text, fault or _encoding_fault(text))
    if lines:
        raise _open_quote(name, start + form.skip_first)


def _line_groups(path: Path, name: str, skipped: int) -> Iterator[list[str]]:
    """Lines with their ends, some thousand at a time; the first ones alone, to pass the header."""
    group: list[str] = []
    size, number = 0, 0
    with path.open(encoding="latin-1", newline="") as file:
        while line := file.readline(LONGEST_LINE):
            number += 1
            if len(line) == LONGEST_LINE:
                raise ExtractError(f"{name}, line {number + skipped}: longer than "
                                   f"{LONGEST_LINE >> 20} MB; check the line ends of the file, or "
                                   "deliver it again")
            group.append(line if number > 1 else line.removeprefix(_MARK))
            size += len(line)
            if size >= _GROUP_CHARACTERS or number == 1:
                yield group
                group, size = [], 0
    if group:
        yield group


def _whole_lines(form: FileFormat, width: int) -> re.Pattern[str]:
    """Matches lines of which each is one record that fits; what it does not match may fit too."""
    mark, delimiter, escape = (
        re.escape(text.encode().decode("latin-1"))
        for text in (form.quote, form.delimiter, form.escape or form.quote))
    letter = rf"[^{delimiter}\r\n]" if len(form.delimiter.encode()) == 1 else (
        rf"(?:(?!{delimiter})[^\r\n])")
    value = rf"{letter}*+"
    if form.quote:
        inner = (rf"[^{mark}\r\n]*+(?:{mark}{mark}[^{mark}\r\n]*+)*+" if escape == mark else
                 rf"(?:[^{mark}{escape}\r\n]|{escape}[^\r\n])*+")
        value = rf"(?: ?{mark}{inner}{mark} *+|(?! ?{mark}){value})"
    fewest = 0 if form.may_be_short else width - 1
    return re.compile(rf"(?:(?=[^\r\n]){value}(?:{delimiter}{value}){{{fewest},{width - 1}}}+"
                      r"(?:\r\n|\n|\r|\Z))*+")


def _open_quote(name: str, line: int) -> ExtractError:
    return ExtractError(
        f"{name}, about line {line}: a quote is opened and never closed, so the lines after it "
        "cannot be told apart; deliver the file again, or declare `quote: \"\"` if its quotes mean "
        "nothing")


def _encoding_fault(text: str) -> str:
    if not text.isascii():
        try:
            text.encode("latin-1").decode()
        except UnicodeDecodeError:
            return "invalid encoding"
    return ""


class _Scanner:
    """Follows the quotes of one record after the other, line by line."""

    def __init__(self, form: FileFormat, width: int) -> None:
        # Lines are read as Latin-1, so what the declaration names must be looked for as such.
        self._quote, self._delimiter, self._escape = (
            text.encode().decode("latin-1")
            for text in (form.quote, form.delimiter, form.escape or form.quote))
        self._width, self._may_be_short = width, form.may_be_short
        self._is_open = False
        self._start()

    def _start(self) -> None:
        self._fields = self._filled = 0
        self._is_loose = self._has_text = False

    @property
    def fault(self) -> str:
        """Why the record that ended last does not fit the columns; empty where it does."""
        if self._is_loose:
            return _LOOSE
        if self._fields < self._width and not self._may_be_short:
            return "missing columns"
        return "too many columns" if self._filled > self._width else ""

    def is_open_after(self, line: str) -> bool:
        """Whether the record goes on in the next line, because a quote is open."""
        text, position = line.rstrip("\r\n"), 0
        if self._is_open:
            text = line
        else:
            self._start()
            if not self._quote or self._quote not in text:
                values = text.split(self._delimiter)
                self._fields = self._filled = len(values)
                while self._filled > self._width and not values[self._filled - 1]:
                    self._filled -= 1
                return False
        while True:
            if not self._is_open:
                skipped = position + text.startswith(" ", position)
                if not text.startswith(self._quote, skipped):
                    position = self._end_of_value(text, position, position)
                    if position < 0:
                        return False
                    continue
                self._is_open, position = True, skipped + len(self._quote)
                self._has_text = False
            closed = self._end_of_quotes(text, position)
            if closed < 0:
                self._has_text = True
                return True
            self._has_text = self._has_text or closed - position > len(self._quote)
            self._is_open = False
            text = text.rstrip("\r\n")
            blank = closed
            while text.startswith(" ", blank):
                blank += 1
            self._is_loose = self._is_loose or not (
                blank >= len(text) or text.startswith(self._delimiter, blank))
            position = self._end_of_value(text, blank, blank, has_text=self._has_text)
            if position < 0:
                return False

    def _end_of_value(
        self, text: str, start: int, search: int, *, has_text: bool = False,
    ) -> int:
        """Where the next value starts; -1 where the record ends."""
        end = text.find(self._delimiter, search)
        self._fields += 1
        if has_text or (end if end >= 0 else len(text)) > start:
            self._filled = self._fields
        return end + len(self._delimiter) if end >= 0 else -1

    def _end_of_quotes(self, text: str, position: int) -> int:
        """Just after the quote that closes; -1 where none does."""
        quote, escape = self._quote, self._escape
        while True:
            found = text.find(quote, position)
            if escape != quote:
                escaped = text.find(escape, position, found if found >= 0 else len(text))
                if escaped >= 0:
                    position = escaped + 2
                    continue
            elif found >= 0 and text.startswith(quote, found + len(quote)):
                position = found + 2 * len(quote)
                continue
            return found + len(quote) if found >= 0 else -1
