"""Small vectorised helpers: random streams, opaque ids, times, and file writers."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

# Largest prime below 10**8: multiplying modulo a prime visits every number once.
_ID_SPACE = 99_999_989
DAY = np.timedelta64(86_400, "s")


def random_stream(seed: int, name: str) -> np.random.Generator:
    """Return a generator of its own for each part, so that parts change independently."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def opaque_numbers(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return distinct nine-digit numbers whose order says nothing about their owners."""
    if count >= _ID_SPACE:
        raise ValueError(f"at most {_ID_SPACE - 1} ids, not {count}")
    factor = int(rng.integers(10_000_019, _ID_SPACE - 1))
    return 100_000_000 + (rng.permutation(count).astype(np.int64) + 1) * factor % _ID_SPACE


def prefixed(prefix: str, numbers: np.ndarray) -> np.ndarray:
    """Return `numbers` as text behind `prefix`."""
    return np.array([f"{prefix}{number}" for number in numbers.tolist()], dtype=object)


def hex_ids(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return random 14-digit hexadecimal ids."""
    numbers = rng.integers(1 << 52, 1 << 56, size=count)
    return np.array([f"{number:x}" for number in numbers.tolist()], dtype=object)


def choose(
    rng: np.random.Generator,
    values: tuple[str, ...] | list[str],
    count: int,
    weights: tuple[float, ...] | None = None,
) -> np.ndarray:
    """Return `count` of `values`, drawn with `weights`."""
    probabilities = None if weights is None else np.asarray(weights) / sum(weights)
    return np.array(values, dtype=object)[rng.choice(len(values), size=count, p=probabilities)]


def text_if(condition: Any, values: Any) -> np.ndarray:
    """Return `values` as objects where `condition`, None elsewhere."""
    keep = np.asarray(condition, dtype=bool)
    result = np.full(len(keep), None, dtype=object)
    result[keep] = values if isinstance(values, str) else np.asarray(values, dtype=object)[keep]
    return result


def blank_times(values: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """Return times with NaT where `empty`."""
    return np.where(empty, np.datetime64("NaT", "s"), values)


def seconds(values: np.ndarray) -> np.ndarray:
    """Return numbers of seconds as time spans."""
    return np.asarray(values).astype(np.int64).astype("timedelta64[s]")


def to_utc(local: np.ndarray) -> np.ndarray:
    """Return Berlin wall times as UTC instants (naive)."""
    zoned = pd.DatetimeIndex(local).tz_localize(
        "Europe/Berlin", nonexistent="shift_forward", ambiguous=np.zeros(len(local), dtype=bool)
    )
    return zoned.tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]")


def as_table(columns: dict[str, object], time_format: str, date_format: str) -> pa.Table:
    """Return a table whose times (datetime64[s]) and days (datetime64[D]) are text."""
    arrays = {}
    for name, values in columns.items():
        array = values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
        if pa.types.is_date(array.type):
            array = pc.strftime(array.cast(pa.timestamp("s")), format=date_format)
        elif pa.types.is_timestamp(array.type):
            array = pc.strftime(array.cast(pa.timestamp("s")), format=time_format)
        arrays[name] = array
    return pa.table(arrays)


def write_german_csv(path: Path, columns: dict[str, object]) -> int:
    """Write a semicolon-separated Windows-1252 file with German dates and decimals."""
    table = as_table(columns, "%d.%m.%Y %H:%M:%S", "%d.%m.%Y")
    for index, column in enumerate(table.schema):
        if pa.types.is_floating(column.type):
            text = pc.replace_substring(table.column(index).cast(pa.string()), ".", ",")
            table = table.set_column(index, column.name, text)
    sink = pa.BufferOutputStream()
    pacsv.write_csv(table, sink, pacsv.WriteOptions(delimiter=";"))
    text = sink.getvalue().to_pybytes().decode("utf-8").replace("\n", "\r\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("cp1252"))
    return table.num_rows


def write_csv(path: Path, table: pa.Table, *, quoted: bool = True) -> int:
    """Write a comma-separated UTF-8 file; `quoted=False` only for values without commas."""
    options = pacsv.WriteOptions(quoting_style="needed" if quoted else "none")
    pacsv.write_csv(table, path, options)
    return table.num_rows


def write_json_lines(path: Path, columns: dict[str, object], extra: tuple[str, ...] = ()) -> int:
    """Write one JSON object a line with ISO times in UTC, then the `extra` lines as they are."""
    table = as_table(columns, "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        # In slices, so that the text of a large file is never in memory at once.
        for batch in table.to_batches(max_chunksize=200_000):
            batch.to_pandas().to_json(file, orient="records", lines=True, force_ascii=False)
        file.writelines(f"{line}\n" for line in extra)
    return table.num_rows + len(extra)


def write_parquet(path: Path, columns: dict[str, object]) -> int:
    """Write a Parquet file without pandas metadata."""
    arrays = {
        name: values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
        for name, values in columns.items()
    }
    table = pa.table(arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="zstd")
    return table.num_rows
