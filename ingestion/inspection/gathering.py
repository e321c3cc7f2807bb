"""Which files belong together: a path, a folder, a pattern or an address, as groups of extracts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingestion.declaration import FileFormat
from ingestion.inspection.sniffing import Sniffed, sniff
from ingestion.readers.files import ExtractError, header, unopened
from ingestion.readers.remote import fetch_object, find_objects, told_url

_ENDINGS = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".dat",
            ".xlsx", ".xlsm", ".xls", ".gz", ".zip", ".zst", ".bz2", ".xz"}
_DATE = r"\d{4}-\d{2}-\d{2}|(?:19|20)\d{6}"
_YEAR = r"(?<!\d)((?:19|20)\d{2})(?!\d)"
_Shape = tuple[str, str, tuple[str, ...]]  # of name, format and header
_MOST_FETCHED = 3  # files of one address that are looked at


@dataclass(frozen=True)
class Group:
    """Files of one shape: `pattern` finds them below the folder of extracts.

    `extracted_on` and `year` are regular expressions for a date and a bare year in their names.
    """

    files: tuple[Path, ...]
    pattern: str
    sniffed: Sniffed
    names: tuple[str, ...]
    extracted_on: str = ""
    year: str = ""

    @property
    def stem(self) -> str:
        """Name of the first file without its ending."""
        return self.files[0].name.split(".")[0]

    @property
    def form(self) -> FileFormat:
        """How the files are written."""
        return self.sniffed.form


def fetch(address: str, folder: Path) -> tuple[Path, ...]:
    """Copy the first files that an address names into a folder.

    Raises:
        ExtractError: the store cannot be reached, refuses, or has none.
    """
    found = find_objects(address)
    if not found:
        raise ExtractError(f"{told_url(address)}: no extract there; correct the address")
    for one in found[:_MOST_FETCHED]:
        fetch_object(one, folder / one.name)
    return tuple(folder / one.name for one in found[:_MOST_FETCHED])


def find_files(path: Path) -> tuple[Path, tuple[Path, ...]]:
    """Folder of extracts, and the files in it that a path, folder or pattern names.

    Raises:
        ExtractError: there is none.
    """
    if path.is_file():
        return path.parent, (path,)
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.is_file()
                       and p.suffix.lower() in _ENDINGS
                       and not p.name.startswith((".", "~$")))
        folder = path
    else:
        folder = path
        while re.search(r"[*?[]", str(folder)) or not folder.exists():
            if folder.parent == folder:
                break
            folder = folder.parent
        found = sorted(p for p in folder.glob(str(path.relative_to(folder))) if p.is_file()
                       ) if folder != path else []
    if not found:
        raise ExtractError(f"{path}: no extract there; name a file, a folder or a pattern")
    return folder, tuple(found)


def group_files(files: Iterable[Path], folder: Path) -> tuple[list[Group], list[str]]:
    """Files of the same header and of names that differ in digits only, together.

    Returns:
        The groups, and a sentence for each file that cannot be read.
    """
    shapes: dict[_Shape, list[tuple[Path, Sniffed]]] = {}
    problems = []
    for path in files:
        skeleton = skeleton_of(path, folder)
        try:
            for sniffed in sniff(path):
                names = header(path, sniffed.form)
                shapes.setdefault((skeleton, sniffed.form.model_dump_json(), names), []).append(
                    (path, sniffed))
        except (ExtractError, OSError) as error:
            problems.append(str(unopened(path, error) if isinstance(error, OSError) else error))
    _join_ascii(shapes)
    groups = [_group(sorted(path for path, _ in members), _written(members), names, folder)
              for (_, _, names), members in shapes.items()]
    return groups, problems


def skeleton_of(path: Path, folder: Path) -> str:
    """Name of a file without its numbers: what files of several days share."""
    return re.sub(r"\d+", "#", path.relative_to(folder).as_posix())


def _join_ascii(shapes: dict[_Shape, list[tuple[Path, Sniffed]]]) -> None:
    """Days on which no name has an umlaut are written as all others are."""
    for shape, members in list(shapes.items()):
        if not all(sniffed.is_ascii for _, sniffed in members):
            continue
        skeleton, _, names = shape
        form = members[0][1].form
        like = next((other for other, (first, *_) in shapes.items()
                     if other != shape and (other[0], other[2]) == (skeleton, names)
                     and not first[1].form.encoding.startswith("utf-16")
                     and first[1].form.model_copy(update={"encoding": form.encoding}) == form),
                    None)
        if like:
            shapes[like] += shapes.pop(shape)


def _written(members: list[tuple[Path, Sniffed]]) -> Sniffed:
    return next((sniffed for _, sniffed in members if not sniffed.is_ascii), members[0][1])


def joined(first: Group, second: Group, folder: Path) -> Group:
    """Files of two groups as one, whose columns are those of either."""
    return _group(sorted({*first.files, *second.files}), first.sniffed,
                  tuple(dict.fromkeys(first.names + second.names)), folder)


def _group(
    files: Iterable[Path], sniffed: Sniffed, names: tuple[str, ...], folder: Path,
) -> Group:
    files = tuple(files)
    paths = [path.relative_to(folder).as_posix() for path in files]
    stems = [path.name for path in files]
    dated = all(_is_dated(stem) for stem in stems)
    years = all(re.search(_YEAR, stem) for stem in stems) and not dated
    return Group(files, _pattern(paths), sniffed, names,
                 extracted_on=f"({_DATE})" if dated else "",
                 year=_YEAR if years else "")


def _is_dated(name: str) -> bool:
    found = re.search(_DATE, name)
    try:
        return bool(found and date.fromisoformat(found.group()))
    except ValueError:
        return False


def _pattern(paths: list[str]) -> str:
    """Pattern for the names; one file is named, several are alike but for their digits."""
    if len(paths) == 1:
        return paths[0]
    alike = {re.sub(r"\d", "[0-9]", path) for path in paths}
    return alike.pop() if len(alike) == 1 else re.sub(r"\d+", "*", paths[0])
