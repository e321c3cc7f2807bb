"""How much of the shipped declarations `cx360 inspect` proposes by itself, set by set.

For every set with an example declaration: of the columns that it maps (each with what it fills: a
column of the contract, or the key), how many the proposal maps to the same. The proposal is then
checked to load. The demo company with its German headers is the last set. Needs CX360_PUBLIC_DATA.

The vocabulary holds general words, but it was written by somebody who knew these sets: the figure
says that nothing of them is missed, not what to expect of a set never seen.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.checking import check_declaration
from ingestion.declaration import SourceDeclaration, read_declaration, read_declarations
from ingestion.demo import generate
from ingestion.inspection import declaration_text, inspect_extracts
from ingestion.readers.files import ExtractError, header
from orchestration.settings import PROJECT, public_data

SOURCES = PROJECT / "ingestion" / "sources"
WANTED = 0.8
SHOWN_MISSES = 60

Filled = tuple[str, str, str, str]  # file, its column, entity, what it fills


@dataclass(frozen=True)
class Figure:
    """What a proposal got right of one set."""

    right: set[Filled]
    wanted: set[Filled]
    read: int
    accepted: int
    problems: tuple[str, ...]
    seconds: float

    @property
    def share(self) -> float:
        """Share of the wanted that is proposed."""
        return len(self.right) / len(self.wanted)

    @property
    def whole_columns(self) -> tuple[int, int]:
        """Columns of which everything wanted is proposed, and all columns."""
        missed = {place[:2] for place in self.wanted - self.right}
        columns = {place[:2] for place in self.wanted}
        return len(columns - missed), len(columns)


def main() -> None:
    data = public_data()
    if data is None:
        sys.exit("set CX360_PUBLIC_DATA to the folder of the public extracts")
    below = []
    print(f"{'set':<16} {'mapped':>12} {'whole columns':>14} {'accepted':>9} of {'read':>9} "
          f"{'seconds':>8}")
    for name, declarations, extracts in _sets(data):
        figure = measure(declarations, extracts)
        whole, columns = figure.whole_columns
        print(f"{name:<16} {len(figure.right):>4}/{len(figure.wanted):<3} {figure.share:>4.0%}"
              f" {whole:>6}/{columns:<3} {whole / columns:>3.0%} {figure.accepted:>9,} of "
              f"{figure.read:>9,} {figure.seconds:>8.1f}")
        missed = sorted(figure.wanted - figure.right)
        for file, column, entity, target in missed[:SHOWN_MISSES]:
            print(f"    missed: {file} {column} -> {entity} {target}")
        if len(missed) > SHOWN_MISSES:
            print(f"    and {len(missed) - SHOWN_MISSES} more")
        for problem in figure.problems:
            print(f"    {problem}")
        if name != "demo" and (figure.share < WANTED or not figure.accepted or figure.problems):
            below.append(name)
    if below:
        sys.exit(f"below {WANTED:.0%} or not loading: {', '.join(below)}")


def _sets(data: Path) -> Iterator[tuple[str, tuple[SourceDeclaration, ...], Path]]:
    for folder in sorted(path for path in (SOURCES / "examples").iterdir() if path.is_dir()):
        declarations = read_declarations(folder)
        named_alike = sorted(data.iterdir(), key=lambda path: (path.name != folder.name, path.name))
        extracts = next((path for path in named_alike if path.is_dir() and all(
            any(path.glob(table.files)) for one in declarations for table in one.tables
            if table.files)), None)
        if extracts is None:
            print(f"{folder.name}: its extracts are not in {data.name}/")
        else:
            yield folder.name, declarations, extracts
    with tempfile.TemporaryDirectory(prefix="cx360_inspect_demo_") as demo:
        generate(Path(demo) / "extracts", customers=300, months=6, seed=7)
        yield "demo", read_declarations(SOURCES / "demo"), Path(demo) / "extracts"


def measure(declarations: tuple[SourceDeclaration, ...], extracts: Path) -> Figure:
    """Inspect the files of declarations anew and compare."""
    wanted = {place for one in declarations for place in filled(one, extracts)}
    with tempfile.TemporaryDirectory(prefix="cx360_inspect_set_") as folder:
        beside = Path(folder) / "extracts"
        for file in sorted({place[0] for place in wanted}):
            (beside / file).parent.mkdir(parents=True, exist_ok=True)
            (beside / file).symlink_to(extracts / file)
        proposal = Path(folder) / "proposed.yml"
        start = time.perf_counter()
        found = inspect_extracts(beside, source="proposed")
        seconds = time.perf_counter() - start
        proposal.write_text(declaration_text(found), encoding="utf-8")
        proposed = read_declaration(proposal)
        right = wanted & set(filled(proposed, beside))
        check = check_declaration(proposed, beside)
    return Figure({_undated(place) for place in wanted} - {_undated(p) for p in wanted - right},
                  {_undated(place) for place in wanted},
                  sum(table.rows_read for table in check.tables),
                  sum(table.rows_accepted for table in check.tables),
                  (*found.problems, *(problem.message for problem in check.problems)), seconds)


def _undated(place: Filled) -> Filled:
    """A column of daily or yearly files counts once, and only if it is right in all of them."""
    return re.sub(r"\d+", "#", place[0]), *place[1:]


def filled(declaration: SourceDeclaration, extracts: Path) -> Iterator[Filled]:
    """What every column of every file fills under a declaration."""
    for table in declaration.tables:
        for path in sorted(extracts.glob(table.files)) if table.files else ():
            try:
                names = header(path, table)
            except ExtractError:
                continue
            file = path.relative_to(extracts).as_posix()
            targets = [("key", name) for name in table.key]
            targets += [(target, name) for target, mapping in table.columns.items()
                        for name in mapping.names]
            if table.updated_at:
                targets += [("updated_at", name) for name in table.updated_at.names]
            for target, name in targets:
                unpivoted = (table.unpivot.accepted.values()
                             if table.unpivot and name == table.unpivot.value else ((name,),))
                for accepted in unpivoted:
                    for column in accepted:
                        if column in names or not names:
                            # Without a header a column is known by its place alone.
                            place = (str(names.index(column) + 1) if table.column_names
                                     else column)
                            yield file, place, table.entity, target


if __name__ == "__main__":
    main()
