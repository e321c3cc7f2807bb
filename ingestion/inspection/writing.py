"""Writes what was found as a declaration with comments, and as a table to read on a screen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ingestion.contract import ENTITIES
from ingestion.inspection.inspected import Inspected, Inspection
from ingestion.inspection.matching import pii_class
from ingestion.inspection.profiling import Column
from ingestion.inspection.proposing import PLACEHOLDER, Mapped, Table, confidence

_WIDTH = 46  # where comments begin
_ENOUGH_NAMES = 12
_EXPLODE = dict.fromkeys(("json", "jsonl"), "; `explode` makes a row of each element")


def declaration_text(inspection: Inspection) -> str:
    """The declaration as YAML: it loads as it is, and says beside each line how sure it is."""
    lines = [
        "# Proposed by `cx360 inspect` from the names and values of the columns. Look at every line"
        " marked",
        "# `guess` and CORRECT THIS; try it with `cx360 check-source`. Settings: "
        "docs/own_extracts.md.",
        f"source: {inspection.source}",
        _line(f"time_zone: {inspection.time_zone}",
              f"correct it if need be: {inspection.why_time_zone}"),
        _currency_line(inspection),
        "tables:",
    ]
    for one in inspection.files:
        if not one.tables:
            lines.append(f"  # {one.group.pattern}: left out, as nothing in the contract explains "
                         "its columns")
        for table in one.tables:
            lines += _table_lines(table, one)
        if one.tables and (rest := _outside(one)):
            lines += _wrapped("    # not mapped, kept in source_metadata: ", rest)
        if one.tables and one.lists:
            lines += _wrapped("    # lists, kept in source_metadata"
                              + _EXPLODE.get(one.group.form.format, "") + ": ", list(one.lists))
    return "\n".join(lines) + "\n"


def _currency_line(inspection: Inspection) -> str:
    found = {one.style.currency for one in inspection.files if one.tables and one.style.currency}
    if len(found) != 1:
        return "# currency: EUR   # of amounts that no column gives a currency for"
    return _line(f"currency: {found.pop()}", "amounts are marked with it")


def _table_lines(table: Table, one: Inspected) -> Iterator[str]:
    runner_up = one.runner_up
    also = f"; else {runner_up.entity}" if runner_up and one.confidence != "sure" else ""
    yield _line(f"  - entity: {table.entity}", f"{one.confidence}{also}")
    if table.name:
        yield f"    name: {_flow(table.name)}"
    if table.records:
        yield "    records:   # correct wording, type and scale"
        for record in table.records:
            yield f"      - {_flow(record)}"
        return
    yield f"    files: {_flow(one.group.pattern)}"
    yield from _format_lines(one)
    if one.group.extracted_on:
        yield f"    extracted_on: {_flow(one.group.extracted_on)}"
    if one.facts.year and one.facts.year in table.key:
        yield f"    from_file_name: {_flow({one.facts.year: one.group.year})}"
    if table.unpivot:
        yield from _unpivot_lines(table.unpivot)
    if one.totals:
        column, pattern = one.totals
        yield _line(f"    totals: {_flow({column: [pattern]})}", "the last line is no record")
    if table.key:
        key = table.key[0] if len(table.key) == 1 else list(table.key)
        yield _line(f"    key: {_flow(key)}", _told_key(table, one))
    else:
        yield _line("    duplicates: keep", "no key was found; reject: equal rows count once")
    if table.repeats:
        yield "    repeats: true"
    if table.updated_at:
        yield _line(f"    updated_at: {_flow(table.updated_at.setting)}", table.updated_at.why)
    if table.deleted:
        yield _line(f"    deleted: {_flow(table.deleted.setting)}",
                    f"{table.deleted.confidence}: {table.deleted.why}")
    yield "    columns:"
    for name, mapped in table.columns.items():
        yield _line(f"      {name}: {_flow(mapped.setting)}", _told(mapped, name, table.entity))


def _format_lines(one: Inspected) -> Iterator[str]:
    form = one.group.form
    if form.format != "csv":
        yield f"    format: {form.format}"
    if form.format == "csv":
        if form.delimiter != ",":
            yield f"    delimiter: {_flow(form.delimiter)}"
        if form.quote != '"':
            yield _line(f"    quote: {_flow(form.quote)}", "quotes are part of the texts")
        if form.column_names:
            yield _line(f"    column_names: {_flow(form.column_names)}",
                        "the header, with names of their own" if form.skip_first
                        else "the file has no header: name them")
        if form.may_be_short:
            yield _line("    may_be_short: true", "lines may lack their last columns")
    if form.skip_first:
        yield _line(f"    skip_first: {form.skip_first}", "lines above the header")
    if form.skip_after_header:
        yield _line(f"    skip_after_header: {form.skip_after_header}",
                    "rows that explain the header and are no records")
    if form.sheet:
        yield f"    sheet: {_flow(form.sheet)}"
    if form.record_path:
        yield f"    record_path: {_flow(form.record_path)}"
    if form.encoding != "utf-8":
        yield f"    encoding: {form.encoding}"
    if one.style.decimal != "." or not one.style.is_sure:
        yield _line(f'    decimal: "{one.style.decimal}"',
                    "" if one.style.is_sure else "guess: what stands before three digits parts "
                    "thousands or decimals")
    if one.style.thousands:
        yield f"    thousands: {_flow(one.style.thousands)}"
    for setting, formats in (("date_format", one.facts.date_formats),
                             ("timestamp_format", one.facts.time_formats)):
        if formats:
            yield f"    {setting}: {_flow(formats[0] if len(formats) == 1 else list(formats))}"
    codes = sorted({code for column in one.columns for code in column.null_codes})
    if codes:
        yield f"    null_values: {_flow(['', *codes])}"


def _unpivot_lines(columns: tuple[str, ...]) -> Iterator[str]:
    yield "    unpivot:"
    yield "      columns:   # leave out what is no question on this scale"
    for column in columns:
        yield f"        - {_flow(column)}"


def _told_key(table: Table, one: Inspected) -> str:
    if table.repeats:
        return "one record a key, from its first row"
    own = [c for c in one.columns if c.name in table.key]
    seen = f"the first {one.rows:,} rows" if one.is_partial else f"{one.rows:,} rows"
    if len(own) == 1 and len(table.key) == 1 and not own[0].is_unique:
        return f"{own[0].rows - own[0].distinct:,} of {seen} lack it or repeat one"
    return f"differs in all of {seen}"


def _told(mapped: Mapped, name: str, entity: str) -> str:
    if mapped.why.startswith(PLACEHOLDER):
        return mapped.why
    pii = ENTITIES[entity].column(name).pii
    return f"{mapped.confidence}: {mapped.why}" + (f" [{pii}]" if pii != "none" else "")


def _outside(one: Inspected) -> list[str]:
    used = {source for table in one.tables for mapped in table.columns.values()
            for source in mapped.sources}
    used |= {name for table in one.tables for name in table.key}
    used |= {source for table in one.tables for told in (table.updated_at, table.deleted) if told
             for source in told.sources}
    return [column.name for column in one.columns if column.name not in used]


def _wrapped(start: str, names: list[str]) -> Iterator[str]:
    shown = names[:_ENOUGH_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    yield start + ", ".join(" ".join(name.split()) for name in shown) + more


def _line(text: str, comment: str) -> str:
    return f"{text:<{_WIDTH}} # {comment}" if comment else text


def _flow(value: Any) -> str:
    """A value as YAML writes it in one line. JSON's strings are YAML's."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    """Whether YAML reads the bare word as this text."""
    return (text.isascii() and text.replace("_", "").replace(".", "a").isalnum()
            and text[:1].isalpha()
            and text.lower() not in ("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def found_table(inspection: Inspection) -> Iterator[str]:
    """What was found and why, for a screen; values are shown by their form alone."""
    for one in inspection.files:
        form, group = one.group.form, one.group
        yield f"{group.pattern}" + (f" ({len(group.files)} files)" if len(group.files) > 1 else "")
        yield f"  {'; '.join(group.sniffed.reasons)}"
        if form.format == "csv":
            yield (f"  numbers: decimal {one.style.decimal}"
                   + (f", thousands {one.style.thousands}" if one.style.thousands else "")
                   + ("" if one.style.is_sure else " (guess)"))
        yield (f"  {one.rows:,} rows looked at" + (", the file has more" if one.is_partial else "")
               + (f"; {one.unreadable:,} lines not readable" if one.unreadable else ""))
        if one.lists:
            yield from _wrapped("  lists, which fill no column: ", list(one.lists))
        if one.choice is None:
            yield "  entity: none of the contract explains its columns; force one with --entity"
        else:
            also = (f"; next: {one.runner_up.entity} ({one.runner_up.score:.1f})"
                    if one.runner_up else "")
            yield (f"  entity: {', '.join(dict.fromkeys(t.entity for t in one.tables))} "
                   f"({one.confidence}, {one.choice.score:.1f}{also})")
        yield from _column_rows(one)
        yield ""


def _column_rows(one: Inspected) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [
        ("column", "kind", "filled", "distinct", "form", "proposed", "personal", "why")]
    rows += [_column_row(column, one) for column in one.columns]
    widths = [min(34, max(len(row[i]) for row in rows)) for i in range(7)]
    for row in rows:
        yield "  " + "  ".join(
            _fit(text, width) for text, width in zip(row, widths, strict=False)) + f"  {row[7]}"


def _column_row(column: Column, one: Inspected) -> tuple[str, ...]:
    targets = list(_targets(column.name, one.tables))
    kind = column.kind + (f" {column.formats[0]}" if column.formats else "")
    first = targets[0] if targets else None
    pii = pii_class(column, (first[0], first[1]) if first and first[1] != "key" else None)
    if first and first[1] == "key":
        pii = "pseudonym"
    why = "; ".join(dict.fromkeys(target[2] for target in targets)) or "-"
    told = ", ".join(f"{entity.split('.')[1]}.{name}" for entity, name, _ in targets)
    return (" ".join(column.name.split()), kind, f"{column.filled / column.rows:.0%}",
            f"{column.distinct:,}", column.shape, told or "-", pii, why)


def _targets(name: str, tables: Iterable[Table]) -> Iterator[tuple[str, str, str]]:
    """What a column of the file fills: entity, column of the contract or `key`, reason."""
    for table in tables:
        for column, mapped in table.columns.items():
            if name in mapped.sources:
                yield table.entity, column, f"{confidence(mapped.score)}, {mapped.why}"
        if name in table.key:
            yield table.entity, "key", "key"
        if table.updated_at and name in table.updated_at.sources:
            yield table.entity, "updated_at", table.updated_at.why


def _fit(text: str, width: int) -> str:
    return (text if len(text) <= width else text[:width - 1] + "…").ljust(width)
