"""Records of another table as those that requests are made for, read from its landed files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.fetching.fetcher import FetchError
from ingestion.rest.documents import has_field, is_true, look_up, read_document
from ingestion.rest.settings import Request
from ingestion.rest.texts import place_of

# After so many parents their children count, so that a kill costs no more than these.
PARENTS_AT_ONCE = 500
_NAMES_TOLD = 30


@dataclass(frozen=True)
class Parent:
    """A record that a request is made for, and where it stands; `asked` is what it is known by."""

    file: str
    line: int
    record: Any
    asked: tuple[str, ...]


def read_parents(path: Path, request: Request, only: Collection[int] = ()) -> Iterator[Parent]:
    """Records of a landed file that are no repetition, or those on some lines `only`.

    A record without the fields that are asked with has no children.
    """
    known: set[tuple[str, ...]] = set()
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if only and number not in only:
                continue
            (record,) = read_document(line, "").records
            asked = tuple(str(look_up(record.value, name)) for name in request.named_fields)
            if asked in known or "None" in asked or (
                    request.only_where
                    and not is_true(look_up(record.value, request.only_where))):
                continue
            known.add(asked)
            yield Parent(path.name, number, record.value, asked)


def refuse_unknown_fields(paths: Iterable[Path], request: Request) -> None:
    """Records without the fields that are asked with would have no children without a word.

    Raises:
        FetchError: there are records, and none of them has these fields.
    """
    asked = [*request.named_fields, *filter(None, [request.only_where])]
    lacking, names = set(asked), dict[str, None]()
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                (record,) = read_document(line, "").records
                lacking -= {name for name in lacking if has_field(record.value, name)}
                if not lacking:
                    return
                if isinstance(record.value, dict):
                    names |= dict.fromkeys(record.value)
    if names:
        raise FetchError(
            f"{place_of(request)}: no record of {request.for_each} has "
            f"{', '.join(name for name in asked if name in lacking)}, which is asked with; there "
            f"is {', '.join(list(names)[:_NAMES_TOLD])}. Correct the request in the declaration")


def in_batches(parents: Iterator[Parent], skip: int) -> Iterator[tuple[int, Sequence[Parent]]]:
    """Parents but the first ones, some at a time, with the number of their start."""
    batch: list[Parent] = []
    start = skip
    for number, parent in enumerate(parents):
        if number < skip:
            continue
        batch.append(parent)
        if len(batch) == PARENTS_AT_ONCE:
            yield start, batch
            start, batch = start + len(batch), []
    if batch:
        yield start, batch
