"""What the writer knows of contacts, of jobs that were cut before: whether one must wait for another."""

from __future__ import annotations

import pytest

from siigo_escala.domain.crm import ContactId
from siigo_escala.domain.planning import Create
from siigo_escala.domain.reasons import Code
from siigo_escala.sync import read
from siigo_escala.sync.job import Job, Phase
from siigo_escala.sync.recent_contacts import RecentContacts
from siigo_escala.sync.step import Step
from tests.sync import inside
from tests.sync.world import World

CONTACT = ContactId("k-1")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_contact_is_touched_until_it_is_made_closed_or_filled(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    with inside.session(world) as session:
        (item,) = read.merge(session, [session.siigo.invoice(invoice["id"])])

        def job(phase: Phase, who: str = "nit:900100200") -> Job:
            step = Step(item=item, decision=Create(), who=who)
            return Job(step=step, phase=phase, keys=frozenset(), contact_id=CONTACT)

        known = RecentContacts(session)
        assert [known.touched_by(job(phase)) for phase in ("contact", "fill", "deal")] == [True, True, False]
        known.make(job("contact"), CONTACT)
        known.fill(CONTACT)
        assert [known.touched_by(job(phase)) for phase in ("contact", "fill", "deal")] == [False] * 3
        known.close(job("contact", "nit:900100201"), Code.CONTACT_DATA_MISSING)
        assert not known.touched_by(job("contact", "nit:900100201"))
        assert known.touched_by(job("contact", "nit:900100202"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_what_went_to_other_contacts_the_jobs_to_come_know_what_concerns_them(world: World) -> None:
    (invoice,) = world.invoices(1)
    world.connect()
    with inside.session(world) as session:
        (item,) = read.merge(session, [session.siigo.invoice(invoice["id"])])

        def job(who: str, *keys: str) -> Job:
            step = Step(item=item, decision=Create(), who=who)
            return Job(step=step, phase="contact", keys=frozenset(keys), contact_id=CONTACT)

        known = RecentContacts(session)
        first = job("nit:1", "email:a@x.example", "phone:573001112233", "id:1")
        known.make(first, CONTACT)
        known.close(job("nit:9"), Code.CONTACT_DATA_MISSING)
        later = job("nit:2", "email:a@x.example", "phone:573009998877", "id:1")
        assert known.taken(later) == {"email"}
        assert known.taken(first) == frozenset(), "it is his own"
        known.forget_all_but([later])
        assert known.taken(later) == {"email"}
        assert known.taken(job("nit:3", "phone:573001112233")) == frozenset(), "forgotten: the index has it"
        assert known.of("nit:1") is None
        assert known.of("nit:9") is None
