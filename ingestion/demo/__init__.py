"""A deterministic demo company with planted truth: `generate(target, truth=...)`.

The extracts look like those of real systems; the truth is for tests and benchmarks only.
"""

from ingestion.demo.difficulty import DemoSummary, Difficulty
from ingestion.demo.generator import generate

__all__ = ["DemoSummary", "Difficulty", "generate"]
