"""Findings about the Escala account: where opportunities go, and what was never seen or is in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from siigo_escala.domain.crm import UNASSIGNED, Pipeline, Product
from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.store import models
from siigo_escala.sync import fields, seen_names
from siigo_escala.sync.checking import siigo_side
from siigo_escala.sync.checking.findings import Check, Finding, failed, listed, ok, quoted, warning
from siigo_escala.sync.checking.seen import Seen
from siigo_escala.sync.opening import Opened

_FEW = 0.5


def all_of(opened: Opened, seen: Seen, capabilities: Capabilities, *, now: datetime) -> Iterator[Check]:
    """Every finding of this side."""
    yield account(opened, seen)
    pipeline = _pipeline(opened, seen)
    yield destination(opened, seen)
    if pipeline is not None:
        yield stage(opened, pipeline)
        yield lost_stage(opened, pipeline)
    yield field(opened, seen)
    yield filled(opened, seen)
    yield deal_fields(opened, seen)
    yield owners(opened, seen)
    yield products(opened, seen)
    yield sku_twice(opened, seen)
    yield changes(capabilities, now=now)
    yield updates(capabilities)


def account(opened: Opened, seen: Seen) -> Check:
    """Whether the key still opens the account that was connected."""
    known = {pipeline["id"] for pipeline in opened.connection.escala.pipelines}
    if known & {pipeline.id for pipeline in seen.pipelines}:
        return ok(Finding.ESCALA_ACCOUNT, "La clave abre la cuenta de Escala que se conectó.")
    return failed(
        Finding.ESCALA_ACCOUNT,
        "La clave abre una cuenta de Escala en la que no está ninguno de los pipelines que se conocían.",
        remedy="Ponga en «escala.api_key» la clave de la misma cuenta y conecte de nuevo, o conecte la otra "
        "con otro nombre.",
    )


def destination(opened: Opened, seen: Seen) -> Check:
    """Whether the pipeline is still there."""
    pipeline = _pipeline(opened, seen)
    wanted = opened.file.opportunities.pipeline
    if pipeline is None:
        return failed(
            Finding.PIPELINE,
            f"El pipeline «{wanted}» ya no está en Escala.",
            remedy="Elija otro en «opportunities.pipeline» y conecte de nuevo; hay: "
            f"{quoted(one.name for one in seen.pipelines)}.",
        )
    return ok(Finding.PIPELINE, f"Las oportunidades nacen en el pipeline «{pipeline.name}».")


def stage(opened: Opened, pipeline: Pipeline) -> Check:
    """Whether the stage is still there, and open."""
    wanted = opened.file.opportunities.stage
    found = next((one for one in pipeline.stages if one.id == opened.connection.stage_id), None)
    if found is None:
        return failed(
            Finding.STAGE,
            f"La etapa «{wanted}» ya no está en el pipeline «{pipeline.name}».",
            remedy="Elija otra en «opportunities.stage» y conecte de nuevo; hay: "
            f"{quoted((one.name for one in pipeline.stages), none='ninguna')}.",
        )
    if found.kind == "lost":
        return warning(
            Finding.STAGE,
            f"La etapa «{found.name}» es de oportunidades perdidas: toda factura nacería perdida.",
            remedy="Elija en «opportunities.stage» una etapa abierta o ganada y conecte de nuevo.",
        )
    return ok(Finding.STAGE, f"Las oportunidades nacen en la etapa «{found.name}».")


def lost_stage(opened: Opened, pipeline: Pipeline) -> Check:
    """Whether an annulled invoice's opportunity can be moved where the rule wants it."""
    if opened.file.opportunities.on_annulled != "lost_stage":
        return ok(Finding.LOST_STAGE, "Las facturas anuladas se avisan y no mueven su oportunidad.")
    found = next((one for one in pipeline.stages if one.kind == "lost"), None)
    if found is None:
        return failed(
            Finding.LOST_STAGE,
            f"El pipeline «{pipeline.name}» no tiene una etapa de oportunidades perdidas, y la conexión pide "
            '«on_annulled = "lost_stage"».',
            remedy='Cree esa etapa en Escala, o ponga «on_annulled = "report"» y conecte de nuevo.',
        )
    return ok(Finding.LOST_STAGE, f"La oportunidad de una factura anulada pasa a la etapa «{found.name}».")


def field(opened: Opened, seen: Seen) -> Check:
    """Whether the identification field was ever seen with a value."""
    key = opened.file.opportunities.identification_field
    if fields.is_of_numbers(key):
        return warning(
            Finding.IDENTIFICATION_FIELD,
            f"El campo «{key}» es de tipo número: no guarda letras ni ceros a la izquierda, y Escala puede "
            "rechazar pasaportes y otros documentos (FIELD_REFUSED).",
            remedy="Si vende a extranjeros, cree en Escala un campo de texto para la identificación, pásela "
            "allí, póngalo en «opportunities.identification_field» y conecte de nuevo.",
        )
    known = seen_names.has_field(opened.connection.escala, key)
    if known or any(key in contact.custom for contact in seen.contacts):
        return ok(Finding.IDENTIFICATION_FIELD, f"El campo «{key}» tiene valores en Escala.")
    return warning(
        Finding.IDENTIFICATION_FIELD,
        f"Todavía no se ha visto el campo «{key}» en ningún contacto de Escala.",
        remedy="Revise «opportunities.identification_field» con «siigo-escala fields»; el primer contacto lo "
        "confirmará.",
    )


def filled(opened: Opened, seen: Seen) -> Check:
    """In how many contacts the identification stands."""
    key = opened.file.opportunities.identification_field
    known = models.KnownContact.objects.filter(escala=opened.connection.escala)
    total = known.count()
    if total:
        having = known.filter(record__custom__has_key=key).count()
    else:
        total = len(seen.contacts)
        having = sum(key in contact.custom for contact in seen.contacts)
    said = f"{having} de {total} contactos de Escala tienen la identificación en «{key}»."
    if total and having / total < _FEW:
        return warning(
            Finding.IDENTIFICATION_FILLED,
            said,
            remedy="Los demás se reconocen por correo o teléfono, y eso puede quedar por revisar: llene "
            "el campo en Escala para los clientes que ya tiene.",
        )
    return ok(Finding.IDENTIFICATION_FILLED, said)


def deal_fields(opened: Opened, seen: Seen) -> Check:
    """Whether the opportunity's own fields were ever seen."""
    wanted = opened.file.opportunities
    named = {
        name: key
        for name, key in (
            ("number_field", wanted.number_field),
            ("date_field", wanted.date_field),
            ("due_field", wanted.due_field),
        )
        if key
    }
    if not named:
        return ok(Finding.DEAL_FIELDS, "La conexión no llena campos personalizados de la oportunidad.")
    known = {*opened.connection.escala.seen_fields, *(key for deal in seen.deals for key in deal.custom)}
    unseen = [f'«{name} = "{key}"»' for name, key in named.items() if key not in known]
    if unseen:
        return warning(
            Finding.DEAL_FIELDS,
            f"Todavía no se han visto en Escala: {listed(unseen)}.",
            remedy="Revíselos con «siigo-escala fields»; la primera oportunidad los confirmará.",
        )
    return ok(Finding.DEAL_FIELDS, "Los campos de la oportunidad tienen valores en Escala.")


def owners(opened: Opened, seen: Seen) -> Check:
    """Whether those who will own opportunities were ever seen in Escala."""
    wanted = {opened.file.opportunities.default_owner, *opened.file.sellers.values()} - {"", UNASSIGNED}
    known = {owner.casefold() for owner in opened.connection.escala.seen_owners}
    known |= {contact.owner.casefold() for contact in seen.contacts}
    known |= {deal.owner.casefold() for deal in seen.deals}
    unseen = sorted(owner for owner in wanted if owner.casefold() not in known)
    if unseen:
        return warning(
            Finding.OWNERS,
            f"Todavía no se ha visto en Escala a: {listed(unseen)}.",
            remedy="Revise que sean correos de usuarios de Escala («default_owner» y [sellers]); "
            "la primera oportunidad lo confirmará.",
        )
    return ok(Finding.OWNERS, "Los dueños de las oportunidades se conocen en Escala.")


def products(opened: Opened, seen: Seen) -> Check:
    """The share of recent lines whose code is a SKU of Escala."""
    rule = opened.file.opportunities.products
    if rule == "none":
        return ok(Finding.PRODUCTS, 'Esta conexión no envía productos («products = "none"»).')
    codes = [line.code.strip() for invoice in siigo_side.recent(opened, seen) for line in invoice.lines]
    codes = [code for code in codes if code]
    skus = _skus(opened, seen)
    if skus is None:
        return warning(
            Finding.PRODUCTS,
            "No se pudo leer el catálogo de productos de Escala.",
            remedy="Repita en unos minutos; sin productos las oportunidades se crean igual.",
        )
    if not codes:
        return ok(Finding.PRODUCTS, "Aún no hay facturas recientes que comparar.")
    if seen.products_cut:
        return ok(Finding.PRODUCTS, "El catálogo de Escala es grande: una sincronización lo lee entero.")
    known = sum(code in skus for code in codes)
    share = round(100 * known / len(codes))
    message = f"De {len(codes)} líneas recientes, {known} ({share} %) tienen su producto en Escala."
    if known == len(codes) or rule == "register":
        return ok(Finding.PRODUCTS, message)
    missing = listed(sorted({code for code in codes if code not in skus}))
    return warning(
        Finding.PRODUCTS,
        f"{message} Faltan: {missing}.",
        remedy='Cree en Escala productos con ese SKU, o use «products = "register"» en [opportunities].',
    )


def sku_twice(opened: Opened, seen: Seen) -> Check:
    """Products of Escala that share their SKU."""
    skus = _skus(opened, seen)
    if skus is None:
        return ok(Finding.SKU_TWICE, "El catálogo de Escala no se ha leído: una sincronización lo lee.")
    twice = sorted(sku for sku, count in skus.items() if sku and count > 1)
    if twice:
        return warning(
            Finding.SKU_TWICE,
            f"En Escala hay más de un producto con el SKU {listed(twice)}: se usa el más antiguo.",
            remedy="Deje en Escala un solo producto por SKU.",
        )
    if seen.products_cut:
        return ok(Finding.SKU_TWICE, "Los primeros SKU no se repiten; los demás no se miraron aquí.")
    return ok(Finding.SKU_TWICE, "Ningún SKU de Escala está repetido.")


def changes(capabilities: Capabilities, *, now: datetime) -> Check:
    """Whether a read of what changed is trusted, or everything must be read each time."""
    kept = (capabilities.since_deals, capabilities.since_contacts)
    usable = capabilities.since_usable("deals", now=now) and capabilities.since_usable("contacts", now=now)
    if "works" in kept and usable:
        return ok(Finding.CHANGES_READ, "Escala dice bien qué cambió: no hace falta leerlo todo cada vez.")
    if usable:
        return ok(Finding.CHANGES_READ, "Aún no se sabe si Escala dice bien qué cambió; se probará al leer.")
    return warning(
        Finding.CHANGES_READ,
        "Escala no dice bien qué cambió: cada sincronización que crea algo la lee completa.",
        remedy="Nada que hacer aquí; si la cuenta es grande, sincronice menos veces al día "
        "(«schedule.every_minutes»). Cada día se prueba de nuevo.",
    )


def updates(capabilities: Capabilities) -> Check:
    """Whether opportunities can be changed after they were made."""
    if capabilities.update_deals == "none":
        return warning(
            Finding.UPDATES,
            "El API de esta cuenta de Escala no deja modificar oportunidades: lo que cambie en Siigo después "
            "queda por revisar (UPDATE_NOT_POSSIBLE).",
            remedy='Haga esos cambios a mano en Escala, o use «on_edited = "report"». Se prueba de nuevo con '
            "«check --write-probe» y, si Escala los rechazó, cada día y al reintentar.",
        )
    if capabilities.update_deals == "unknown":
        return ok(
            Finding.UPDATES,
            "Aún no se sabe si Escala deja modificar oportunidades; «check --write-probe» lo averigua.",
        )
    return ok(Finding.UPDATES, "Escala deja modificar oportunidades.")


def _pipeline(opened: Opened, seen: Seen) -> Pipeline | None:
    return next((one for one in seen.pipelines if one.id == opened.connection.pipeline_id), None)


def _skus(opened: Opened, seen: Seen) -> Counter[str] | None:
    """How many products have each SKU; None where the catalogue could not be read."""
    if seen.products is not None:
        return _counted(seen.products)
    account = opened.connection.escala
    if account.products_read_at is None:
        return None
    return Counter(models.KnownProduct.objects.filter(escala=account).values_list("sku", flat=True))


def _counted(products: Sequence[Product]) -> Counter[str]:
    return Counter(product.sku.strip() for product in products)
