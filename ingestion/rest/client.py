"""Asks a REST API: paced, with a time limit, again after what passes, and in clear words otherwise.

Nothing that is told holds an address's query, a header, a body or a value from the environment.
What does **not** belong here: which page comes next (`pages.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import tenacity
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict

from ingestion.fetching.fetcher import FetchError, Secrets
from ingestion.rest.documents import Document, decoded, look_up, read_document
from ingestion.rest.faults import Gone, NoAccess, Passing, TooMany
from ingestion.rest.links import on_server
from ingestion.rest.login import (
    Unsigned,
    keep_addresses_out_of_logs,
    sign,
    sign_with_token,
    token_request,
)
from ingestion.rest.settings import PLACEHOLDER, Auth, Request, RestConnection
from ingestion.rest.texts import fill, place_of, sentence_of
from ingestion.rest.waits import pause, retry_after

LARGEST_ANSWER = 256 << 20
CONNECT_SECONDS = 15
# A request may take this many times the time a server may keep silent.
_SLOWEST = 10
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529))
_BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError,
           requests.exceptions.ContentDecodingError)
Headers = CaseInsensitiveDict[str]


class RestClient:
    """Sends the requests of one source."""

    def __init__(
        self, connection: RestConnection, secrets: Secrets, *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection, self._secrets = connection, secrets
        self._sleep, self._clock = sleep, clock
        self._base = fill(connection.base_url, {}, secrets).strip().rstrip("/")
        if urlsplit(self._base).scheme not in ("http", "https"):
            names = ", ".join(one.removeprefix("env.")
                              for one in PLACEHOLDER.findall(connection.base_url))
            raise FetchError(f"`base_url` is no http address; write {names} in the environment as "
                             "https://server")
        self._session = requests.Session()
        self._session.headers.update({
            "Accept": "application/json", "User-Agent": "cx360",
            **{name: fill(value, {}, secrets) for name, value in connection.headers.items()}})
        self._session.auth = Unsigned()
        self._auth: AuthBase | None = None
        self._token_is_old = False  # it has served before, so that a 401 may mean its end
        self._next_at: dict[str, float] = {}
        keep_addresses_out_of_logs()

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def ask(
        self, request: Request, values: dict[str, Any], *, link: str = "",
        parameters: dict[str, Any] | None = None, body: dict[str, Any] | None = None,
    ) -> tuple[Document, Headers]:
        """One page.

        Args:
            request: what the table's declaration says.
            values: of the placeholders `since` and `parent.…`.
            link: what `following` gave, where the answer before names the next page.
            parameters: what the query says, filled in.
            body: what the body says, filled in.

        Raises:
            Gone: status 404 or 410.
            NoAccess: no request is answered for now.
            Passing: it failed every time.
            FetchError: it does not answer, refuses, or answers what cannot be used.
        """
        place = place_of(request)
        url = link or self._address(request, values)
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._connection.attempts),
            retry=tenacity.retry_if_exception_type(Passing),
            wait=lambda state: _pause(place, state), sleep=self._sleep, reraise=True)
        try:
            return attempts(
                self._once, request, place, url, {} if link else parameters or {}, body)
        except TooMany as error:
            raise NoAccess(str(error)) from None

    def following(
        self, request: Request, values: dict[str, Any], page: str, link: str,
    ) -> str:
        """Address of the page that a link on a page leads to, the first one if `page` is empty.

        Raises:
            FetchError: it leads to another server than the credentials are for.
        """
        found = on_server(self._base, page or self._address(request, values), link)
        if not found:
            raise FetchError(f"{place_of(request)}: the next page lies on another server, which "
                             "is not asked")
        return found

    def _address(self, request: Request, values: dict[str, Any]) -> str:
        return self._base + fill(request.path, _for_path(values), self._secrets)

    def _once(
        self, request: Request, place: str, url: str, parameters: dict[str, Any],
        body: dict[str, Any] | None,
    ) -> tuple[Document, Headers]:
        self._keep_pace(request)
        self._log_in(place)
        status, headers, content = self._send(
            request.method, place, url, params=parameters, json=body, auth=self._auth)
        if status == 401 and self._token_is_old:
            self._auth = None
            raise Passing(self._sentence(place, status), 0.0)
        self._check_status(place, status, headers)
        self._token_is_old = self._asks_for_token() is not None
        if status == 204:
            return Document((), None, has_records=True), headers
        try:
            text = decoded(content, headers.get("Content-Type", ""))
            document = read_document(text, request.records)
        except (ValueError, RecursionError):
            if content.lstrip()[:1] == b"<":
                raise FetchError(f"{place}: answers with a web page instead of JSON; check "
                                 "`base_url`, the login and whether the service is down") from None
            raise Passing(f"{place}: answers with broken or truncated JSON") from None
        self._check(request, place, document)
        return document, headers

    def _check_status(self, place: str, status: int, headers: Headers) -> None:
        wait = retry_after(headers)
        if status in _PASSING or (status == 403 and wait is not None):
            if wait is not None and wait > self._connection.longest_wait_seconds:
                raise NoAccess(f"{place}: the server asks to wait {wait:,.0f} seconds; "
                               "run again later")
            kind = TooMany if status in (403, 429) else Passing
            raise kind(self._sentence(place, status), wait)
        if status in (404, 410):
            raise Gone(self._sentence(place, status))
        if 300 <= status < 400:
            raise FetchError(f"{place}: the server points to another address ({status}); "
                             "correct `base_url` and `path`")
        if status >= 400:
            raise (NoAccess if status == 401 else FetchError)(self._sentence(place, status))

    def _check(self, request: Request, place: str, document: Document) -> None:
        said = request.throttled and look_up(document.rest, request.throttled.found_at)
        if request.throttled and said in request.throttled.values:
            raise TooMany(self._sentence(place, 429))
        if request.errors and look_up(document.rest, request.errors):
            code = f" ({said})" if isinstance(said, str) and said.isupper() else ""
            raise FetchError(f"{place}: the API reports errors{code}; check the request in the "
                             "declaration and the rights of the credentials")
        if not document.has_records:
            raise FetchError(f"{place}: no records at {request.records}; correct `records` in "
                             "the declaration")

    def _send(self, method: str, place: str, url: str, **what: Any) -> tuple[int, Headers, bytes]:
        deadline = self._clock() + _SLOWEST * self._connection.timeout_seconds
        try:
            with self._session.request(
                    method, url, stream=True, allow_redirects=False,
                    timeout=(CONNECT_SECONDS, self._connection.timeout_seconds), **what) as answer:
                content = bytearray()
                for block in answer.iter_content(1 << 16):
                    content += block
                    if len(content) > LARGEST_ANSWER:
                        raise FetchError(
                            f"{place}: one answer has more than {LARGEST_ANSWER >> 20} MB; ask "
                            "for fewer records a page")
                    if self._clock() > deadline:
                        raise Passing(f"{place}: the answer does not come to an end")
                return answer.status_code, answer.headers, bytes(content)
        except requests.exceptions.SSLError:
            raise NoAccess(f"{place}: the server's certificate is not accepted; have "
                           "REQUESTS_CA_BUNDLE point to your company's certificates") from None
        except _BROKEN as error:
            raise Passing(f"{place}: not reachable, or the connection breaks "
                           f"({type(error).__name__})") from None
        except requests.RequestException as error:
            raise FetchError(f"{place}: cannot be asked ({type(error).__name__}); check "
                             "`base_url` and the credentials in the environment") from None

    def _keep_pace(self, request: Request) -> None:
        per_minute = request.requests_per_minute or self._connection.requests_per_minute
        if not per_minute:
            return
        kind = request.path if request.requests_per_minute else ""
        now = self._clock()
        due = max(now, self._next_at.get(kind, now))
        self._next_at[kind] = due + 60 / per_minute
        if due > now:
            self._sleep(due - now)

    def _asks_for_token(self) -> Auth | None:
        auth = self._connection.auth
        return auth if auth and auth.kind == "client_credentials" else None

    def _log_in(self, place: str) -> None:
        if self._auth is not None:
            return
        auth = self._asks_for_token()
        if not auth:
            self._auth = sign(self._connection.auth, self._secrets)
            return
        status, headers, content = self._send(
            "POST", place, fill(auth.token_url, {}, self._secrets),
            data=token_request(auth, self._secrets))
        is_refused = 400 <= status < 500 and status not in _PASSING
        self._check_status(place, 401 if is_refused else status, headers)
        try:
            token = look_up(read_document(content.decode(), "records").rest, "access_token")
        except (ValueError, RecursionError):
            token = None
        if not isinstance(token, str):
            raise NoAccess(f"{place}: `token_url` gives no token; correct it")
        self._auth, self._token_is_old = sign_with_token(auth, token), False

    def _sentence(self, place: str, status: int) -> str:
        return sentence_of(place, status, self._connection.auth)


def _for_path(values: dict[str, Any]) -> dict[str, Any]:
    """Values as a path needs them: a `/` or `?` in an id would lead somewhere else."""
    return {name: quote(str(value), safe="") if isinstance(value, (str, int, float)) else value
            for name, value in values.items()}


def _pause(place: str, state: tenacity.RetryCallState) -> float:
    """What the server asks for, else longer from attempt to attempt."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Passing) and error.wait is not None:
        return error.wait
    return pause(place, state.attempt_number)
