"""Findings of a connection whose opportunities become invoices: what its rules name, in both systems."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from siigo_escala.domain import fitness
from siigo_escala.domain.crm import Pipeline
from siigo_escala.escala.capabilities import Capabilities
from siigo_escala.sync import fields, seen_names
from siigo_escala.sync.checking import escala_side, siigo_side
from siigo_escala.sync.checking.findings import Check, Finding, failed, listed, ok, quoted, warning
from siigo_escala.sync.checking.seen import Seen
from siigo_escala.sync.opening import Opened


def of_siigo(opened: Opened, seen: Seen) -> Iterator[Check]:
    """Every finding of Siigo's side."""
    yield siigo_side.company(opened, seen)
    yield rules(opened, seen)


def of_escala(opened: Opened, seen: Seen, capabilities: Capabilities, *, now: datetime) -> Iterator[Check]:
    """Every finding of Escala's side."""
    yield escala_side.account(opened, seen)
    pipeline = next((one for one in seen.pipelines if one.id == opened.connection.pipeline_id), None)
    yield trigger_pipeline(opened, seen, pipeline)
    if pipeline is not None:
        yield trigger_stage(opened, pipeline)
    yield field(opened, seen)
    yield number_field(opened, seen, capabilities)
    yield escala_side.sku_twice(opened, seen)
    yield escala_side.changes(capabilities, now=now)


def rules(opened: Opened, seen: Seen) -> Check:
    """Whether what `[invoices]` names exists in Siigo and serves."""
    found = fitness.examined(
        opened.file.invoices,
        document_types=seen.document_types or (),
        payment_types=seen.payment_types,
        taxes=seen.taxes,
        sellers=seen.users,
    )
    if isinstance(found, fitness.Unfit):
        there = f" Puede usar: {listed(found.there)}." if found.there else ""
        return failed(
            Finding.INVOICING_RULES,
            f"Siigo no puede hacer las facturas: {found.why}.",
            remedy=f"Corrija «invoices.{found.key}» y conecte de nuevo, o actívelo en Siigo.{there}",
        )
    return ok(
        Finding.INVOICING_RULES,
        f"Las facturas se hacen como «{found.document_type.name}», con la forma de pago "
        f"«{found.payment_type.name}»{'' if opened.file.invoices.stamp else ', en borrador'}.",
    )


def trigger_pipeline(opened: Opened, seen: Seen, pipeline: Pipeline | None) -> Check:
    """Whether the pipeline is still there."""
    if pipeline is None:
        return failed(
            Finding.PIPELINE,
            f"El pipeline «{opened.file.invoices.trigger_pipeline}» ya no está en Escala.",
            remedy="Elija otro en «invoices.trigger_pipeline» y conecte de nuevo; hay: "
            f"{quoted(one.name for one in seen.pipelines)}.",
        )
    return ok(Finding.PIPELINE, f"Se facturan las oportunidades del pipeline «{pipeline.name}».")


def trigger_stage(opened: Opened, pipeline: Pipeline) -> Check:
    """Whether the stage is still there, and none of lost opportunities."""
    found = next((one for one in pipeline.stages if one.id == opened.connection.stage_id), None)
    if found is None:
        return failed(
            Finding.STAGE,
            f"La etapa «{opened.file.invoices.trigger_stage}» ya no está en el pipeline «{pipeline.name}».",
            remedy="Elija otra en «invoices.trigger_stage» y conecte de nuevo; hay: "
            f"{quoted((one.name for one in pipeline.stages), none='ninguna')}.",
        )
    if found.kind == "lost":
        return warning(
            Finding.STAGE,
            f"La etapa «{found.name}» es de oportunidades perdidas: se facturaría lo que no se vendió.",
            remedy="Elija en «invoices.trigger_stage» una etapa ganada y conecte de nuevo.",
        )
    return ok(Finding.STAGE, f"Se factura lo que llega a la etapa «{found.name}».")


def field(opened: Opened, seen: Seen) -> Check:
    """Whether the identification field was ever seen with a value."""
    key = opened.file.invoices.identification_field
    if fields.is_of_numbers(key):
        return warning(
            Finding.IDENTIFICATION_FIELD,
            f"El campo «{key}» es de tipo número: un documento con letras o con ceros a la izquierda no cabe "
            "en él, y esas ventas no se facturan.",
            remedy="Si vende a extranjeros, cree en Escala un campo de texto para la identificación, pásela "
            "allí, póngalo en «invoices.identification_field» y conecte de nuevo.",
        )
    known = seen_names.has_field(opened.connection.escala, key)
    if known or any(key in contact.custom for contact in seen.contacts):
        return ok(Finding.IDENTIFICATION_FIELD, f"El campo «{key}» tiene valores en Escala.")
    return warning(
        Finding.IDENTIFICATION_FIELD,
        f"Todavía no se ha visto el campo «{key}» en ningún contacto de Escala, y dice a quién facturar.",
        remedy="Revise «invoices.identification_field» con «siigo-escala fields».",
    )


def number_field(opened: Opened, seen: Seen, capabilities: Capabilities) -> Check:
    """Whether the invoice's number can go back to the opportunity."""
    key = opened.file.invoices.number_field
    if not key:
        return ok(Finding.DEAL_FIELDS, "El número de la factura no se escribe en la oportunidad.")
    if capabilities.update_deals == "none":
        return warning(
            Finding.DEAL_FIELDS,
            "El API de esta cuenta de Escala no deja modificar oportunidades: el número de la factura no "
            f"llega a «{key}».",
            remedy="El número está siempre en «siigo-escala report»; quite «invoices.number_field».",
        )
    known = {*opened.connection.escala.seen_fields, *(one for deal in seen.deals for one in deal.custom)}
    if key not in known:
        return warning(
            Finding.DEAL_FIELDS,
            f"Todavía no se ha visto el campo «{key}» en ninguna oportunidad de Escala.",
            remedy="Revíselo con «siigo-escala fields»; la primera factura lo confirmará.",
        )
    return ok(Finding.DEAL_FIELDS, f"El número de la factura se escribe en «{key}».")
