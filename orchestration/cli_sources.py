"""Commands for a new source: propose a declaration for its extracts, and try a declaration out."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from ingestion.checking import FETCHED_ROWS, RejectedRow, SourceCheck, TableCheck, check_declaration
from ingestion.contract import ENTITIES
from ingestion.declaration import TableDeclaration, read_declaration
from ingestion.inspection import (
    Inspection,
    NotInspected,
    declaration_text,
    found_table,
    inspect_extracts,
)
from ingestion.inspection.gathering import fetch
from ingestion.inspection.inspect import ROWS, source_name
from ingestion.inspection.profiling import shape_of
from ingestion.readers.files import ExtractError
from ingestion.readers.remote import is_remote
from orchestration.cli_options import told_clearly
from orchestration.masking import mask
from orchestration.settings import SettingsError, read_secrets, read_settings

# Text that can be shown though it was no number or date: nothing in it can name anybody.
_HARMLESS = re.compile(r"[\d.,:/\s+-]{1,20}(T[\d:.]+)?Z?")
_FEW = 6


@click.command()
@click.argument("path", metavar="PATH|URL")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the declaration to this file; default: print it.")
@click.option("--source", default="", help="Name of the source; default: from the file's name.")
@click.option("--entity", type=click.Choice(sorted(ENTITIES)), metavar="ENTITY",
              help="What a row is, such as crm.customers; default: what fits best.")
@click.option("--rows", default=ROWS, show_default=True, type=click.IntRange(1),
              help="Rows of each file to look at.")
@click.option("--extracts", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder that the declaration's files are relative to; default: the extract's.")
@told_clearly
def inspect(path: str, output: Path | None, source: str, entity: str | None, rows: int,
            extracts: Path | None) -> None:
    """Look at an extract and propose a declaration, with reasons; a person corrects it.

    PATH is a file, a folder or a pattern in quotes; of a URL
    (https, s3, …) the first files are fetched. Values are told by
    their form alone (9 a digit, a or A a letter), so what is printed holds no personal data.
    """
    if source and not re.fullmatch(r"[a-z][a-z0-9_]*", source):
        raise SettingsError(f"{source!r} cannot name a source; use small letters, digits and _")
    if output and output.exists():
        raise SettingsError(f"{output} is there already; name another file")
    if not is_remote(path):
        found = _inspect(Path(path), source, entity, rows, extracts)
    else:
        with tempfile.TemporaryDirectory(prefix="cx360_fetch_") as folder:
            try:
                copies = fetch(path, Path(folder))
            except ExtractError as error:
                raise NotInspected(str(error)) from error
            found = inspect_extracts(
                copies[0] if len(copies) == 1 else Path(folder), rows=rows, entity=entity or "",
                source=source or source_name(copies[0]), address=path)
    for line in found_table(found):
        click.echo(line)
    for problem in found.problems:
        click.echo(problem, err=True)
    text = declaration_text(found)
    if output is None:
        click.echo(text, nl=False)
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    read_declaration(output)
    click.echo(f"Written to {output}. Correct it, then try it out:")
    where = "" if is_remote(path) else f" --extracts {found.folder}"
    click.echo(f"  cx360 check-source {output}{where}")


def _inspect(path: Path, source: str, entity: str | None, rows: int,
             extracts: Path | None) -> Inspection:
    if extracts and not path.resolve().is_relative_to(extracts.resolve()):
        raise SettingsError(f"{path} does not lie in {extracts}")
    return inspect_extracts(path.resolve() if extracts else path, source=source,
                            entity=entity or "", rows=rows,
                            folder=extracts.resolve() if extracts else None)


@click.command("check-source")
@click.argument("declaration", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--extracts", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder of the extracts (CX360_EXTRACTS).")
@click.option("--rows", type=click.IntRange(1),
              help="Look only at the first rows of each file or table; default: all of a file, "
                   "10,000 of a table.")
@told_clearly
def check_source(declaration: Path, extracts: Path | None, rows: int | None) -> None:
    """Try a declaration out: what would load, what would be rejected and why. Loads nothing.

    A database or an API is asked for its first rows, and nothing of them is kept. Examples have
    personal data masked. Ends with 1 where an extract could not be read or lacks a key or required
    column.
    """
    source = read_declaration(declaration)
    folder = extracts or read_settings().extracts
    is_local = any(table.files and not is_remote(table.files) for table in source.tables)
    if is_local and not folder.is_dir():
        raise SettingsError(f"{folder}: no extracts there; name their folder with --extracts")
    start = time.perf_counter()
    check = check_declaration(source, folder, rows=rows, secrets=read_secrets())
    seconds = time.perf_counter() - start
    where = f"extracts in {folder}" if is_local else "asked as it is declared"
    click.echo(f"{declaration.name}: source {source.source}, {where}")
    for table in check.tables:
        _tell_table(table)
    _tell_rest(check, rows or FETCHED_ROWS, seconds)
    sys.exit(1 if check.problems else 0)


def _tell_rest(check: SourceCheck, rows: int, seconds: float) -> None:
    click.echo("")
    for warning in check.warnings:
        click.echo(f"warning   {warning.table}: {warning.message}")
    for problem in check.problems:
        click.echo(f"not read  {problem.table}: {problem.message}")
    if check.shortened:
        click.echo(f"Only the first {rows:,} rows of {_few(check.shortened)} were looked at; what "
                   "repeats further down was not seen.")
    read = sum(table.rows_read for table in check.tables)
    accepted = sum(table.rows_accepted for table in check.tables)
    click.echo(f"{read:,} rows read, {accepted:,} would load, in {seconds:.1f} s; nothing was "
               "written.")


def _tell_table(check: TableCheck) -> None:
    table = check.table
    click.echo(f"\n{table.label} -> {table.entity}"
               + (f", {len(check.files):,} files: {_few(check.files)}" if table.files else ""))
    click.echo(f"  rows      {check.rows_read:,} read = {check.rows_accepted:,} accepted + "
               f"{check.rows_rejected:,} rejected + {check.rows_repeated:,} repeated")
    if check.unmapped:
        click.echo(f"  unmapped  {_few(check.unmapped, 12)}; kept in source_metadata")
    for reason, count in check.reasons:
        click.echo(f"  rejected  {count:,} rows: {reason}")
    for row in check.rejected:
        click.echo(f"    {Path(row.file).name} row {row.row}: {_told_reject(table, row)}")
    if check.accepted:
        click.echo(f"  accepted, the first {len(check.accepted)}:")
    for values in check.accepted:
        click.echo("    " + ", ".join(
            f"{name} {_shown(table, name, value)}" for name, value in values.items()
            if value is not None))


def _told_reject(table: TableDeclaration, row: RejectedRow) -> str:
    values = ", ".join(f"{name} = {_shown(table, name, text, is_doubtful=True)}"
                       for name, text in row.values.items())
    return row.reason + (f" ({values})" if values else "")


def _shown(table: TableDeclaration, name: str, value: Any, *, is_doubtful: bool = False) -> str:
    """A value as it may be printed.

    A pseudonym is told by its form: it may be a name or an address in disguise. So is, in a
    doubtful row, text where a number or date should be: it may belong to another column.
    """
    text = " ".join(str(value).split())
    column = next((c for c in table.contract.columns if c.name == name), None)
    if column is None or column.pii == "pseudonym":
        return shape_of(text)
    if column.pii != "none":
        return mask(name, text)
    if is_doubtful and not _HARMLESS.fullmatch(text):
        return shape_of(text)
    return text


def _few(names: tuple[str, ...], most: int = _FEW) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
