"""What is imported before there is anything to do: it costs every command and every test."""

from __future__ import annotations

import subprocess
import sys

STEPS = ("identity_step", "text_step", "value_step", "recommendation_step", "segment_step",
         "suppression_step")
HEAVY = ("scipy", "sklearn", "statsmodels", "splink", "great_expectations", "textblob",
         "vaderSentiment", "matplotlib", "dagster", "dbt")


def test_steps_import_nothing_heavy_before_they_run() -> None:
    found = subprocess.run(
        [sys.executable, "-c",
         f"import sys\nfrom orchestration import {', '.join(STEPS)}\n"
         f"print(*(name for name in {HEAVY} if name in sys.modules))"],
        capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
