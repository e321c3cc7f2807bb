"""Finds and fetches extracts in object stores and on web servers.

Credentials come from the environment, as each store's own library reads them (`AWS_…`,
`GOOGLE_APPLICATION_CREDENTIALS`, `AZURE_STORAGE_…`, fsspec's `FSSPEC_…`); none is in a declaration,
an error or a log. What does **not** belong here: what has been loaded (`remote_extracts.py`).
"""

from __future__ import annotations

import hashlib
import shutil
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from ingestion.extras import install
from ingestion.readers.extract import ExtractError

TIMEOUT_SECONDS = 60
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "abfs": "az",
           "abfss": "az"}
# What stores say of an object's content; not one of them says all.
_VERSION_FIELDS = ("ETag", "etag", "md5Hash", "content_md5", "generation", "LastModified",
                   "last_modified", "updated", "mtime", "created", "size")


@dataclass(frozen=True)
class RemoteObject:
    """A file in a store: `version` changes with its content, and is empty where the store is mute.

    `url` is as declared, `said` what may be told of it: without a query.
    """

    url: str
    version: str
    size: int | None

    @property
    def said(self) -> str:
        """The address without a query, which may hold what nobody should read."""
        return told_url(self.url)

    @property
    def name(self) -> str:
        """Its file name."""
        return PurePosixPath(unquote(urlsplit(self.url).path)).name or "extract"


def is_remote(files: str) -> bool:
    """Whether `files` of a declaration is an address and no path."""
    return "://" in files


def told_url(url: str) -> str:
    """An address without its query."""
    return url.partition("?")[0]


def find_objects(pattern: str) -> list[RemoteObject]:
    """Objects that fit an address with wildcards, in order of their names.

    Raises:
        ExtractError: the store cannot be reached, refuses, or needs a library.
    """
    if urlsplit(pattern).scheme in ("http", "https"):
        return [_page(pattern)]
    store, path = _store(pattern)
    try:
        found = store.glob(path, detail=True)
    except Exception as error:  # every store raises exceptions of its own
        raise _unreachable(pattern, error) from error
    return [RemoteObject(store.unstrip_protocol(name), _version(info), info.get("size"))
            for name, info in sorted(found.items()) if info.get("type") == "file"]


def fetch_object(found: RemoteObject, target: Path) -> None:
    """Copy an object's content to a file.

    Raises:
        ExtractError: the store cannot be reached, refuses, or ends early.
    """
    partial = target.with_name(target.name + ".part")
    try:
        if urlsplit(found.url).scheme in ("http", "https"):
            size = _download(found.url, partial)
        else:
            store, path = _store(found.url)
            store.get_file(path, str(partial))
            size = found.size
    except ExtractError:
        raise
    except Exception as error:  # every store raises exceptions of its own
        raise _unreachable(found.url, error) from error
    if size is not None and partial.stat().st_size != size:
        raise ExtractError(f"{found.said}: the transfer ended early; try again")
    partial.replace(target)


def _store(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        return fsspec.core.url_to_fs(url)
    except ImportError as error:
        extra = _EXTRAS.get(urlsplit(url).scheme, "")
        raise ExtractError(
            f"{told_url(url)}: this store needs a library; "
            + (f"run {install(extra)}" if extra else "install the one that fsspec names for it")
        ) from error
    except Exception as error:  # every store raises exceptions of its own
        raise _unreachable(url, error) from error


def _version(info: dict[str, Any]) -> str:
    said = [f"{name}={info[name]}" for name in _VERSION_FIELDS if info.get(name) is not None]
    return hashlib.sha256("|".join(said).encode()).hexdigest() if said[:-1] else ""


def _page(url: str) -> RemoteObject:
    if "*" in url:
        raise ExtractError(f"{told_url(url)}: a web server lists no files, so there can be no `*`")
    try:
        with _ask(url, "HEAD") as answer:
            said = {name: answer.headers.get(name) for name in ("ETag", "Last-Modified")}
    except urllib.error.HTTPError as error:
        if error.code not in (403, 405, 501):  # some servers answer GET only
            raise _unreachable(url, error) from error
        said = {}
    except Exception as error:  # sockets, certificates, redirects
        raise _unreachable(url, error) from error
    told = "|".join(f"{name}={value}" for name, value in said.items() if value)
    return RemoteObject(url, hashlib.sha256(told.encode()).hexdigest() if told else "", None)


def _download(url: str, target: Path) -> int | None:
    with _ask(url, "GET") as answer, target.open("wb") as file:
        shutil.copyfileobj(answer, file)
        length = answer.headers.get("Content-Length")
    return int(length) if length else None


def _ask(url: str, method: str) -> Any:
    return urllib.request.urlopen(
        urllib.request.Request(url, method=method), timeout=TIMEOUT_SECONDS)


def _unreachable(url: str, error: Exception) -> ExtractError:
    """Names the kind of error only: its text may hold an address with a signature."""
    status = getattr(error, "code", None)
    kind = type(error).__name__ + (f" {status}" if isinstance(status, int) else "")
    return ExtractError(f"{told_url(url)}: not reachable ({kind}); check the address, the network "
                        "and the credentials in the environment")
