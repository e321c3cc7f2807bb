"""Real database servers for tests: started in a folder of their own, as a user without rights."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SERVER_SECONDS = 60
# Where Debian keeps what is not in the path of every user.
_FOLDERS = (*sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True),
            "/usr/sbin")


class NoServer(RuntimeError):
    """The server's programs are not installed."""


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server; yields the address of its superuser.

    Raises:
        NoServer: its programs are not installed.
    """
    initdb, postgres = _program("initdb"), _program("postgres")
    with _folder() as folder, _port() as port:
        (folder / "password").write_text("geheim")
        _as_nobody([initdb, "-D", str(folder / "data"), "-U", "cx360", "-A", "scram-sha-256",
                    "--pwfile", str(folder / "password"), "--no-sync", "--locale=C.UTF-8"], folder)
        url = f"postgresql://cx360:geheim@127.0.0.1:{port}/postgres"
        with _server([postgres, "-D", str(folder / "data"), "-p", str(port), "-k", str(folder),
                      "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
                     folder, lambda: run_postgresql(url)):
            yield url


@contextmanager
def mariadb() -> Iterator[str]:
    """A MariaDB server; yields the address of its superuser.

    Raises:
        NoServer: its programs are not installed.
    """
    install, server = _program("mariadb-install-db"), _program("mariadbd")
    with _folder() as folder, _port() as port:
        _as_nobody([install, "--no-defaults", f"--datadir={folder / 'data'}",
                    "--auth-root-authentication-method=normal", "--skip-test-db"], folder)
        server_url = f"mysql://root@127.0.0.1:{port}"
        with _server([server, "--no-defaults", f"--datadir={folder / 'data'}",
                      f"--socket={folder / 'socket'}", f"--port={port}",
                      "--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}",
                      "--innodb-flush-log-at-trx-commit=0"],
                     folder, lambda: run_mariadb(server_url)):
            run_mariadb(server_url, "create database shop")
            yield f"{server_url}/shop"


def run_postgresql(url: str, *statements: str) -> None:
    """Execute statements, each on its own."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def run_mariadb(url: str, *statements: str) -> None:
    """Execute statements, each on its own."""
    import pymysql

    from ingestion.fetching.mysql import _arguments

    connection = pymysql.connect(**_arguments(url, "URL"), autocommit=True)
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def _program(name: str) -> str:
    path = os.pathsep.join((*_FOLDERS, os.environ.get("PATH", "")))
    found = shutil.which(name, path=path)
    if not found:
        raise NoServer(f"{name} is not installed (Debian: postgresql, mariadb-server)")
    return str(Path(found).resolve())


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder with a short path, for a socket's may not be long."""
    folder = Path(tempfile.mkdtemp(prefix="cx360_db_", dir="/tmp"))
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    yield port


def _identity() -> dict[str, Any]:
    """Servers refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _as_nobody(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, **_identity())


@contextmanager
def _server(command: list[str], folder: Path, ask: Callable[[], None]) -> Iterator[None]:
    """Run a server until it answers, and end it when the test is over."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **_identity())
        try:
            deadline = time.monotonic() + SERVER_SECONDS
            while True:
                try:
                    ask()
                    break
                except Exception:
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)
            yield
        finally:
            process.terminate()
            process.wait(SERVER_SECONDS)
