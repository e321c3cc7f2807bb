"""Writes rows as Parquet while they stream in, so that memory holds one batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.fetching.fetcher import Fetched

# A file is closed when it has grown to this: what loads them takes one file at a time.
FILE_BYTES = 64 << 20


def write_files(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, folder: Path, name: str, *,
    keep_empty: bool = False,
) -> Iterator[Fetched]:
    """Write batches into one file after the other and yield each when it is whole.

    Args:
        batches: rows.
        schema: their columns.
        folder: where the files are written.
        name: what they are called, before their number.
        keep_empty: write a file without rows where there are none.
    """
    writer: pq.ParquetWriter | None = None
    number = rows = 0
    path = folder
    try:
        for batch in batches:
            if writer is None:
                path = folder / f"{name}_{number}.parquet"
                sink = path.open("wb")
                writer, rows = pq.ParquetWriter(sink, schema, compression="zstd"), 0
            writer.write_batch(batch)
            rows += batch.num_rows
            if sink.tell() >= FILE_BYTES:
                writer.close()
                sink.close()
                writer, number = None, number + 1
                yield Fetched(path, rows)
        if writer is None and number == 0 and keep_empty:
            path = folder / f"{name}_0.parquet"
            pq.write_table(schema.empty_table(), path)
            yield Fetched(path, 0)
    finally:
        if writer is not None:
            writer.close()
            sink.close()
    if writer is not None and rows:
        yield Fetched(path, rows)
