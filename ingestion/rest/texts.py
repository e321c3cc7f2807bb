"""Placeholders in texts of a declaration, and the sentences in which a request's fault is told."""

from __future__ import annotations

from typing import Any

from ingestion.fetching.fetcher import FetchError, Secrets, secret
from ingestion.rest.settings import PLACEHOLDER, Auth, Request

_SAID = {
    400: "the request is not accepted; correct `parameters`, `body` and `since`",
    401: "not logged in; check {secrets} in the environment",
    403: "not allowed; give the credentials the right to read this, or check {secrets}",
    404: "nothing there; correct `base_url` and `path`",
    405: "the request is not accepted; correct `method`",
    410: "no longer there; the API has changed, correct `path`",
    422: "the request is not accepted; correct `parameters`, `body` and `since`",
    429: "too many requests, and it stays so; lower `requests_per_minute` or run again later",
}


def place_of(request: Request) -> str:
    """What an error calls a request: its path as declared, without a value in it."""
    return PLACEHOLDER.sub("…", request.path.partition("?")[0])


def sentence_of(place: str, status: int, auth: Auth | None) -> str:
    """What a status means for the person who runs this."""
    names = [name for name in (auth.token_env, auth.value_env, auth.user_env, auth.password_env)
             if name] if auth else []
    said = _SAID.get(status, "the server fails; run again later" if status >= 500
                     else "the request is not accepted")
    return f"{place}: {said.format(secrets=', '.join(names) or '`auth`')} (status {status})"


def fill(value: Any, values: dict[str, Any], secrets: Secrets) -> Any:
    """Text, or texts in lists and mappings, with every placeholder replaced.

    Raises:
        FetchError: an environment variable is not set, or the parent has no such field.
    """
    def one(name: str) -> str:
        if name.startswith("env."):
            return secret(secrets, name.removeprefix("env."))
        found = values.get(name)
        if found is None or isinstance(found, (dict, list)):
            raise FetchError(f"{{{name}}} has no value")
        return str(found)

    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda match: one(match.group(1)), value)
    if isinstance(value, dict):
        return {name: fill(inner, values, secrets) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill(inner, values, secrets) for inner in value]
    return value
