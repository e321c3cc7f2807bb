"""A million rows of a PostgreSQL and a MariaDB server: all of them, then one per cent changed.

The servers are started here; where their programs are not installed, that is said instead.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import run_measured
from ingestion.declaration import read_declarations
from ingestion.fetching.fetch import fetch_sources
from ingestion.raw_zone import RawZone
from tests.integration.servers import (
    NoServer,
    mariadb,
    postgresql,
    run_mariadb,
    run_postgresql,
)

ROWS = 1_000_000
DECLARATION = """
source: shop
connection: {{kind: {kind}, url_env: SHOP_URL}}
tables:
  - entity: pos.orders
    table: orders
    key: nr
    cursor: changed_at
    look_back: 1h
    deleted: compare_keys
    updated_at: changed_at
    columns: {{ordered_at: ordered_at, net_amount: net, customer_ref: customer}}
"""
CREATE = """create table orders (nr bigint primary key, ordered_at {instant}, customer varchar(20),
    net numeric(12, 2), gross numeric(12, 2), currency char(3), store varchar(20), channel
    varchar(10), note varchar(80), changed_at {instant})"""
POSTGRESQL = f"""insert into orders select i, timestamptz '2024-01-01' + i * interval '1 minute',
    'K' || i % 100000, i % 50000 / 100.0, i % 50000 / 84.03, 'EUR', 'Filiale ' || i % 50,
    case when i % 3 = 0 then 'web' else 'store' end,
    'Bestellung Nummer ' || i, timestamptz '2024-01-01' + i * interval '1 minute'
    from generate_series(1, {ROWS}) as i"""
MARIADB = f"""insert into orders select seq, '2024-01-01' + interval seq minute,
    concat('K', seq % 100000), seq % 50000 / 100, seq % 50000 / 84.03, 'EUR',
    concat('Filiale ', seq % 50), if(seq % 3 = 0, 'web', 'store'),
    concat('Bestellung Nummer ', seq), '2024-01-01' + interval seq minute
    from seq_1_to_{ROWS}"""
CHANGE = ("update orders set net = net + 1, changed_at = '2025-12-01' where nr % 100 = 7",
          "delete from orders where nr % 1000 = 500")
SERVERS = {
    "postgresql": (postgresql, run_postgresql, "timestamptz", POSTGRESQL),
    "mysql": (mariadb, run_mariadb, "datetime", MARIADB),
}


def fetch_once(folder: Path) -> None:
    """Fetch in this process; print rows and seconds as JSON."""
    started, used = time.monotonic(), time.process_time()
    report = fetch_sources(read_declarations(folder / "sources"), RawZone(folder / "raw"),
                           os.environ, now=datetime(2026, 1, 1, tzinfo=UTC))
    print(json.dumps({"rows": [file.rows for file in report.landed],
                      "bytes": sum((folder / "raw" / f.file).stat().st_size for f in report.landed),
                      "seconds": time.monotonic() - started,
                      "processor_seconds": time.process_time() - used,
                      "problems": [problem.message for problem in report.problems]}))


def measure(kind: str) -> None:
    server, run, instant, fill = SERVERS[kind]
    with tempfile.TemporaryDirectory(prefix="cx360_databases_") as folder, server() as url:
        (Path(folder) / "sources").mkdir()
        (Path(folder) / "sources" / "shop.yml").write_text(DECLARATION.format(kind=kind))
        run(url, CREATE.format(instant=instant), fill)
        for step, statements in (("full", ()), ("1 % changed, 0.1 % deleted", CHANGE),
                                 ("nothing new", ())):
            run(url, *statements)
            measured = run_measured([sys.executable, "-m", "benchmarks.databases", folder],
                                    os.environ | {"SHOP_URL": url})
            told = json.loads(measured.output.splitlines()[-1])
            if told["problems"]:
                sys.exit(f"{kind}: {told['problems']}")
            rows = sum(told["rows"])
            print(f"{kind:<11} {step:<27} {rows:>9,} rows {told['seconds']:6.1f} s "
                  f"{rows / told['seconds']:>9,.0f} rows/s, here "
                  f"{told['processor_seconds']:4.1f} s of processor, "
                  f"{told['bytes'] / 2**20:4.1f} MiB, peak memory "
                  f"{measured.peak_bytes / 2**20:,.0f} MiB", flush=True)


def main() -> None:
    for kind in SERVERS:
        try:
            measure(kind)
        except NoServer as error:
            print(f"{kind}: not measured, {error}")


if __name__ == "__main__":
    if sys.argv[1:]:
        fetch_once(Path(sys.argv[1]))
    else:
        main()
