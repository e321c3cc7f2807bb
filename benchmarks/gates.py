"""Each gate at each border: the tests in which it blocks, printed one by one with their outcome.

raw -> dbt, dbt -> Python, Python -> dbt, marts -> publish; within one run and across runs.
"""

from __future__ import annotations

import subprocess
import sys

TESTS = ("tests/integration/test_quarantine.py", "tests/integration/test_stage_gates.py",
         "tests/integration/test_currencies.py")


def main() -> None:
    sys.exit(subprocess.run(
        [sys.executable, "-m", "pytest", "-o", "addopts=", "-v", "--no-header", *TESTS],
        check=False).returncode)


if __name__ == "__main__":
    main()
