"""Fetches what belongs to each new record of another table: one request for every parent.

A parent that is refused, or for which the server fails, waits for the next fetch and is told; the
others get their turn. What holds for every request, such as a login that has ended, ends the fetch
instead. What does **not** belong here: where parents are read from (`parents.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ingestion.fetching.fetcher import Fetched, FetchError, Position, Secrets, Task, secret
from ingestion.rest.client import RestClient
from ingestion.rest.documents import look_up
from ingestion.rest.faults import Gone, NoAccess, Passing
from ingestion.rest.lines import PARENT, Lines
from ingestion.rest.parents import Parent, in_batches, read_parents, refuse_unknown_fields
from ingestion.rest.records import records_of
from ingestion.rest.settings import Request

# If so many parents get nothing and none ever got anything, it is the request that is wrong.
MANY_PARENTS = 5
# If the server fails for so many in a row, it fails for all.
FAILING_IN_A_ROW = 3
# More parents do not wait for the next fetch; those after them are then not asked for at all.
MOST_WAITING = 1_000
_LOOKED_AT = 20  # where somebody only wants a look
_TOLD = 3


class Children:
    """One fetch of a table whose request is made for each record of another one."""

    def __init__(
        self, client: RestClient, secrets: Secrets, task: Task, request: Request,
    ) -> None:
        self._client, self._secrets, self._task, self._request = client, secrets, task, request
        state = task.since.state if task.since else {}
        self._done: str = state.get("done", "")
        self._within: int = state.get("within", 0)
        self._found = bool(state.get("found"))
        self._waiting = self._read_waiting(state.get("waiting", []))
        self._faults: dict[str, list[Parent]] = {}

    def fetch(self) -> Iterator[Fetched | Position]:
        """Yield the children of new parents, then those of parents that wait.

        Raises:
            FetchError: no request is answered, or some parents got no answer.
        """
        for name in self._request.variables:
            secret(self._secrets, name)
        if not self._found:
            refuse_unknown_fields(self._task.landed_of(self._request.for_each), self._request)
        waiting = list(self._waiting.values())
        for path in self._task.landed_of(self._request.for_each):
            if path.name <= self._done:
                continue
            for start, batch in in_batches(read_parents(path, self._request), self._within):
                yield from self._fetch_batch(batch, f"{path.stem}_{start:08}", start)
            self._done, self._within = path.name, 0
            yield self._position()
        # Those of which a newer version came got their turn with it.
        again = [parent for parent in waiting if self._waiting.get(parent.asked) is parent]
        yield from self._fetch_batch(again, "again")
        if self._faults:
            raise FetchError(self._told())

    def _fetch_batch(
        self, parents: Sequence[Parent], name: str, start: int | None = None,
    ) -> Iterator[Fetched | Position]:
        """Children of some parents, and the position after the last one that was asked for."""
        if self._task.most is not None:
            parents = parents[:_LOOKED_AT]
        lines = Lines(self._task.folder / f"{name}.jsonl")
        with lines:
            count, fault = self._ask(parents, lines)
        if not self._task.landed:  # later on, the same parents would be refused for ever
            lines.refuse_without_required(self._task.table, self._request)
        if lines.count:
            yield Fetched(lines.path, lines.count)
        if start is not None:
            self._within = start + count
        if count or not fault:  # a fetch that got nowhere is no fetch
            yield self._position()
        if fault:
            raise FetchError(self._told(fault))

    def _ask(self, parents: Sequence[Parent], lines: Lines) -> tuple[int, FetchError | None]:
        """Write the children of parents.

        Returns:
            How many parents need no other try or wait for it, and the fault that ended it early.

        Raises:
            FetchError: none of many parents got anything, in this fetch or before.
        """
        in_vain: list[FetchError] = []
        in_a_row = 0
        for count, parent in enumerate(parents):
            lines.mark()
            try:
                self._write(parent, lines)
            except Gone as error:  # deleted since it was delivered
                in_vain.append(error)
            except FetchError as error:
                lines.go_back()
                is_one_more = parent.asked not in self._waiting
                if isinstance(error, NoAccess) or (
                        is_one_more and len(self._waiting) >= MOST_WAITING):
                    return count, error
                in_vain.append(error)
                self._waiting.pop(parent.asked, None)
                self._waiting[parent.asked] = parent
                self._faults.setdefault(str(error), []).append(parent)
                in_a_row = in_a_row + 1 if isinstance(error, Passing) else 0
                if in_a_row == FAILING_IN_A_ROW:
                    return count + 1, error
                continue
            else:
                self._found = True
            in_a_row = 0
            self._waiting.pop(parent.asked, None)
        if not self._found and len(in_vain) == len(parents) >= MANY_PARENTS:
            raise in_vain[0]  # rather a wrong request than so many deletions
        return len(parents), None

    def _write(self, parent: Parent, lines: Lines) -> None:
        request = self._request
        values: dict[str, Any] = {
            f"parent.{name}": look_up(parent.record, name) for name in request.named_fields}
        fields = {name: look_up(parent.record, name)
                  for name in (*request.named_fields, *request.parent_fields)}
        for record, text in records_of(self._client, self._secrets, self._task, request, values,
                                       fields={PARENT: fields}):
            lines.write(text, record)

    def _position(self) -> Position:
        waiting = [[parent.file, parent.line] for parent in self._waiting.values()]
        return Position(state={"done": self._done, "within": self._within, "found": self._found,
                               **({"waiting": waiting} if waiting else {})})

    def _read_waiting(self, places: Sequence[Sequence[Any]]) -> dict[tuple[str, ...], Parent]:
        """Parents by what they are known by, those first that were not asked for longest."""
        lines: dict[str, set[int]] = {}
        for file, line in places:
            lines.setdefault(file, set()).add(line)
        found = {(parent.file, parent.line): parent
                 for path in (self._task.landed_of(self._request.for_each) if places else ())
                 if path.name in lines
                 for parent in read_parents(path, self._request, lines[path.name])}
        return {parent.asked: parent for file, line in places
                if (parent := found.get((file, line)))}

    def _told(self, fault: FetchError | None = None) -> str:
        """Which parents got no answer and why, by their places: an id may say who somebody is."""
        label = self._request.for_each
        said = [] if fault is None or str(fault) in self._faults else [str(fault)]
        for reason, parents in self._faults.items():
            places = [f"{parent.file}, line {parent.line}" for parent in parents[:_TOLD]]
            more = f" and {len(parents) - _TOLD:,} more" * (len(parents) > _TOLD)
            said.append(f"{reason}, asked for {label} {'; '.join(places)}{more}")
        if self._faults:
            said.append("What got no answer is asked for again by the next fetch")
        said.append(f"Not all of {label} had their turn; the next fetch goes on there"
                    if fault else "All others were fetched")
        return ". ".join(said)
