"""The frame itself: fresh databases, a closed network, and a skipped test is a failed one."""

from __future__ import annotations

import socket
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from siigo_escala.config import env
from tests import network

pytest_plugins = ["pytester"]


def test_a_test_gets_a_fresh_database_of_each_store(database: str) -> None:
    assert connection.vendor == database.partition(":")[0]
    wanted = {model._meta.db_table for model in apps.get_app_config("store").get_models()}
    assert wanted <= set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mark (number integer)")


def test_nothing_of_another_test_is_in_the_database(database: str) -> None:
    assert "mark" not in connection.introspection.table_names()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mark (number integer)")


def test_threads_of_a_test_see_its_database(database: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mark (number integer)")
    seen: list[str] = []

    def look() -> None:
        seen.extend(connection.introspection.table_names())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert "mark" in seen


@pytest.mark.parametrize("address", [("192.0.2.1", 443), ("2001:db8::1", 443, 0, 0)])
def test_no_test_reaches_another_machine(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as client:
        for reach in (client.connect, client.connect_ex):
            with pytest.raises(network.NetworkForbidden):
                reach(address)
    with socket.socket(family, socket.SOCK_DGRAM) as client, pytest.raises(network.NetworkForbidden):
        client.sendto(b"?", address)
    with pytest.raises(network.NetworkForbidden):
        socket.create_connection(address[:2], timeout=5)


def test_both_simulators_answer_where_the_environment_says(environment: dict[str, str]) -> None:
    read = env.read(environment)
    assert (read.siigo_rate, read.escala_rate, read.settle_seconds, read.patience_seconds) == (0, 0, 1, 2)
    for address in (f"{read.siigo_url}/v1/invoices", f"{read.escala_url}/crm/pipelines"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address, timeout=5)  # noqa: S310 - the environment's own loopback address
        assert refused.value.code in (400, 401, 403)
        refused.value.close()


def test_no_test_asks_for_a_name() -> None:
    with pytest.raises(network.NetworkForbidden):
        socket.getaddrinfo("example.com", 443)


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_a_skipped_test_fails_the_session(pytester: pytest.Pytester) -> None:
    root = Path(__file__).parent
    for name in ("conftest.py", "memory.py", "network.py", "tracing.py"):
        pytester.makepyfile(**{f"tests/{name.removesuffix('.py')}": (root / name).read_text()})
    pytester.makepyfile(**{"tests/test_it": "import pytest\ndef test_it(): pytest.skip('later')"})
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", "--rootdir=.")
    result.assert_outcomes(failed=1)
