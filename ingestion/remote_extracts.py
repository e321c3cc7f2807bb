"""Extracts in object stores: fetched once per version, and known again without fetching.

A small file in the raw zone remembers which content an object's version had. The content itself
stays only until it is loaded. What does **not** belong here: talking to stores
(`readers/remote.py`).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from ingestion.raw_zone import RawZone
from ingestion.readers.remote import RemoteObject, fetch_object


class RemoteExtracts:
    """What is known of remote objects, and where their content lies while it is loaded."""

    def __init__(self, zone: RawZone) -> None:
        self._index = zone.path / "remote_objects.json"
        self._folder = zone.path / "_fetched"
        self._known: dict[str, list[str]] = {}
        self._has_new = False
        if self._index.exists():
            self._known = json.loads(self._index.read_text(encoding="utf-8"))

    def content_hash(self, found: RemoteObject) -> str | None:
        """Hash of the content this version of the object has, if it was fetched before."""
        version, content_hash = self._known.get(found.said, ("", ""))
        return content_hash if version and version == found.version else None

    def fetch(self, found: RemoteObject) -> Path:
        """Path of the object's content, fetched if it does not lie there already.

        Raises:
            ExtractError: the store cannot be reached, refuses, or ends early.
        """
        place = hashlib.sha256(f"{found.url}|{found.version}".encode()).hexdigest()[:16]
        path = self._folder / place / found.name
        if not (path.exists() and found.version):
            path.parent.mkdir(parents=True, exist_ok=True)
            fetch_object(found, path)
        with path.open("rb") as content:
            content_hash = hashlib.file_digest(content, "sha256").hexdigest()
        self._known[found.said] = [found.version, content_hash]
        self._has_new = True
        return path

    def remember(self) -> None:
        """Write down what was fetched; killed before, the objects are looked at again.

        Once for all of them: the file holds every object that was ever fetched.
        """
        if not self._has_new:
            return
        temporary = self._index.with_suffix(".tmp")
        temporary.write_text(json.dumps(self._known, sort_keys=True), encoding="utf-8")
        temporary.replace(self._index)
        self._has_new = False

    def forget_content(self) -> None:
        """Remove the content that was fetched: what counts is in the loads."""
        shutil.rmtree(self._folder, ignore_errors=True)
