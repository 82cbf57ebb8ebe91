"""A company leaves: nothing of it stays but a backup, and nothing of another company goes with it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from siigo_escala.store import archive, models, tables
from siigo_escala.store import lease as leases
from siigo_escala.store.errors import LeaseTaken
from siigo_escala.store.models import Connection, audit
from siigo_escala.sync import access, connect, disconnecting, opening
from tests.sync.world import World

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where the store makes no difference."""
OF_THE_INSTALLATION = {"person", "start_code", "mfa_authenticator"}
"""Tables of people: no company's."""
NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)


def _two_companies(world: World, *, shared: bool) -> tuple[Connection, Connection]:
    """`acme` and `otra`, both synchronised, with every table filled; on one Escala account where `shared`."""
    world.siigo.add_company(username="api@otra.example", access_key="clave-de-ejemplo")
    if not shared:
        world.escala.add_account("otra-llave")
    marks = ('mark = "A"', 'mark = "B"') if shared else ("", "")
    world.connect(marks[0])
    text = world.file(marks[1]).replace('name = "acme"', 'name = "otra"')
    text = text.replace("api@empresa.example", "api@otra.example")
    text = text if shared else text.replace("llave-de-ejemplo", "otra-llave")
    connect.connect(world.environment, opening.vault_of(world.environment), text, environ={}, now=world.now)
    for company in world.siigo.companies:
        customer = world.siigo.create_customer(
            identification="900100200", name=[f"Empresa de {company.username}"], company=company
        )
        world.siigo.create_invoice(customer["id"], company=company)
    for name in ("acme", "otra"):
        assert world.sync(name=name).exit_code == 0
    first, second = Connection.objects.select_related("siigo", "escala").order_by("pk")
    for one in (first, second):
        _fill(one)
    return first, second


def _fill(connection: Connection) -> None:
    """Rows that a short life does not leave by itself."""
    escala, invoice = connection.escala, connection.invoices.get()
    models.Turn.objects.get_or_create(connection=connection, defaults={"since": NOW})
    run = connection.runs.first()
    models.Request.objects.create(connection=connection, key="k", asked_at=NOW, run=run)
    models.Alert.objects.create(connection=connection, kind="failed", since=NOW)
    models.RuleDraft.objects.create(connection=connection, who="ana@acme.example", at=NOW)
    models.CreditNote.objects.create(
        connection=connection, siigo_id="n", name="NC-1", invoice_siigo_id=invoice.siigo_id
    )
    sale = models.Opportunity.objects.create(
        connection=connection, escala=escala, company=connection.siigo, deal_id="d"
    )
    models.OpportunityEvent.objects.create(opportunity=sale, at=NOW, kind="decided")
    models.Erasure.objects.get_or_create(escala=escala, mark="m", defaults={"at": NOW})
    models.MissingSku.objects.get_or_create(escala=escala, sku="s", defaults={"asked_at": NOW})
    models.KnownProduct.objects.get_or_create(escala=escala, product_id="p", sku="s")
    models.KnownCustomer.objects.get_or_create(
        company=connection.siigo, siigo_id="c", defaults={"read_at": NOW}
    )
    models.Limit.objects.get_or_create(account=f"siigo:{connection.siigo_id}")
    models.Limit.objects.get_or_create(account=f"escala:{connection.escala_id}")
    models.Limit.objects.get_or_create(account=access.first_limit(connection.siigo_username))
    models.CallHour.objects.get_or_create(account=f"escala:{connection.escala_id}", hour=NOW)
    person = models.User.objects.by_email("ana@acme.example") or models.User.objects.make(
        "ana@acme.example", None
    )
    models.Membership.objects.create(user=person, connection=connection, role="EMP")
    models.ConnectionDraft.objects.create(
        name=connection.name, made_by=person, made_at=NOW, connection=connection, siigo_key_sealed="s"
    )
    models.Errand.objects.create(connection=connection, kind="preview", begun_at=NOW, beat_at=NOW)
    audit.record("Reglas", who=person.email, now=NOW, connection=connection)
    Authenticator.objects.get_or_create(user=person, type="totp", defaults={"data": {}})
    models.StartCode.objects.get_or_create(digest="d", until=NOW)
    for user in (connection.siigo_username, "antes@empresa.example"):
        models.CallHour.objects.create(account=f"siigo:{connection.siigo_id}:{user}", hour=NOW)


def _rows() -> dict[str, list[Any]]:
    return {model._meta.db_table: list(tables.rows(model, using="default")) for model in tables.in_order()}


def _forget(world: World, connection: Connection) -> Path:
    return disconnecting.forget(connection, home=world.environment.home, keys=["k"], now=NOW)


@ON_SQLITE
def test_the_fixture_fills_every_table(world: World) -> None:
    _two_companies(world, shared=False)
    assert not [name for name, rows in _rows().items() if not rows], "a table that the tests do not look at"


@ON_SQLITE
def test_nothing_stays_of_the_only_company(world: World) -> None:
    first, second = _two_companies(world, shared=False)
    _forget(world, first)
    _forget(world, second)
    left = {name: rows for name, rows in _rows().items() if rows}
    assert set(left) <= {"call_limit", *OF_THE_INSTALLATION}
    assert [row[0] for row in left.get("call_limit", [])] in ([], ["escala:new"])


@pytest.mark.parametrize("leaves", [0, 1])
def test_a_company_that_leaves_takes_all_of_its_rows_and_none_of_anothers(world: World, leaves: int) -> None:
    both = _two_companies(world, shared=False)
    gone, stays = both[leaves], both[1 - leaves]
    before = _rows()
    _forget(world, gone)
    after = _rows()
    assert Connection.objects.get() == stays
    for name, rows in after.items():
        assert [row for row in rows if row not in before[name]] == [], f"rows of {name} were changed"
        if name in OF_THE_INSTALLATION:
            assert rows == before[name], f"rows of {name} were lost"
        elif name != "call_limit":
            assert len(rows) * 2 == len(before[name]), f"{name} keeps rows of one that left, or lost others"
    accounts = {row[0] for row in after["call_limit"]}
    assert accounts - {"escala:new"} == {
        f"siigo:{stays.siigo_id}",
        f"escala:{stays.escala_id}",
        access.first_limit(stays.siigo_username),
    }
    assert world.sync(name=stays.name).exit_code == 0


@ON_SQLITE
def test_a_shared_account_stays_as_it_was_for_the_other_company(world: World) -> None:
    gone, stays = _two_companies(world, shared=True)
    before = _rows()
    _forget(world, gone)
    after = _rows()
    for name in ("known_contact", "known_deal", "contact_binding", "erasure"):
        assert after[name] == before[name]
    assert {row.connection_id for row in models.Invoice.objects.all()} == {stays.pk}
    assert models.Limit.objects.filter(account=f"escala:{stays.escala_id}").exists()
    assert not models.SiigoCompany.objects.filter(pk=gone.siigo_id).exists()
    assert not models.CallHour.objects.filter(account__startswith=f"siigo:{gone.siigo_id}:").exists()
    again = world.sync(name="otra")
    assert (again.exit_code, again.document["invoices"]["created"]) == (0, 0)


@ON_SQLITE
def test_what_is_removed_stands_in_a_backup_that_its_owner_alone_reads(world: World) -> None:
    gone, _ = _two_companies(world, shared=False)
    kept = _forget(world, gone)
    assert kept.parent == world.environment.home / "backups"
    assert kept.name.startswith("before-forget-acme-")
    assert kept.stat().st_mode & 0o777 == 0o600
    with archive.opened(kept) as reader:
        reader.verify()
        member = next(one for one in reader.manifest.members if one.table == "connection")
        assert {row[member.columns.index("name")] for row in reader.rows(member)} == {"acme", "otra"}


def test_a_company_whose_run_is_under_way_stays(world: World) -> None:
    gone, _ = _two_companies(world, shared=False)
    before = _rows()
    lease = leases.take(gone)
    try:
        held = _rows()
        with pytest.raises(LeaseTaken, match="No se cambió nada"):
            _forget(world, gone)
        assert _rows() == held
        assert not (world.environment.home / "backups").exists()
    finally:
        lease.release()
    assert before["invoice"] == _rows()["invoice"]
    _forget(world, gone)


@ON_SQLITE
def test_credentials_go_and_the_token_with_them_unless_another_company_needs_it(world: World) -> None:
    first, second = _two_companies(world, shared=False)
    disconnecting.take_credentials(first)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.siigo_key_sealed, first.escala_key_sealed, first.forgotten) == ("", "", True)
    assert first.siigo.token_sealed == ""
    assert models.ConnectionDraft.objects.get().connection == second
    assert second.siigo_key_sealed
    assert second.siigo.token_sealed
    Connection.objects.filter(pk=first.pk).update(siigo=second.siigo)
    first = Connection.objects.select_related("siigo").get(pk=first.pk)
    disconnecting.take_credentials(first)
    second.siigo.refresh_from_db()
    assert second.siigo.token_sealed


@ON_SQLITE
def test_how_a_users_calls_count_stays_where_two_connections_share_the_user(world: World) -> None:
    first, second = _two_companies(world, shared=False)
    Connection.objects.filter(pk=first.pk).update(siigo=second.siigo, siigo_username=second.siigo_username)
    first = Connection.objects.select_related("siigo", "escala").get(pk=first.pk)
    _forget(world, first)
    assert models.CallHour.objects.filter(account=access.counter_name(second)).exists()
    assert models.Limit.objects.filter(account=access.first_limit(second.siigo_username)).exists()
