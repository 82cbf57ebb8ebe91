"""`siigo-escala personal-data`: what is kept here of one customer, shown or erased (Ley 1581 de 2012)."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siigo_escala.cli import arguments, output, setup, stored
from siigo_escala.cli.failures import CommandProblem

if TYPE_CHECKING:
    from siigo_escala.config.env import Environment
    from siigo_escala.store.models import Connection
    from siigo_escala.store.personal import Found

REMAINS = (
    "Siigo conserva el tercero y sus facturas, que la ley tributaria obliga a guardar: corríjalo allí.",
    "Escala conserva el contacto y sus oportunidades: bórrelos o corríjalos en Escala.",
    "Las copias hechas antes, también las de la carpeta «backups», conservan lo que había: bórrelas.",
)
_PARTS = {
    "customers": "Cliente en Siigo, como se leyó",
    "contacts": "Contacto en Escala, como se leyó",
    "bindings": "Qué contacto es de este cliente",
    "opportunities": "Oportunidades",
    "invoices": "Facturas",
    "sales": "Oportunidades que se facturan",
    "history": "Historia",
}


class Action(StrEnum):
    """What can be done with a customer's data."""

    SHOW = "show"
    ERASE = "erase"


def personal_data(
    action: Annotated[Action, typer.Argument(metavar="show|erase", help="Mostrar, o borrar.")],
    name: arguments.Name,
    identification: Annotated[
        str, typer.Argument(metavar="IDENTIFICACIÓN", help="Cédula, NIT u otro documento del cliente.")
    ],
    *,
    as_json: arguments.Json = False,
) -> int:
    """Muestra o borra lo que este programa guarda de un cliente (Ley 1581 de 2012).

    Borrado, no se vuelve a guardar; sus facturas siguen contadas, sin sus datos, para no duplicar nada.
    Siigo y Escala conservan lo suyo.
    """
    environment = setup.prepared(reads_only=action is Action.SHOW)
    connection = stored.named(name)
    from siigo_escala.domain import identity
    from siigo_escala.store import personal

    if not identity.stored_keys(identification):
        raise CommandProblem("USAGE", f"«{identification}» no es una identificación.", key="IDENTIFICACIÓN")
    if identity.is_walk_in(identification):
        raise CommandProblem(
            "USAGE",
            f"«{identification}» es el comprador genérico de Siigo y no una persona.",
            key="IDENTIFICACIÓN",
        )
    if action is Action.ERASE:
        _erase(environment, connection, identification, as_json=as_json)
    else:
        _show(connection, personal.find(connection, identification), identification, as_json=as_json)
    return 0


def _show(connection: Connection, found: Found, identification: str, *, as_json: bool) -> None:
    from siigo_escala.store import personal

    shown = personal.shown(found)
    if as_json:
        output.document(
            {
                "schema": 1,
                "connection": connection.name,
                "connections": [one.name for one in found.connections],
                "identification": identification,
                "found": bool(found),
                **shown,
                "remains": list(REMAINS),
            }
        )
        return
    if not found:
        output.say(f"«{connection.name}»: aquí no hay nada de «{identification}».")
    for key, title in _PARTS.items():
        if shown[key]:
            output.say(f"{title}: {output.number(len(shown[key]))}")
            for one in shown[key]:
                output.say(f"  {_line(one)}")
    _say_what_remains()


def _erase(environment: Environment, connection: Connection, identification: str, *, as_json: bool) -> None:
    from siigo_escala.store import lease, personal, wiping
    from siigo_escala.sync import opening

    vault = opening.vault_of(environment)
    gone = personal.erase(connection, identification, vault=vault, now=setup.now())
    warnings = []
    if any(lease.is_held(one) for one in gone.connections):
        warnings.append(
            "Había una sincronización en curso, que ya lo había leído: se detiene sin guardar nada más "
            "(código 5), y la siguiente sigue donde quedó."
        )
    if not wiping.wipe():
        warnings.append(
            "La base de datos está en uso: repita la orden cuando no haya nada en curso, para borrar también "
            "los restos en el disco."
        )
    counts = {
        "customers": gone.customers,
        "contacts": gone.contacts,
        "opportunities": gone.opportunities,
        "invoices": gone.invoices,
        "history": gone.history,
    }
    if as_json:
        output.document(
            {
                "schema": 1,
                "connection": connection.name,
                "connections": [one.name for one in gone.connections],
                "done": True,
                "erased": counts,
                "warnings": warnings,
                "remains": list(REMAINS),
            }
        )
        return
    told = ", ".join(f"{_PARTS[key].lower()}: {output.number(count)}" for key, count in counts.items())
    names = ", ".join(f"«{one.name}»" for one in gone.connections)
    output.say(f"Borrado aquí lo que tenía de esa persona ({names}): {told}.")
    output.say(
        "No se vuelve a guardar. Sus facturas siguen en el registro con número, fecha y valor; una factura "
        "nueva suya llega a Escala como las demás, sin que sus datos queden aquí."
    )
    for warning in warnings:
        output.say(f"  Aviso: {warning}")
    _say_what_remains()


def _say_what_remains() -> None:
    for sentence in REMAINS:
        output.say(sentence)


def _line(one: dict[str, Any]) -> str:
    kept = {key: value for key, value in one.items() if value not in (None, "", [], {})}
    return "; ".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for key, value in kept.items()
    )
