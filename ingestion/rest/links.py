"""How answers name their next page, and the address of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from requests.utils import parse_header_links

_PORTS = {"http": 80, "https": 443}
# Names in lower case and without signs between their words.
_NEXT = re.compile(r"(odata)?next(page)?(link|url|href|cursor|token)?")
_MORE = re.compile(r"has(more|next|nextpage)")
_DEEPEST = 3


def next_in_header(headers: Mapping[str, str]) -> str:
    """Target of `rel="next"` in the header `Link` (RFC 8288); empty where there is none."""
    link = headers.get("Link", "")
    for one in parse_header_links(link) if link else ():
        if "next" in one.get("rel", "").split():
            return str(one["url"])
    return ""


def names_next_page(rest: Any, headers: Mapping[str, str]) -> bool:
    """Whether an answer says, in one of the usual ways, that more pages follow.

    Args:
        rest: what stands around its records.
        headers: of the answer.
    """
    return bool(next_in_header(headers)) or _names_next(rest, _DEEPEST)


def _names_next(members: Any, depth: int) -> bool:
    for name, value in members.items() if isinstance(members, dict) and depth else ():
        plain = re.sub(r"[^a-z]", "", str(name).lower())
        said = list(value.values()) if isinstance(value, dict) else [value]
        if ((_MORE.fullmatch(plain) and value is True)
                or (_NEXT.fullmatch(plain) and any(isinstance(one, (str, int)) and one
                                                   for one in said))
                or _names_next(value, depth - 1)):
            return True
    return False


def on_server(base: str, page: str, link: str) -> str:
    """Address on the server of `base` that a link on a page leads to; empty if it leads elsewhere.

    A server behind one that encrypts for it does not know that, and writes http.
    """
    address, own = urlsplit(urljoin(page, link)), urlsplit(base)
    server, own_server = ((one.hostname, one.scheme, _port(one)) for one in (address, own))
    is_behind = (server[1:], own_server[1:]) == (("http", 80), ("https", 443))
    if server != own_server and not (is_behind and address.hostname == own.hostname):
        return ""
    return urlunsplit((own.scheme, own.netloc, address.path, address.query, ""))


def _port(address: SplitResult) -> int | None:
    try:
        return address.port or _PORTS.get(address.scheme)
    except ValueError:  # no number
        return None
