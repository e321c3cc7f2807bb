"""What to do when a database refuses, by its error codes: its own texts name users and rows."""

from __future__ import annotations

from ingestion.extras import install

_ENCODED = "(characters such as @ or / in a password are written %40 or %2F)"
_WRONG_PASSWORD = f"the server refuses user or password; check {{variable}} {_ENCODED}"
_WRONG_LOGIN = "the server refuses the login; check user and database name in {variable}"
_NO_ANSWER = ("the server does not answer; check the address in {variable}, the network and that "
              f"the server runs {_ENCODED}")
_UNKNOWN = "the database refuses or the connection was lost; try again, or look into its log"
# SQLSTATE, or its first two characters -> what to do.
_POSTGRESQL = {
    "42P01": "there is no such table; check `table` or `query` (names as in the database, with "
             "upper and lower case, and the schema before a point)",
    "3F000": "there is no such schema; check `table` or `query`",
    "42703": "there is no such column; check `query`, `cursor` and `key`",
    "42501": "the database user may not read it; grant SELECT on it",
    "42601": "`query` is no SQL that this database reads",
    "22021": "a text is not in the encoding of the database, as happens where that is SQL_ASCII; "
             "write a `query` with convert_from(convert(convert_to(name, 'SQL_ASCII'), 'WIN1252', "
             "'UTF8'), 'UTF8') and the encoding that the texts have",
    "57014": "it took longer than `timeout_seconds` of the connection, or somebody cancelled it",
    "57P01": "the server was shut down; try again",
    "40001": "the standby had to cancel the query; try again or ask the primary",
    "25006": "the query tries to write; a source is only read",
    "53": "the server has no room for the query or another connection",
    "08": "the connection was lost; try again",
}
# Error number -> what to do.
_MYSQL = {
    1146: "there is no such table; check `table` or `query` (names as in the database, with upper "
          "and lower case)",
    1049: "there is no such database; check the address in the environment, `table` and `query`",
    1054: "there is no such column; check `query`, `cursor` and `key`",
    1142: "the database user may not read it; grant SELECT on it",
    1143: "the database user may not read a column of it; grant SELECT on it",
    1044: "the database user may not use this database; grant SELECT on what is read",
    1064: "`query` is no SQL that this database reads",
    1060: "`query` gives two columns of one name; give each its own",
    1792: "the query tries to write; a source is only read",
    1969: "it took longer than `timeout_seconds` of the connection",
    1305: "this version of the server is too old: MySQL 5.7.8 or MariaDB 10.2.3 is needed",
    3024: "it took longer than `timeout_seconds` of the connection",
    1040: "the server has no room for another connection",
    2006: "the connection was lost; try again",
    2013: "the connection was lost; try again",
}


def told_by_postgresql(sqlstate: str, kind: str) -> str:
    """A sentence about an SQLSTATE; without one the kind of error is named."""
    remedy = _POSTGRESQL.get(sqlstate) or _POSTGRESQL.get(sqlstate[:2]) or _UNKNOWN
    return f"{remedy} ({f'SQLSTATE {sqlstate}' if sqlstate else kind})"


def told_by_mysql(error: Exception) -> str:
    """A sentence about an error of the server."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    return (f"{_MYSQL.get(number, _UNKNOWN)} "
            f"({f'error {number}' if number else type(error).__name__})")


def refused_by_postgresql(error: Exception, variable: str) -> str:
    """Why no connection came about; the driver says it in words only, and they name the user."""
    words = str(error)
    if "FATAL" not in words:
        return _NO_ANSWER.format(variable=variable)
    if "assw" in words:
        return _WRONG_PASSWORD.format(variable=variable)
    return _WRONG_LOGIN.format(variable=variable) + ", and that pg_hba.conf lets this machine in"


def refused_by_mysql(error: Exception, variable: str) -> str:
    """Why no connection came about; the driver's text names user and server."""
    number = error.args[0] if error.args else 0
    if number == 1045:
        return _WRONG_PASSWORD.format(variable=variable) + " (error 1045)"
    if number in (1044, 1049, 1698):
        return _WRONG_LOGIN.format(variable=variable) + f" (error {number})"
    if isinstance(error, RuntimeError):  # its way of login needs a library
        return "this way of login needs the library cryptography; run " + install("mysql")
    return _NO_ANSWER.format(variable=variable) + f" ({type(error).__name__})"
