"""What is not known of Escala's API for certain (docs/reference/escala-api.md 13), and what a check saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.sync.checking.shapes import Shape
from siigo_escala.sync.checking.witness import Witness

QUESTIONS: Mapping[str, str] = {
    "U1": "clave del cursor de las listas",
    "U2": "lectura de lo que cambió (since)",
    "U3": "contacto repetido",
    "U4": "búsqueda de contactos por correo",
    "U5": "sobre de las listas",
    "U6": "id en la respuesta de lo creado",
    "U7": "forma de los campos personalizados",
    "U8": "forma de los productos de una oportunidad",
    "U9": "verbo para modificar",
    "U10": "correo obligatorio del contacto",
    "U11": "prioridad",
    "U12": "cantidades con decimales",
    "U13": "errores 500",
    "U14": "dueño desconocido",
    "U15": "claves y vacíos que no se esperaban",
    "U16": "largo de los textos",
    "U17": "respuesta a una clave errada",
    "U18": "límite de llamadas",
    "U19": "forma de las fechas",
    "U20": "pipelines a la vista",
}
"""In the words of who uses the program."""
_KNOWN_DEAL_KEYS = frozenset(
    (
        *("id", "name", "assignedTo", "contact", "pipeline", "value", "created", "modified", "description"),
        *("custom", "priority", "products", "productId", "funnelId", "contactId", "pipelineId", "stageId"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One doubt. `verdict`: a word of ours, "" while it is not settled."""

    code: str
    verdict: str

    def to_json(self) -> dict[str, Any]:
        """As it stands in the document."""
        return {"doubt": self.code, "settled": bool(self.verdict), "verdict": self.verdict or None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a check has to judge by. `probed`: what its write probe found; what an earlier one found stands in
    `capabilities`.
    """

    witness: Witness
    capabilities: Capabilities
    probed: Mapping[str, str] = field(default_factory=dict)


def verdicts(evidence: Evidence) -> list[Doubt]:
    """Every doubt in order, settled or not."""
    found = []
    for code in QUESTIONS:
        judge = _JUDGES.get(code)
        verdict = evidence.probed.get(code) or (judge(evidence) if judge is not None else "")
        verdict = verdict or evidence.capabilities.probed.get(code, "")
        found.append(Doubt(code=code, verdict=verdict))
    return found


def _cursor(evidence: Evidence) -> str:
    for path in ("/crm/deals/scroll", "/crm/contacts/scroll"):
        answer = evidence.witness.first(path)
        if answer is not None and isinstance(answer.shape, dict):
            keys = [key for key in answer.shape if key.casefold().replace("_", "").endswith("scrollid")]
            if keys:
                return keys[0]
            if "scroll" in answer.shape:
                return "scroll.id"
    return ""


def _since(evidence: Evidence) -> str:
    known = {evidence.capabilities.since_deals, evidence.capabilities.since_contacts} - {"unknown"}
    return " and ".join(sorted(known))


def _by_email(evidence: Evidence) -> str:
    known = evidence.capabilities.email_filter
    return "" if known == "unknown" else known


def _envelope(evidence: Evidence) -> str:
    answer = evidence.witness.first("/crm/pipelines")
    if answer is None:
        return ""
    if isinstance(answer.shape, list):
        return "bare array"
    keys = [key for key in ("items", "data", "results") if key in answer.shape]
    return (keys[0] + (" with total" if "total" in answer.shape else "")) if keys else ""


def _id_place(evidence: Evidence) -> str:
    for path in ("/crm/deals", "/crm/contacts"):
        answer = evidence.witness.first(path, method="POST")
        if answer is None:
            continue
        shape = answer.shape if isinstance(answer.shape, dict) else {}
        if "id" in shape:
            return "id"
        inner = next((key for key in ("data", "entity") if isinstance(shape.get(key), dict)), None)
        return f"{inner}.id" if inner else "elsewhere"
    return ""


def _custom(evidence: Evidence) -> str:
    for path in ("/crm/contacts/scroll", "/crm/deals/scroll"):
        custom = _record(evidence, path).get("custom")
        if isinstance(custom, dict) and custom:
            return "object"
        if isinstance(custom, list) and custom:
            return "list"
    return ""


def _products(evidence: Evidence) -> str:
    for path in ("/crm/deals/{id}", "/crm/deals/scroll"):
        deal = _record(evidence, path)
        products = deal.get("products")
        if isinstance(products, list) and products:
            return "list"
        if isinstance(products, dict):
            return "object"
        if "productId" in deal:
            return "productId"
    return ""


def _verb(evidence: Evidence) -> str:
    known = evidence.capabilities.update_deals
    return "" if known == "unknown" else known


def _priority(evidence: Evidence) -> str:
    return "refused" if evidence.capabilities.priority_refused else ""


def _decimals(evidence: Evidence) -> str:
    return "refused" if evidence.capabilities.decimal_quantity_refused else ""


def _errors(evidence: Evidence) -> str:
    answers = [one for one in evidence.witness.answers if one.system == "escala"]
    broken = {one.path for one in answers if one.status >= 500}
    if not broken:
        return ""
    healed = {one.path for one in answers if one.status < 300}
    return "transient" if broken <= healed else "seen"


def _extra_keys(evidence: Evidence) -> str:
    deal = _record(evidence, "/crm/deals/scroll")
    if not deal:
        return ""
    more = [key for key in deal if key not in _KNOWN_DEAL_KEYS]
    nulls = any("null" in str(kind).split("|") or "empty text" in str(kind) for kind in deal.values())
    return f"{len(more)} unknown keys, {'nulls or empty texts' if nulls else 'no nulls'}"


def _key_refused(evidence: Evidence) -> str:
    answers = [one for one in evidence.witness.answers if one.system == "escala"]
    return str(answers[0].status) if answers and answers[0].status in (401, 403) else ""


def _limit(evidence: Evidence) -> str:
    answers = [one for one in evidence.witness.answers if one.system == "escala"]
    if any(one.status == 429 for one in answers):
        return "429 seen"
    return "told in headers" if any(one.hints for one in answers) else ""


def _moments(evidence: Evidence) -> str:
    for path in ("/crm/deals/scroll", "/crm/contacts/scroll", "/crm/pipelines"):
        kinds = str(_record(evidence, path).get("created", "")).split("|")
        moment = next((kind for kind in kinds if kind.startswith("moment ")), "")
        if moment:
            return moment.removeprefix("moment ")
    return ""


def _pipelines(evidence: Evidence) -> str:
    answers = evidence.witness.of("/crm/pipelines")
    if not answers:
        return ""
    return "visible" if answers[-1].status < 300 else "hidden"


_JUDGES: Mapping[str, Callable[[Evidence], str]] = {
    "U1": _cursor,
    "U2": _since,
    "U4": _by_email,
    "U5": _envelope,
    "U6": _id_place,
    "U7": _custom,
    "U8": _products,
    "U9": _verb,
    "U11": _priority,
    "U12": _decimals,
    "U13": _errors,
    "U15": _extra_keys,
    "U17": _key_refused,
    "U18": _limit,
    "U19": _moments,
    "U20": _pipelines,
}


def _record(evidence: Evidence, path: str) -> dict[str, Any]:
    """The shape of one record of an answer: of a list, or alone."""
    answer = evidence.witness.first(path)
    shape: Shape = answer.shape if answer is not None else {}
    while isinstance(shape, dict):
        inner = next((shape[key] for key in ("items", "data", "results", "entity") if key in shape), None)
        if not isinstance(inner, list | dict):
            break
        shape = inner
    if isinstance(shape, list):
        shape = shape[0] if shape else {}
    return shape if isinstance(shape, dict) else {}
