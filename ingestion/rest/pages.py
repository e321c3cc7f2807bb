"""Follows the pages of one request until there is no next one, and notices when they move.

Records that turn up twice are harmless: the newest version counts. What does **not** belong here:
sending a request (`client.py`) and keeping the records (`fetcher.py`).
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

from ingestion.fetching.fetcher import FetchError, Secrets
from ingestion.rest.client import Headers, RestClient
from ingestion.rest.documents import Document, Record, has_field, is_true, look_up
from ingestion.rest.faults import Gone
from ingestion.rest.instants import write_instant
from ingestion.rest.links import names_next_page, next_in_header
from ingestion.rest.settings import Paging, Request
from ingestion.rest.texts import fill, place_of

# So often may records move away under an offset before the fetch is given up.
MOST_STEPS_BACK = 100
# So many more neighbours in the wrong order than in the right one are no chance.
MOST_DISORDER = 3


class Pages:
    """The pages of one request for one parent, as iterator of answers with their new records.

    Args:
        client: sends the requests.
        request: what is asked.
        values: of the placeholders.
        secrets: environment variables.
        instant_of: a record's value of the cursor column.
        identity: what a record is known by.
        known: where newest come first, records before this are known already.
    """

    def __init__(
        self, client: RestClient, request: Request, values: dict[str, Any], secrets: Secrets, *,
        instant_of: Callable[[Record], datetime | None],
        identity: Callable[[Record], Any], known: datetime | None = None,
    ) -> None:
        self._client, self._request, self._values = client, request, dict(values)
        self._secrets, self._place = secrets, place_of(request)
        self._instant_of, self._identity, self._known = instant_of, identity, known
        self._paging = request.paging or Paging(kind="link_header", max_pages=1)
        self._token: Any = None
        self._link = ""
        self._number = self._paging.first
        self._offset = self._steps_back = self._since_restart = 0
        self._disorder = 0
        self._is_back = False
        self._previous: list[Record] = []
        self._seen: set[bytes] = set()
        self._asked: set[str] = set()

    def __iter__(self) -> Iterator[tuple[Document, list[Record]]]:
        for _ in range(self._paging.max_pages):
            try:
                document, headers = self._ask()
            except Gone:
                if self._is_past_the_last():
                    return
                raise
            records, was_back = list(document.records), self._is_back
            if self._has_moved(records):
                continue
            self._refuse_wrong_order(records)
            new = self._without_repeated(records)
            self._refuse_same_page(new, is_nothing_new=(
                self._paging.kind == "offset" and not new and len(records) > 1 and not was_back))
            yield document, new
            if not self._go_on(document, headers, records):
                return
        if self._request.paging:
            raise FetchError(f"{self._place}: more than {self._paging.max_pages:,} pages; raise "
                             "`max_pages` or ask for larger ones")

    def _ask(self) -> tuple[Document, Headers]:
        parameters = {name: _as_query(value) for name, value in fill(
            self._request.parameters, self._values, self._secrets).items()}
        body = fill(copy.deepcopy(self._request.body), self._values, self._secrets)
        position = {"page": self._number, "offset": self._offset}.get(
            self._paging.kind, self._token)
        if position is not None and self._paging.parameter:
            parameters[self._paging.parameter] = position
        if position is not None and self._paging.body:
            _put(body, self._paging.body, position)
        return self._client.ask(
            self._request, self._values, link=self._link, parameters=parameters,
            body=body if self._request.method == "POST" else None)

    def _is_past_the_last(self) -> bool:
        """Whether what is not found is a page after the last one, where no page says if it is."""
        paging = self._paging
        return (paging.kind == "page" and self._number > paging.first
                and not (paging.until or paging.as_long_as))

    def _has_moved(self, records: list[Record]) -> bool:
        """Whether an offset does not find the last record again: then go back by one page.

        After that any record of the page before will do, for the last one may be deleted.
        """
        if self._paging.kind != "offset" or not self._offset or len(self._previous) < 2:
            return False
        sought = {self._identity(record)
                  for record in (self._previous if self._is_back else self._previous[-1:])}
        if any(self._identity(record) in sought for record in records):
            self._is_back = False
            return False
        self._steps_back += 1
        if self._steps_back > MOST_STEPS_BACK:
            raise FetchError(f"{self._place}: records move faster than they can be read; sort by "
                             "a column that does not change")
        self._is_back = True
        self._offset = max(0, self._offset - len(self._previous))
        self._seen.clear()
        return True

    def _without_repeated(self, records: list[Record]) -> list[Record]:
        """Records but those that the page before brought in the same words."""
        if self._paging.kind != "offset" and not self._paging.restart_after:
            return records
        known = {record.text for record in self._previous}
        return [record for record in records if record.text not in known]

    def _refuse_wrong_order(self, records: list[Record]) -> None:
        """In another order, asking would end or begin anew at the wrong place and miss records."""
        if not (self._request.newest_first or self._paging.restart_after):
            return
        times = [time for record in records if (time := self._instant_of(record))]
        for one, next_one in pairwise(times):
            falls = (one > next_one) - (one < next_one)
            self._disorder += -falls if self._request.newest_first else falls
        if self._disorder < MOST_DISORDER:
            return
        raise FetchError(f"{self._place}: " + (
            "the oldest records come first; have the API sort by the field that `cursor` names, "
            "the newest first, or leave out `newest_first`" if self._request.newest_first else
            "records do not come in the order of `cursor`, which `restart_after` needs; have the "
            "API sort by it, the oldest first"))

    def _refuse_same_page(self, records: list[Record], *, is_nothing_new: bool) -> None:
        if not records and not is_nothing_new:
            return
        digest = hashlib.blake2b(digest_size=16)
        for record in records:
            digest.update(record.text.encode(errors="surrogatepass") + b"\n")
        if is_nothing_new or digest.digest() in self._seen:
            raise FetchError(f"{self._place}: the server gives the same page again and again; "
                             "correct `paging`")
        self._seen.add(digest.digest())

    def _go_on(self, document: Document, headers: Headers, records: list[Record]) -> bool:
        """Point to the next page; whether there is one."""
        paging, last = self._paging, records[-1] if records else None
        if not self._request.paging:
            return self._end(document, headers, "the declaration has no `paging`; say with it how "
                                                "pages are asked for")
        if self._is_known(last):
            return False
        if paging.until and is_true(look_up(document.rest, paging.until)):
            return False
        if paging.as_long_as and not is_true(look_up(document.rest, paging.as_long_as)):
            if has_field(document.rest, paging.as_long_as):
                return False
            return self._end(document, headers, "nothing where `while` points to; correct it")
        if paging.kind in ("page", "offset"):
            if not records:
                return False
            if paging.kind == "offset" and len(records) == 1 and len(self._previous) > 1:
                return False  # nothing but the last record again
            self._number += 1
            self._offset += max(1, len(records) - 1)
            self._previous = records
            return True
        following = (next_in_header(headers) if paging.kind == "link_header"
                     else look_up(document.rest, paging.found_at))
        if following in (None, "", False):
            return self._end(document, headers, "not where `paging` looks for it; correct `paging`")
        self._since_restart += len(records)
        if paging.restart_after and self._since_restart >= paging.restart_after and last:
            return self._restart(last, records)
        if str(following) in self._asked:
            raise FetchError(f"{self._place}: the server points to the same page again and again; "
                             "correct `paging`")
        self._asked.add(str(following))
        if paging.kind == "cursor":
            self._token = following
        else:
            self._link = self._client.following(
                self._request, self._values, self._link, str(following))
        self._previous = records if paging.restart_after else []
        return True

    def _end(self, document: Document, headers: Headers, otherwise: str) -> bool:
        """No next page: what is declared finds none, and so the answer must not name one."""
        if names_next_page(document.rest, headers):
            raise FetchError(f"{self._place}: the answer names a next page, but {otherwise}")
        return False

    def _restart(self, last: Record, records: list[Record]) -> bool:
        """Ask anew from the last record on, where an API ends after so many records."""
        instant = self._instant_of(last)
        if instant is None:
            raise FetchError(f"{self._place}: the record from which to ask on, after "
                             f"{self._paging.restart_after:,}, has no time where `cursor` points "
                             "to; correct `cursor` in the declaration")
        since = write_instant(instant, self._request.since)
        if since == self._values.get("since"):
            raise FetchError(f"{self._place}: more than {self._paging.restart_after:,} records "
                             "changed at the same moment, and the API gives no more")
        self._values["since"] = since
        self._token, self._link, self._since_restart = None, "", 0
        self._asked.clear()
        self._seen.clear()
        self._previous = records
        return True

    def _is_known(self, last: Record | None) -> bool:
        if not (self._request.newest_first and self._known and last):
            return False
        instant = self._instant_of(last)
        return instant is not None and instant < self._known


def _as_query(value: Any) -> Any:
    """Truth values as JSON has them."""
    if isinstance(value, list):
        return [_as_query(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else value


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[last] = value
