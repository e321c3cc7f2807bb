"""Generates damaged extracts of every format, with what must be found of them after a load.

Every record carries two marks that occur once in its file (`K0007Q`, `P0007Q`), so that whatever
is lost of a damaged file is seen by the marks which are in the file and in no row and no reject.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from benchmarks.workbooks import workbook

MARK = re.compile(r"[KP]\d{4}Q")
COLUMNS = ("id", "at", "amount", "who", "note")
EXPLAINED = ("Order", "When", "How much", "Customer", "Remark")
NOTES = ("", "x", "Größe", 'a "b"', "a\nb", "1.234,5", "NULL", "[", "{}", "&amp;", "\u00a0", "=1+1")
# Bytes that readers stumble over.
NASTY = (b'"', b'""', b"'", b"\\", b"\x00", b"\xff", b"\xc3", b"\r", b"\n", b"\r\n", b"\n\n", b";",
         b",", b"\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1a", b"\x01", b"{", b"}", b"[", b"]", b":",
         b"\\u00", b"A" * 20_000, b'";"', b'\n"', b'"\n')


@dataclass(frozen=True)
class DamagedFile:
    """A file: the marks that may not be lost, or None where nobody can tell which there are.

    `rows` is what an undamaged file holds; None for a damaged one.
    """

    content: bytes
    marks: frozenset[str] | None
    rows: int | None


@dataclass(frozen=True)
class DamagedSet:
    """Files of one declaration; `settings` says in YAML how they are written."""

    format: str
    settings: dict[str, Any]
    files: tuple[DamagedFile, ...]


def _zip(content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(zipfile.ZipInfo("orders"), content)
    return archive.getvalue()


def _zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue().to_pybytes())


PACKERS: tuple[Callable[[bytes], bytes], ...] = (
    bytes, bytes, bytes, lambda content: gzip.compress(content, mtime=0), bz2.compress,
    lzma.compress, _zstd, _zip)


def _records(draw: st.DrawFn) -> list[dict[str, str]]:
    return [{"id": f"K{i:04d}Q", "at": f"2025-01-{i % 28 + 1:02d}", "amount": f"{i}.5",
             "who": f"P{i:04d}Q", "note": draw(st.sampled_from(NOTES))}
            for i in range(draw(st.integers(0, 12)))]


def _damage(draw: st.DrawFn, content: bytes) -> bytes:
    """One to three slices cut out, doubled, or replaced by something nasty."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.sampled_from((0, 0, 1, 2, 7, 40, 4000))))
        new = draw(st.sampled_from((b"", content[start:end] * 2, *NASTY)))
        content = content[:start] + new + content[end:]
    return content


def _packed(
    draw: st.DrawFn, plain: bytes, marks: Callable[[bytes], frozenset[str] | None], rows: int,
) -> DamagedFile:
    """The content, damaged before it was packed, after it, or not at all."""
    pack = draw(st.sampled_from(PACKERS))
    kind = draw(st.sampled_from(("before", "before", "before", "after", "not")))
    if kind == "before":
        plain = _damage(draw, plain)
        return DamagedFile(pack(plain), marks(plain), None)
    content = pack(plain)
    if kind == "not":
        return DamagedFile(content, marks(plain), rows)
    content = _damage(draw, content)
    return DamagedFile(content, marks(content) if pack is bytes else None, None)


@st.composite
def csv_files(draw: st.DrawFn) -> DamagedSet:
    """CSV in any shape; marks in the header or before it are no record's."""
    settings: dict[str, Any] = {
        "delimiter": draw(st.sampled_from((",", ";", "\t", "|", "||"))),
        "quote": draw(st.sampled_from(('"', '"', "'", ""))),
        "encoding": draw(st.sampled_from(("utf-8", "utf-8", "windows-1252", "utf-16"))),
        "skip_first": draw(st.sampled_from((0, 0, 2))),
        "skip_after_header": draw(st.sampled_from((0, 0, 1))),
        "skip_last": draw(st.sampled_from((0, 0, 1))),
        "may_be_short": draw(st.sampled_from((False, False, True))),
        "column_names": draw(st.sampled_from(((), (), COLUMNS))),
    }
    settings["may_be_short"] = settings["may_be_short"] and not settings["quote"]
    line_end = draw(st.sampled_from(("\n", "\r\n", "\r")))

    def quoted(value: str) -> str:
        quote, delimiter = settings["quote"], settings["delimiter"]
        if not quote:
            return re.sub(r"[\r\n\t,;|]", " ", value)
        if any(c in value for c in (quote, delimiter, "\n", "\r")):
            return quote + value.replace(quote, quote * 2) + quote
        return value

    def marks(content: bytes) -> frozenset[str] | None:
        try:
            text = content.decode(settings["encoding"], errors="replace")
        except UnicodeError:
            return None
        lines = re.split(r"\r\n|\n|\r", text)
        first = settings["skip_first"] + settings["skip_after_header"]
        if not settings["column_names"]:
            first += 1
        if not all(line.strip() for line in lines[settings["skip_first"]:first]):
            return None  # blank lines are not counted, so that others are passed over
        # A quote that is opened in the header goes on in the next lines.
        quote = settings["quote"]
        if quote and quote in "".join(lines[:first]):
            return None
        return frozenset(MARK.findall("\n".join(lines[first:])))

    files = []
    for _ in range(draw(st.integers(4, 8))):
        records = _records(draw)
        lines = ["report", ""] if settings["skip_first"] else []
        if not settings["column_names"]:
            lines.append(settings["delimiter"].join(COLUMNS))
        lines += [settings["delimiter"].join(EXPLAINED)] * settings["skip_after_header"]
        lines += [settings["delimiter"].join(map(quoted, record.values())) for record in records]
        lines += ["total"] * settings["skip_last"]
        text = line_end.join(lines) + draw(st.sampled_from(("", line_end)))
        encoded = (text or line_end).encode(settings["encoding"], errors="replace")
        files.append(_packed(draw, encoded, marks, len(records)))
    return DamagedSet("csv", settings, tuple(files))


@st.composite
def json_files(draw: st.DrawFn) -> DamagedSet:
    """JSON Lines, arrays, and documents with a path to their records."""
    form = draw(st.sampled_from(("jsonl", "json")))
    path = draw(st.sampled_from(("", "data.items"))) if form == "json" else ""

    def marks(content: bytes) -> frozenset[str] | None:
        text = content.decode(errors="replace")
        if form == "jsonl" and _keys_differ(text.splitlines()):
            return frozenset(MARK.findall(text))
        try:
            document = json.loads(text, object_pairs_hook=_distinct)
            for name in path.split(".") if path else ():
                document = document[name]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return frozenset(MARK.findall(json.dumps(document)))

    files = []
    for _ in range(draw(st.integers(4, 8))):
        records: list[dict[str, Any]] = [
            {**record, "deep": {"list": [record.pop("note"), None]}} for record in _records(draw)]
        document: Any = {"data": {"items": records}, "next": None} if path else records
        text = ("\n".join(json.dumps(r, ensure_ascii=False) for r in records) if form == "jsonl"
                else json.dumps(document, indent=draw(st.sampled_from((None, 1)))))
        files.append(_packed(draw, text.encode() or b"\n", marks, len(records)))
    return DamagedSet(form, {"record_path": path} if path else {}, tuple(files))


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name given twice in one object, JSON does not say which value counts."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def _keys_differ(lines: list[str]) -> bool:
    for line in lines:
        try:
            json.loads(line, object_pairs_hook=_distinct)
        except json.JSONDecodeError:
            continue
        except (ValueError, RecursionError):
            return False
    return True


@st.composite
def parquet_files(draw: st.DrawFn) -> DamagedSet:
    """Parquet with other types than expected, or with damaged bytes."""
    files = []
    for _ in range(draw(st.integers(4, 8))):
        records = _records(draw)
        columns: dict[str, list[Any]] = {name: [r[name] for r in records] for name in COLUMNS}
        if draw(st.booleans()):
            columns["note"] = [{"n": i, "of": [value]} for i, value in enumerate(columns["note"])]
        is_bad = draw(st.booleans()) and bool(records)
        if is_bad:
            columns["at"][0] = draw(st.sampled_from((None, "2025-13-01", "now")))
        sink = io.BytesIO()
        pq.write_table(pa.table({
            name: pa.array(values) if records else pa.array([], pa.string())
            for name, values in columns.items()}), sink)
        known = frozenset(MARK.findall(json.dumps(records)))
        packed = _packed(draw, sink.getvalue(), lambda _: None, len(records))
        whole = packed.rows is not None
        files.append(DamagedFile(packed.content, known if whole else None,
                                 None if is_bad else packed.rows))
    return DamagedSet("parquet", {}, tuple(files))


@st.composite
def excel_files(draw: st.DrawFn) -> DamagedSet:
    """Workbooks with cells of any kind anywhere, or with damaged bytes."""
    settings = {"skip_first": draw(st.sampled_from((0, 2))),
                "skip_after_header": draw(st.sampled_from((0, 1))),
                "sheet": draw(st.sampled_from(("", "O*")))}
    files = []
    for _ in range(draw(st.integers(4, 8))):
        records = _records(draw)
        rows: list[list[Any]] = [["report"], []] if settings["skip_first"] else []
        rows += [list(COLUMNS), *[list(EXPLAINED)] * settings["skip_after_header"],
                 *(list(record.values()) for record in records)]
        is_bad = draw(st.booleans()) and bool(records)
        if is_bad:
            for _ in range(draw(st.integers(1, 4))):
                row = draw(st.integers(len(rows) - len(records), len(rows) - 1))
                value = draw(st.sampled_from((None, True, 1e300, -0.1, 5, "#N/A", "x", " ")))
                rows[row].insert(draw(st.integers(0, len(rows[row]))), value)
        known = frozenset(MARK.findall(json.dumps(rows)))
        packed = _packed(draw, workbook({"Orders": rows, "Empty": []}), lambda _: None,
                         len(records))
        whole = packed.rows is not None
        files.append(DamagedFile(packed.content, known if whole else None,
                                 None if is_bad else packed.rows))
    return DamagedSet("excel", settings, tuple(files))


def damaged_sets() -> st.SearchStrategy[DamagedSet]:
    """Sets of damaged files over all readers."""
    return st.one_of(csv_files(), csv_files(), json_files(), parquet_files(), excel_files())


def declaration_of(damaged: DamagedSet) -> str:
    """A declaration that reads the files as orders, told apart by `id`."""
    settings = {"format": damaged.format, **damaged.settings}
    written = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in settings.items())
    return ("source: shop\ntables:\n  - entity: pos.orders\n    files: '*.dat'\n    key: id\n"
            f"    may_be_empty: true\n{written}"
            "    columns: {ordered_at: at, net_amount: amount, customer_ref: who}\n")
