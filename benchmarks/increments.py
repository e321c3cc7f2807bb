"""What a run costs when nothing, one day, or everything is new."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks.measure import run_cx360


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cx360_increments_") as folder:
        home = Path(folder) / "home"
        run_cx360("demo", home=home)
        newest = sorted((home / "demo" / "extracts" / "pos").glob("order*_*.csv"),
                        key=lambda path: path.name[-14:])[-2:]
        later = Path(folder) / "later"
        later.mkdir()
        for path in newest:
            shutil.move(path, later / path.name)
        full = run_cx360("run", home=home)
        for path in newest:
            shutil.move(later / path.name, path)
        day = run_cx360("run", home=home)
        nothing = run_cx360("run", home=home)
    print(f"everything new {full.seconds:.1f} s, one new day of sales {day.seconds:.1f} s "
          f"(ratio {day.seconds / full.seconds:.2f}), nothing new {nothing.seconds:.1f} s")
    print(nothing.output.strip())


if __name__ == "__main__":
    main()
