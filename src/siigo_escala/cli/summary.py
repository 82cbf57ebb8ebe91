"""What a run did, told to people: counts and pesos, problems, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from siigo_escala.cli import directions, output
from siigo_escala.domain import money, reasons

_MOST_PROBLEMS = 20
_ADOPTED = "DEAL_ADOPTED"
_NOT_REACHED = "NOT_REACHED"
_DELETED = "DEAL_DELETED"
_COLUMNS = (
    ("created", "Creadas", "Se crearían"),
    ("updated", "Actualizadas", "Se actualizarían"),
    ("unchanged", "Sin cambios", "Sin cambios"),
    ("excluded", "Excluidas", "Excluidas"),
    ("needs_attention", "Por revisar", "Por revisar"),
    ("failed", "Fallidas", "Fallidas"),
    ("read", "Leídas", "Leídas"),
)


def show(
    document: dict[str, Any], exit_code: int, *, left_out: Mapping[str, int], limit: int | None = None
) -> None:
    """One run's account. `left_out`: how many are excluded by each reason code; `limit`: as many were asked
    for at most.
    """
    dry = document["dry_run"]
    name = document["connection"]
    words = directions.of_document(document)
    counts, value = document[words.key], document["value"]
    output.table(
        [
            (f"Simulacro de «{name}»" if dry else f"Sincronización de «{name}»", "left"),
            (words.many, "right"),
            ("Pesos", "right"),
        ],
        [
            [planned if dry else done, output.number(counts[key]), money.to_pesos(Decimal(value[key]))]
            for key, done, planned in _columns(document)
        ],
    )
    if left_out:
        output.say(_left_out(left_out))
    output.say(_beside(document))
    adopted = [problem for problem in document["problems"] if problem["code"] == _ADOPTED]
    _listed("Ya están en Escala y se enlazarían, sin cambiarlas:", adopted)
    waiting = [problem for problem in document["problems"] if problem["code"] == _NOT_REACHED]
    apart = (_ADOPTED, _NOT_REACHED)
    _listed("Problemas:", [problem for problem in document["problems"] if problem["code"] not in apart])
    if waiting:
        why = "" if limit is None else f" por el límite que usted puso (--limit {limit})"
        output.say(
            f"\nQuedaron sin alcanzar{why}: {output.number(len(waiting))}. No hay nada que corregir en "
            f"ellas: la próxima sincronización las toma. [{_NOT_REACHED}]"
        )
    output.say(_next(document, exit_code))


def _columns(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Key and words of each line; what was only not reached has not failed."""
    waits = _only_waiting(document)
    return [
        ("failed", "Por enviar", "Por enviar") if waits and one[0] == "failed" else one for one in _COLUMNS
    ]


def problem_line(problem: dict[str, Any]) -> str:
    """One problem with its code."""
    return f"{output.clean(problem['message'])} [{problem['code']}]"


def _left_out(counts: Mapping[str, int]) -> str:
    parts = [
        f"{output.number(count)} · {reasons.catalogue[reasons.Code(code)].title} [{code}]"
        for code, count in counts.items()
    ]
    return "\n".join(["Excluidas por:", *(f"  {part}" for part in parts)])


def _beside(document: dict[str, Any]) -> str:
    products, calls = document["products"], document["calls"]
    back = "customers" in document
    people = document["customers" if back else "contacts"]
    parts = [
        "{} nuevos: {}; ya existían: {}.".format(
            "Clientes" if back else "Contactos",
            *(output.number(people[key]) for key in ("created", "matched")),
        ),
        *(
            []
            if back
            else [
                "Productos en oportunidades: {}; sin encontrar: {}; registrados: {}.".format(
                    *(output.number(products[key]) for key in ("attached", "missing", "registered"))
                )
            ]
        ),
        f"Llamadas: Siigo {output.number(calls['siigo'])}, Escala {output.number(calls['escala'])}.",
    ]
    if document["sweep"]["done"]:
        parts.append(f"Repaso hecho ({output.number(document['sweep']['calls'])} llamadas).")
    if document["dry_run"]:
        plan = document["plan"]
        parts.append(
            f"Aplicarlo tomaría unas {output.number(plan['calls']['siigo'])} llamadas a Siigo y "
            f"{output.number(plan['calls']['escala'])} a Escala, cerca de {output.duration(plan['seconds'])}."
        )
    return "\n".join(parts)


def _listed(heading: str, problems: list[dict[str, Any]]) -> None:
    if not problems:
        return
    output.say(f"\n{heading}")
    for problem in problems[:_MOST_PROBLEMS]:
        output.say(f"  · {problem_line(problem)}")
    more = len(problems) - _MOST_PROBLEMS
    if more > 0:
        output.say(f"  … y {output.number(more)} más: --json los lista todos.")


def _next(document: dict[str, Any], exit_code: int) -> str:
    words = directions.of_document(document)
    name, counts = document["connection"], document[words.key]
    match exit_code:
        case 130 | 143:
            return f"\nInterrumpida: «siigo-escala sync {name}» sigue donde quedó y no repite nada."
        case 3:
            return "\nNo se pudo entrar: corrija las credenciales y conecte de nuevo."
        case 4:
            return f"\nUn sistema no responde: más tarde, «siigo-escala sync {name}» sigue donde quedó."
        case 2:
            return "\nNo se pudo guardar: libere espacio o revise los permisos y repita; nada se duplicará."
        case 5:
            return "\nOtra sincronización tomó el turno: espere a que termine."
    if document["dry_run"]:
        return f"\nEs un simulacro: no se escribió nada. Para hacerlo: «siigo-escala sync {name}»."
    if counts["failed"] and not counts["needs_attention"] and _only_waiting(document):
        return f"\n«siigo-escala sync {name}» sigue donde quedó y no repite nada."
    if counts["needs_attention"] or counts["failed"]:
        return (
            f"\nRevise con «siigo-escala invoices {name} --open»; después de corregir, "
            f"«siigo-escala retry {name}», o decida con «siigo-escala resolve {name}»."
        )
    deleted = [problem["invoice"] for problem in document["problems"] if problem["code"] == _DELETED]
    if deleted:
        return (
            f"\nLo que se borró en Escala no se crea de nuevo por sí solo; si fue un error: «siigo-escala "
            f"resolve {name} --invoice {deleted[0]} --create»."
        )
    if counts["created"] or counts["updated"]:
        return f"\nTodo quedó en {words.target}. Las cuentas completas: «siigo-escala report {name}»."
    if counts["excluded"]:
        return f"\nNada nuevo: lo leído ya estaba en {words.target} o queda excluido."
    return f"\nNada nuevo: todo lo leído ya estaba en {words.target}."


def _only_waiting(document: dict[str, Any]) -> bool:
    """Whether something was not reached, and nothing failed."""
    waiting = sum(1 for problem in document["problems"] if problem["code"] == _NOT_REACHED)
    failed: int = document[directions.of_document(document).key]["failed"]
    return waiting > 0 and waiting == failed
