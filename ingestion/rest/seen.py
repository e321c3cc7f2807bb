"""What the last fetch of a table brought, so that a look-back does not land the same again.

Per record a digest of its key and one of its text, which say nothing of a record themselves.
"""

from __future__ import annotations

import base64
import hashlib

# Of a fetch that brings more, the newest; another record that comes again also lands again, which
# harms nothing.
MOST_KEPT = 100_000
_BYTES = 8


class Seen:
    """The latest text of each record of the last fetch, and of this one's for the next.

    Args:
        kept: what `kept` gave after the last fetch; empty where there was none.
        newest_first: whether the newest records come first; else they come last.
    """

    def __init__(self, kept: str, *, newest_first: bool) -> None:
        packed = base64.b64decode(kept)
        self._before = {packed[at:at + _BYTES]: packed[at + _BYTES:at + 2 * _BYTES]
                        for at in range(0, len(packed), 2 * _BYTES)}
        self._now: dict[bytes, bytes] = {}
        self._newest_first = newest_first

    def is_new(self, identity: object, text: str) -> bool:
        """Whether a record differs from what it was the last time; it is this from now on."""
        key, content = _digest(str(identity)), _digest(text)
        latest = self._now.pop(key, None) or self._before.get(key)
        if len(self._now) < MOST_KEPT or not self._newest_first:
            self._now[key] = content
        if len(self._now) > MOST_KEPT:
            del self._now[next(iter(self._now))]
        return content != latest

    @property
    def kept(self) -> str:
        """This fetch's digests in one text."""
        return base64.b64encode(
            b"".join(key + content for key, content in self._now.items())).decode()


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=_BYTES).digest()
