"""Addresses of next pages, as answers name them."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

_PORTS = {"http": 80, "https": 443}


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
