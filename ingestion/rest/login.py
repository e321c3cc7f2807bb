"""How requests show who asks: headers, parameters, and tokens that are asked for first.

Credentials stay in here. What does **not** belong here: the requests themselves (`client.py`).
"""

from __future__ import annotations

import logging

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from ingestion.fetching.fetcher import Secrets, secret
from ingestion.rest.settings import Auth


class Unsigned(AuthBase):
    """Signs nothing, and keeps requests from looking for a password in a `.netrc`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


class Header(AuthBase):
    """Sends a header."""

    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value.encode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        request.headers[self._name] = self._value
        return request


class Parameter(AuthBase):
    """Sends a parameter of the query."""

    def __init__(self, name: str, value: str) -> None:
        self._parameter = {name: value}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the parameter."""
        request.prepare_url(request.url or "", self._parameter)
        return request


def sign(auth: Auth | None, secrets: Secrets) -> AuthBase:
    """What signs a request where no token has to be asked for.

    Raises:
        FetchError: an environment variable is not set.
    """
    if auth is None:
        return Unsigned()
    if auth.kind == "bearer":
        return Header("Authorization", f"Bearer {secret(secrets, auth.token_env)}")
    if auth.kind == "header":
        return Header(auth.name, secret(secrets, auth.value_env))
    if auth.kind == "parameter":
        return Parameter(auth.name, secret(secrets, auth.value_env))
    user = secret(secrets, auth.user_env) + auth.user_suffix
    return HTTPBasicAuth(user.encode(), secret(secrets, auth.password_env).encode())


def token_request(auth: Auth, secrets: Secrets) -> dict[str, str]:
    """Form that asks for a token; id and secret are in the body, as most servers want them.

    Raises:
        FetchError: an environment variable is not set.
    """
    return {"grant_type": "client_credentials", "client_id": secret(secrets, auth.user_env),
            "client_secret": secret(secrets, auth.password_env)}


def sign_with_token(auth: Auth, token: str) -> AuthBase:
    """What signs a request with a token that was asked for."""
    return Header(auth.name, token) if auth.name else Header("Authorization", f"Bearer {token}")


def keep_addresses_out_of_logs() -> None:
    """Silence the library below `requests`: what it logs holds addresses with their queries.

    Also headers of answers that it cannot read. A filter stands whatever level is set later on.
    """
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "urllib3":
            logging.getLogger(name).addFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False
