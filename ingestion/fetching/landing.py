"""The landing folder: what was fetched, as immutable files, and one ledger that says what counts.

A file counts when the ledger names it. Files are written elsewhere in the folder, moved into place,
and then the ledger is replaced in one rename; so a fetch that was killed leaves nothing that
counts, and the next one removes it. What does **not** belong here: asking sources (`fetcher.py`)
and making rows of the files (`loading.py`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath

from ingestion.fetching.fetcher import Fetched, Position


@dataclass(frozen=True)
class LandedFile:
    """One fetched file. `file` is its path in the raw zone, `fetch` the number of its fetch."""

    source: str
    label: str
    sequence: int
    fetch: int
    file: str
    rows: int
    content_hash: str
    fetched_at: str

    @property
    def name(self) -> str:
        """Its file name."""
        return PurePosixPath(self.file).name

    @property
    def extracted_on(self) -> date:
        """Day of its fetch, UTC."""
        return datetime.fromisoformat(self.fetched_at).date()


@dataclass(frozen=True)
class FetchState:
    """How far one table has been fetched.

    `declared` tells what was asked for, so that another question begins from the start; `problem`
    why the last fetch failed.
    """

    position: Position | None = None
    declared: str = ""
    fetched_at: str = ""
    problem: str = ""


class Landing:
    """Fetched files of a raw zone. One process fetches at a time; the run lock sees to that."""

    def __init__(self, zone: Path) -> None:
        self._zone = zone
        self._files: dict[tuple[str, str], list[LandedFile]] = {}
        self._states: dict[str, FetchState] = {}
        if self.ledger.exists():
            ledger = json.loads(self.ledger.read_text(encoding="utf-8"))
            for file in ledger["files"]:
                self._files.setdefault((file["source"], file["label"]), []).append(
                    LandedFile(**file))
            for name, state in ledger["tables"].items():
                position = state["position"] and Position(**state["position"])
                self._states[name] = FetchState(**state | {"position": position})

    @property
    def path(self) -> Path:
        """Folder of the fetched files."""
        return self._zone / "_landed"

    @property
    def ledger(self) -> Path:
        """The file that says which files count, and how far each table has been fetched."""
        return self.path / "ledger.json"

    @property
    def incoming(self) -> Path:
        """Where files are written before they are moved into place."""
        return self.path / "_incoming"

    def prepare(self) -> None:
        """Remove what a killed fetch left: files that the ledger does not name."""
        self.path.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.incoming, ignore_errors=True)
        kept = {self._zone / file.file for file in self._all()} | {self.ledger}
        for path in self.path.rglob("*"):
            if path.is_file() and path not in kept:
                path.unlink()

    def files(self, source: str, label: str) -> list[LandedFile]:
        """Files of one table, oldest first."""
        return list(self._files.get((source, label), ()))

    def paths(self, source: str, label: str, without: Collection[str] = ()) -> tuple[Path, ...]:
        """Where they lie, but for those `without` which they are wanted."""
        return tuple(self._zone / file.file for file in self.files(source, label)
                     if file.file not in without)

    def state(self, source: str, label: str) -> FetchState:
        """How far one table has been fetched."""
        return self._states.get(f"{source}/{label}", FetchState())

    def fetched_on(self) -> dict[tuple[str, str], date]:
        """Source and table -> day (UTC) on which it was last fetched to the end."""
        return {(source, label): datetime.fromisoformat(state.fetched_at).date()
                for name, state in self._states.items() if state.fetched_at
                for source, _, label in [name.partition("/")]}

    def add(
        self, source: str, label: str, fetched: Sequence[Fetched], position: Position,
        declared: str, now: datetime,
    ) -> list[LandedFile]:
        """Have files count, all at once, and the position that they reach.

        Files that repeat the table's last ones byte for byte are dropped: they bring nothing.

        Returns:
            What counts now.
        """
        known = self.files(source, label)
        last = known[-1] if known else None
        hashes = [_content_hash(file.path) for file in fetched]
        fetch = last.fetch + 1 if last else 1
        if last and hashes == [f.content_hash for f in known if f.fetch == last.fetch]:
            fetched = ()
        home = self.path / source / label
        new: list[LandedFile] = []
        for file, content_hash in zip(fetched, hashes, strict=False):
            sequence = (last.sequence if last else 0) + len(new) + 1
            part = f"_{file.part}" if file.part else ""
            target = home / f"{sequence:06}_{now:%Y%m%d}{part}{file.path.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            file.path.replace(target)
            new.append(LandedFile(
                source, label, sequence, fetch, target.relative_to(self._zone).as_posix(),
                file.rows, content_hash, now.isoformat(timespec="seconds")))
        self._files.setdefault((source, label), []).extend(new)
        self._states[f"{source}/{label}"] = FetchState(
            position, declared, now.isoformat(timespec="seconds"))
        self._write()
        return new

    def fail(self, source: str, label: str, problem: str) -> None:
        """Keep why a fetch failed; what it brought until then stays."""
        self._states[f"{source}/{label}"] = replace(self.state(source, label), problem=problem)
        self._write()

    def _all(self) -> Iterator[LandedFile]:
        for files in self._files.values():
            yield from files

    def _write(self) -> None:
        temporary = self.ledger.with_suffix(".tmp")
        temporary.write_text(json.dumps({
            "files": [asdict(file) for file in self._all()],
            "tables": {name: asdict(state) for name, state in sorted(self._states.items())},
        }, indent=1), encoding="utf-8")
        temporary.replace(self.ledger)


def _content_hash(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
