"""One run of the demo at growing size: seconds per stage, peak memory, and what orchestration adds.

`python -m benchmarks.scale [customers …]`; default 3,000, 30,000 and 300,000.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Measured, run_cx360, sql_seconds

SIZES = (3_000, 30_000, 300_000)


def main() -> None:
    sizes = [int(text.replace(",", "")) for text in sys.argv[1:]] or list(SIZES)
    columns: dict[int, tuple[Measured, Measured, float]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="cx360_scale_") as folder:
            home = Path(folder)
            demo = run_cx360("demo", "--customers", str(size), home=home)
            run = run_cx360("run", home=home)
            columns[size] = demo, run, sql_seconds(home)
        print(f"  {size:,} customers: {run.seconds:.0f} s", flush=True)
    print(f"\n{'seconds':<46}" + "".join(f"{size:>12,}" for size in sizes))
    _row("Writing the demo's extracts", [columns[size][0].seconds for size in sizes])
    for step in columns[sizes[0]][1].steps:
        _row(step, [columns[size][1].steps[step] for size in sizes])
    _row("whole run", [columns[size][1].seconds for size in sizes])
    _row("  of it SQL in dbt's nodes (two at a time)", [columns[size][2] for size in sizes])
    _row("  of it outside the steps (start, imports)",
         [columns[size][1].seconds - sum(columns[size][1].steps.values()) for size in sizes])
    _row("peak memory of the run, GiB", [columns[size][1].peak_bytes / 2**30 for size in sizes])


def _row(name: str, values: list[float]) -> None:
    print(f"{name:<46}" + "".join(f"{value:>12,.1f}" for value in values))


if __name__ == "__main__":
    main()
