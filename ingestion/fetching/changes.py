"""Compares what was fetched with what has landed: changed rows, and keys that are gone or missing.

Works in the engine on files of Parquet, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from ingestion.fetching.fetcher import Fetched, FetchError
from ingestion.readers.extract import file_list, identifier, literal

MEMORY_LIMIT = "1GB"
# Rows are compared with the newest that landed, up to this many times their number and at least so
# many: a fetch costs what it brings and not what ever landed. A row not found there lands again,
# which harms nothing.
_DEPTH = 4
_LEAST_ROWS = 200_000
DELETED, DELETED_AT = "cx360_deleted", "cx360_deleted_at"


@dataclass(frozen=True)
class Comparison:
    """Keys that were known and not deleted, tombstones of those gone, and keys not known."""

    known: int
    tombstones: list[Fetched]
    missing: list[tuple[str, ...]]


class Changes:
    """Comparisons of one table with what has landed of it, oldest first."""

    def __init__(self, folder: Path, key: Sequence[str], landed: Sequence[Path]) -> None:
        self._folder, self._key, self._landed = folder, list(key), list(landed)

    def keep_changed(self, fetched: Sequence[Fetched]) -> list[Fetched]:
        """Files with those rows only that differ from the latest landed ones of their keys."""
        rows = sum(file.rows for file in fetched)
        if not rows:
            return []
        recent: list[Path] = []
        depth = 0
        for path in reversed(self._landed):
            if depth >= max(_DEPTH * rows, _LEAST_ROWS):
                break
            recent.append(path)
            depth += pq.read_metadata(path).num_rows
        kept = []
        with self._engine() as con:
            for number, file in enumerate(fetched):
                path = self._folder / f"changed_{number}.parquet"
                try:
                    count = self._write_changed(con, file.path, recent[::-1], path)
                except duckdb.Error:  # a column has another type now: every row lands again
                    count = file.rows
                if count == file.rows:
                    kept.append(file)
                elif count:
                    kept.append(Fetched(path, count))
        return kept

    def _write_changed(
        self, con: duckdb.DuckDBPyConnection, fetched: Path, recent: list[Path], target: Path,
    ) -> int:
        names = pq.read_schema(fetched).names
        self._create_landed(con, recent)
        landed = [row[0] for row in con.execute("describe landed").fetchall()]
        if set(names) - set(landed):  # a new column: every row differs
            return int(pq.read_metadata(fetched).num_rows)
        content = ", ".join(f"coalesce(cast({identifier(name)} as varchar), chr(0))"
                            for name in names)
        content = f"md5(concat_ws(chr(1), {content}))"
        key = ", ".join(map(identifier, self._key))
        same_key = " and ".join(f"n.{identifier(k)} = l.{identifier(k)}" for k in self._key)
        con.execute(f"""
            create or replace temp view fetched as
            select *, {content} as cx360_content
            from read_parquet({file_list([fetched])}, file_row_number = true)""")
        con.execute(f"""
            create or replace temp table latest as
            select {key}, unnest(contents) as cx360_content from (
                select {key}, arg_max(contents, cx360_order) as contents from (
                    select {key}, cx360_order,
                        coalesce(list({content}) filter (not {DELETED}), []) as contents
                    from landed semi join fetched using ({key})
                    group by {key}, cx360_order)
                group by {key})""")
        con.execute(f"""
            copy (
                select n.* exclude (file_row_number, cx360_content)
                from fetched as n
                anti join latest as l on {same_key} and n.cx360_content = l.cx360_content
                order by n.file_row_number
            ) to {literal(str(target))} (format parquet, compression zstd)""")
        return int(pq.read_metadata(target).num_rows)

    def compare(
        self, fetched: Sequence[Path], keys: Sequence[Path], now: datetime,
    ) -> Comparison:
        """Compare the keys that are there now with those known.

        Args:
            fetched: files of this fetch, which have not landed yet.
            keys: files with the keys that are there now.
            now: the time that the tombstones tell.

        Raises:
            FetchError: the keys cannot be compared.
        """
        try:
            return self._compare(fetched, keys, now)
        except duckdb.ConversionException as error:
            raise FetchError(
                "a column of the key has another type than in what was fetched before; give the "
                "table a new `name`, and it is fetched from the start") from error

    def _compare(
        self, fetched: Sequence[Path], keys: Sequence[Path], now: datetime,
    ) -> Comparison:
        names = ", ".join(map(identifier, self._key))
        texts = ", ".join(f"cast({identifier(name)} as varchar)" for name in self._key)
        whole = " and ".join(f"{identifier(name)} is not null" for name in self._key)
        target = self._folder / "deleted.parquet"
        with self._engine() as con:
            self._create_landed(con, [*self._landed, *fetched])
            con.execute(f"""
                create temp table alive as
                select {names} from landed where {whole}
                group by {names} having not arg_max({DELETED}, cx360_order)""")
            con.execute(f"create temp view present as select {names} "
                        f"from read_parquet({file_list(keys)}) where {whole}")
            known = con.execute("select count(*) from alive").fetchall()[0][0]
            same = self._same_key(con)
            con.execute(f"""
                copy (
                    select {names}, true as {DELETED},
                        timestamptz {literal(now.isoformat())} as {DELETED_AT}
                    from alive anti join present on {same} order by {names}
                ) to {literal(str(target))} (format parquet, compression zstd)""")
            missing = con.execute(
                f"select {texts} from (select distinct {names} from present "
                f"anti join alive using ({names})) order by all").fetchall()
        gone = pq.read_metadata(target).num_rows
        return Comparison(known, [Fetched(target, gone, "deleted")] if gone else [], missing)

    def _same_key(self, con: duckdb.DuckDBPyConnection) -> str:
        """Whether keys of `alive` and `present` are of one record, as blanks around them make none.

        A key that lost its blanks is not gone; its deletion would hide the record for good.
        """
        types = [dict(con.execute(f"select column_name, column_type from (describe {name})"
                                  ).fetchall()) for name in ("alive", "present")]

        def same(name: str) -> str:
            sides = [f"{side}.{identifier(name)}" for side in ("alive", "present")]
            if all(of_side[name] == "VARCHAR" for of_side in types):
                sides = [f"trim({side})" for side in sides]
            return " = ".join(sides)

        return " and ".join(map(same, self._key))

    def _create_landed(self, con: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> None:
        """A view of landed rows with their order and whether they tell of a deletion."""
        if not paths:
            columns = ", ".join(f"cast(null as varchar) as {identifier(name)}"
                                for name in self._key)
            con.execute(f"create or replace temp view landed as select {columns}, 0 as cx360_order,"
                        f" false as {DELETED} limit 0")
            return
        con.execute("create or replace temp table orders (path varchar, cx360_order bigint)")
        con.executemany("insert into orders values (?, ?)",
                        [[str(path), number] for number, path in enumerate(paths)])
        source = f"read_parquet({file_list(paths)}, union_by_name = true, filename = 'cx360_path')"
        has_mark = any(DELETED in pq.read_schema(path).names for path in paths)
        mark = f"coalesce({DELETED}, false)" if has_mark else "false"
        rest = f", {DELETED}" if has_mark else ""
        con.execute(f"""
            create or replace temp view landed as
            select r.* exclude (cx360_path{rest}), cx360_order, {mark} as {DELETED}
            from {source} as r join orders on r.cx360_path = orders.path""")

    @contextmanager
    def _engine(self) -> Iterator[duckdb.DuckDBPyConnection]:
        spill = self._folder / "spill"
        con = duckdb.connect(
            config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(spill)})
        try:
            con.execute("set TimeZone = 'UTC'")
            yield con
        finally:
            con.close()
