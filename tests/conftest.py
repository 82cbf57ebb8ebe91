"""What every test stands on: databases on both stores, simulators, an environment, and three house rules.

House rules: no test reaches another machine, a skipped test is a failed one, and nothing touches the home of
the person who runs the tests.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests import memory, network, tracing

if TYPE_CHECKING:
    from siigo_escala.simulators.escala.simulator import EscalaSimulator
    from siigo_escala.simulators.serving import App
    from siigo_escala.simulators.siigo.simulator import SiigoSimulator

# How long draws and examples take says how busy the machine is, not how a strategy is made.
settings.register_profile(
    "siigo-escala", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("siigo-escala")

TEST_KEY = "una-clave-de-ejemplo-para-las-pruebas"
_PREFIX = "SIIGO_ESCALA_"
_FOREIGN = (_PREFIX, "PG")
"""What a machine may say of an installation and of servers of its own."""
_ONE_STORE_TELLS = ("sync/", "web/")
"""What is decided or shown goes by the same statements on both stores: on PostgreSQL only in full."""
_BOTH_STORES_TELL = (
    "sync/test_calls",
    "sync/test_check_machine.py",
    "sync/test_disconnecting.py",
    "sync/test_journal.py",
    "sync/test_run.py",
    "sync/test_schedule.py",
    "sync/test_sweep.py",
    "web/test_audit.py",
    "web/test_home.py",
    "web/test_installation.py",
    "web/test_many_opportunities.py",
    "web/test_metrics.py",
    "web/test_reconciliation.py",
)
"""But for these: they count, sum, lock, or delete by statements of their own."""
memory.use()
_private_home = tempfile.mkdtemp(prefix="siigo-escala-tests-")


def pytest_configure(config: pytest.Config) -> None:
    """A home of our own and Django set up, before any test module is read."""
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        del os.environ[name]
    # Where a machine has a proxy, npm needs it; nothing of ours goes through it.
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1,localhost,::1")))
    os.environ[f"{_PREFIX}HOME"] = _private_home
    os.environ["DJANGO_SETTINGS_MODULE"] = "siigo_escala.config.settings"
    # Whoever starts the tests in the background hands them a deaf ear for Ctrl-C, and they hand it on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    network.forbid()
    import django

    django.setup()
    _quick_passwords()


def _quick_passwords() -> None:
    """A password costs 100 MB and a quarter of a second, as it should; here the same way costs little."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
    Argon2PasswordHasher.memory_cost = 64


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """The collector leaves alone what lives as long as the session, and has the pace of the program."""
    tracing.traced_first(session.items)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Nothing stays behind."""
    shutil.rmtree(_private_home, ignore_errors=True)


@pytest.hookimpl(optionalhook=True)  # xdist's: it may be switched off
def pytest_configure_node(node: Any) -> None:
    """Tells each worker whose session it belongs to: the database server ends with that process."""
    node.workerinput["session_pid"] = os.getpid()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick half keeps to SQLite and kills no processes: what does either is slow by its nature."""
    for item in items:
        parameters = (
            item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        )
        on_postgresql = parameters.get("database_url") == "postgresql"
        if on_postgresql or "resilience" in item.path.parts:
            item.add_marker(pytest.mark.slow)
        name = item.nodeid.removeprefix("tests/")
        if on_postgresql and name.startswith(_ONE_STORE_TELLS) and not name.startswith(_BOTH_STORES_TELL):
            item.add_marker(pytest.mark.full)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Coverage is measured as long as there are tests that it is about."""
    tracing.stop_before(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A test that was skipped has shown nothing: it fails."""
    report = yield
    return _failed_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    """The same for modules that skip themselves."""
    report = yield
    return _failed_if_skipped(report)


def _failed_if_skipped(report: Any) -> Any:
    if report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and a skipped test shows nothing: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of this session."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(request.config, "workerinput") else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def postgresql_server(request: pytest.FixtureRequest, shared_folder: Path) -> str:
    """The address of a PostgreSQL server where databases can be made. TEST_DATABASE_URL overrides."""
    from tests import postgresql

    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    session_pid = getattr(request.config, "workerinput", {}).get("session_pid", os.getpid())
    return postgresql.server_url(shared_folder, session_pid=session_pid)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty SIIGO_ESCALA_HOME."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, home: Path, shared_folder: Path, django_db_blocker: Any
) -> Iterator[str]:
    """A fresh migrated database for this test; the test runs on both stores."""
    from tests import databases

    if request.param == "sqlite":
        with databases.sqlite_database(home, templates=shared_folder, blocker=django_db_blocker) as url:
            yield url
    else:
        server = request.getfixturevalue("postgresql_server")
        with databases.postgresql_database(server, templates=shared_folder, blocker=django_db_blocker) as url:
            yield url


@pytest.fixture
def sqlite_url(home: Path, shared_folder: Path, django_db_blocker: Any) -> Iterator[str]:
    """A fresh migrated SQLite database, where the store makes no difference."""
    from tests import databases

    with databases.sqlite_database(home, templates=shared_folder, blocker=django_db_blocker) as url:
        yield url


@pytest.fixture
def database(database_url: str, django_db_blocker: Any) -> Iterator[str]:
    """The database of `database_url`, opened in this process for the store's models; its address.

    Transactions are real ones; threads of the test see the same database.
    """
    from tests import databases

    with django_db_blocker.unblock(), databases.opened(database_url):
        yield database_url


@pytest.fixture
def siigo() -> SiigoSimulator:
    """A Siigo with one empty company, in this process: its state can be read and changed directly."""
    from siigo_escala.simulators.siigo import simulator

    return simulator.SiigoSimulator()


@pytest.fixture
def escala() -> EscalaSimulator:
    """An Escala with one account, in this process: its state can be read and changed directly."""
    from siigo_escala.simulators.escala import simulator

    return simulator.EscalaSimulator()


@pytest.fixture
def siigo_url(siigo: SiigoSimulator) -> Iterator[str]:
    """Where `siigo` answers."""
    yield from _served(siigo)


@pytest.fixture
def escala_url(escala: EscalaSimulator) -> Iterator[str]:
    """Where `escala` answers."""
    yield from _served(escala)


def _served(app: App) -> Iterator[str]:
    from siigo_escala.simulators import serving

    server = serving.start(app)
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture
def environment(home: Path, database_url: str, siigo_url: str, escala_url: str) -> dict[str, str]:
    """SIIGO_ESCALA_* of one test, for `env.read` or, with os.environ, for the command line as a process."""
    return {
        f"{_PREFIX}HOME": str(home),
        f"{_PREFIX}DATABASE_URL": database_url,
        f"{_PREFIX}SECRET_KEY": TEST_KEY,
        f"{_PREFIX}SIIGO_URL": siigo_url,
        f"{_PREFIX}ESCALA_URL": escala_url,
        f"{_PREFIX}SIIGO_RATE": "0",
        f"{_PREFIX}ESCALA_RATE": "0",
        f"{_PREFIX}SETTLE_SECONDS": "1",
        f"{_PREFIX}PATIENCE_SECONDS": "2",
    }
