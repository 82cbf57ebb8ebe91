"""The indexes by e-mail and phone agree with a look at every contact, whatever happened before."""

import random

import pytest

from siigo_escala.simulators.escala import contacts
from tests.simulators.escala.conftest import Caller

EMAILS = [f"{letter}@example.com" for letter in "abcdef"]
PHONES = [f"57310000000{digit}" for digit in range(6)]


def one_step(call: Caller, dice: random.Random) -> None:
    simulator = call.simulator
    ids = [one["id"] for one in simulator.account.contacts.table.all()]
    personal = {"firstName": "Ana", "email": dice.choice(EMAILS), "phoneNumber": dice.choice(PHONES)}
    step = dice.randrange(6) if len(ids) > 2 else 0
    simulator.clock.advance(dice.random())
    match step:
        case 0 | 1:
            call("POST", "/crm/contacts", {"personal": personal})
        case 2:
            call("PUT", f"/crm/contacts/{dice.choice(ids)}", {"personal": personal})
        case 3:
            simulator.edit_contact(dice.choice(ids), {"personal": {"email": dice.choice([*EMAILS, None])}})
        case 4:
            simulator.merge_contacts(*dice.sample(ids, 2))
        case _:
            simulator.delete_contact(dice.choice(ids))


@pytest.mark.parametrize("duplicates", ["reject409", "upsert", "allow"])
@pytest.mark.parametrize("seed", range(5))
def test_indexes_agree_with_the_records(call: Caller, duplicates: str, seed: int) -> None:
    call.switch(duplicate_contact=duplicates)
    dice = random.Random(seed)
    book = call.simulator.account.contacts
    for _ in range(80):
        one_step(call, dice)
        for address in EMAILS:
            owners = [one["id"] for one in book.table.all() if address in contacts.emails(one)]
            assert sorted(book.with_email(address)) == sorted(owners)
        for phone in PHONES:
            owners = [one["id"] for one in book.table.all() if phone in contacts.phones(one)]
            assert sorted(book.with_phone(phone)) == sorted(owners)
    changes = [(one["modified"], one["id"]) for one in book.table.all()]
    assert book.table._changes == sorted(changes)
