"""Which stages of the home have passed their checks: what lets a gate hold across runs.

A run that is cut short, or a person who materialises one asset, leaves stages that no longer fit
together. Each stage therefore says when it starts and when it has passed; a stage starts only when
those above it have passed since they last started.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# Stage of statistics between dbt's layers -> the stages directly above it.
ML_STAGES: dict[str, tuple[str, ...]] = {
    "identity": ("features",),
    "texts": ("identity",),
    "holidays": ("features",),
    "offers": ("identity",),
    "suppressions": ("identity",),
    "value": ("identity",),
    "segments": ("identity", "texts"),
    "silence": ("identity",),
    "improvements": ("identity", "texts"),
    "impact": ("identity",),
    "alerts": ("texts", "holidays"),
    "drivers": ("segments",),
}

# Stage -> the stages directly above it.
STAGES: dict[str, tuple[str, ...]] = {
    "ingest": (),
    "features": ("ingest",),
    **ML_STAGES,
    "marts": tuple(ML_STAGES),
    "publish": ("marts",),
}


class GateClosed(RuntimeError):
    """A stage above has not passed; the message says which and what to do."""


@dataclass(frozen=True)
class Audit:
    """State of the stages, kept in one small file that is replaced as a whole."""

    path: Path

    def states(self) -> dict[str, str]:
        """Stage -> passed, failed, running or stale."""
        if not self.path.exists():
            return {}
        states: dict[str, str] = json.loads(self.path.read_text(encoding="utf-8"))
        return states

    @contextmanager
    def stage(self, name: str, *, is_whole: bool = True) -> Iterator[None]:
        """Run a stage: closed gates above stop it, everything below becomes stale.

        Args:
            name: one of `STAGES`.
            is_whole: False when only a part of the stage runs; a part can spoil the stage but not
                make it pass.

        Raises:
            GateClosed: a stage above has not passed.
        """
        states = self.states()
        closed = [f"{above} ({states.get(above, 'not run yet')})"
                  for above in STAGES[name] if states.get(above) != "passed"]
        if closed:
            raise GateClosed(
                f"{name} waits for {', '.join(closed)}: its checks must pass first. Correct what "
                "failed and materialise it again, or run everything with `cx360 run`")
        before = states.get(name)
        for below in _below(name):
            states[below] = "stale"
        self._write(states | {name: "running"})
        try:
            yield
        except BaseException:
            self._write(self.states() | {name: "failed"})
            raise
        passed = is_whole or before == "passed"
        self._write(self.states() | {name: "passed" if passed else before or "stale"})

    def _write(self, states: dict[str, str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(states, indent=1))
        temporary.replace(self.path)


def _below(name: str) -> set[str]:
    found: set[str] = set()
    for stage, above in STAGES.items():
        if name in above:
            found |= {stage} | _below(stage)
    return found
