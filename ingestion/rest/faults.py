"""Kinds of faults: what was asked for may be gone, all requests may be refused, or it may pass."""

from __future__ import annotations

from ingestion.fetching.fetcher import FetchError


class Gone(FetchError):
    """What was asked for does not exist (any longer)."""


class NoAccess(FetchError):
    """No request is answered for now, whatever it asks for: no login, or too many requests."""


class Passing(FetchError):
    """A fault that may be over when asked again, after `wait` seconds if the server says so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class TooMany(Passing):
    """The server asks for fewer requests."""
