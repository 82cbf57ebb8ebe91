"""What is known of both systems' records: caches that can be read again, and bindings that cannot."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from siigo_escala.store.fields import CentsField
from siigo_escala.store.models.account import EscalaAccount, SiigoCompany


class KnownCustomer(models.Model):
    """A Siigo customer as last read."""

    company = models.ForeignKey(SiigoCompany, on_delete=models.CASCADE, related_name="customers")
    siigo_id = models.CharField(max_length=100)
    identity = models.CharField(max_length=100, default="")
    words = models.CharField(max_length=300, default="")
    """Its names for whoever searches: case and accents folded."""
    record = models.JSONField(default=dict)
    gone = models.BooleanField(default=False)
    read_at = models.DateTimeField()

    class Meta:
        db_table = "known_customer"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "siigo_id"], name="one_row_per_customer")
        ]
        indexes: ClassVar = [
            models.Index(fields=["company", "identity"], name="customer_by_identity"),
            # Names are searched in here, without reading the records.
            models.Index(fields=["company", "words", "siigo_id"], name="customer_by_words"),
        ]


class KnownContact(models.Model):
    """An Escala contact as last read."""

    escala = models.ForeignKey(EscalaAccount, on_delete=models.CASCADE, related_name="contacts")
    contact_id = models.CharField(max_length=100)
    record = models.JSONField(default=dict)
    modified = models.DateTimeField(null=True)
    modified_text = models.CharField(max_length=60, default="")
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "known_contact"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["escala", "contact_id"], name="one_row_per_contact")
        ]
        indexes: ClassVar = [models.Index(fields=["escala", "modified"], name="contact_by_modified")]


class ContactKey(models.Model):
    """One key under which a contact is found: "id:...", "email:..." or "phone:...", in normal form."""

    escala = models.ForeignKey(EscalaAccount, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=320)
    contact_id = models.CharField(max_length=100)

    class Meta:
        db_table = "contact_key"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["escala", "key", "contact_id"], name="one_row_per_contact_key")
        ]
        indexes: ClassVar = [models.Index(fields=["escala", "contact_id"], name="key_by_contact")]


class KnownDeal(models.Model):
    """An Escala deal as last read, whoever made it."""

    escala = models.ForeignKey(EscalaAccount, on_delete=models.CASCADE, related_name="deals")
    deal_id = models.CharField(max_length=100)
    name = models.TextField(default="")
    contact_id = models.CharField(max_length=100, default="")
    value = CentsField(null=True)
    stage_id = models.CharField(max_length=100, default="")
    created = models.DateTimeField(null=True)
    modified = models.DateTimeField(null=True)
    modified_text = models.CharField(max_length=60, default="")
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "known_deal"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["escala", "deal_id"], name="one_row_per_deal")
        ]
        indexes: ClassVar = [
            models.Index(fields=["escala", "modified"], name="deal_by_modified"),
            models.Index(fields=["escala", "contact_id"], name="deal_by_contact"),
        ]


class DealWord(models.Model):
    """A word of a deal's name that could be an invoice's name ("FV-2-1045"), in capitals."""

    escala = models.ForeignKey(EscalaAccount, on_delete=models.CASCADE, related_name="+")
    word = models.CharField(max_length=255)
    deal_id = models.CharField(max_length=100)

    class Meta:
        db_table = "deal_word"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["escala", "word", "deal_id"], name="one_row_per_deal_word")
        ]
        indexes: ClassVar = [models.Index(fields=["escala", "deal_id"], name="word_by_deal")]


class KnownProduct(models.Model):
    """A product of Escala's catalogue."""

    escala = models.ForeignKey(EscalaAccount, on_delete=models.CASCADE, related_name="products")
    product_id = models.CharField(max_length=100)
    sku = models.CharField(max_length=255)
    created = models.DateTimeField(null=True)

    class Meta:
        db_table = "known_product"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["escala", "product_id"], name="one_row_per_product")
        ]
        indexes: ClassVar = [models.Index(fields=["escala", "sku"], name="product_by_sku")]


class MissingSku(models.Model):
    """A code that Escala was asked for and does not have: asked again at most once a day."""

    escala = models.ForeignKey(EscalaAccount, on_delete=models.CASCADE, related_name="+")
    sku = models.CharField(max_length=255)
    asked_at = models.DateTimeField()

    class Meta:
        db_table = "missing_sku"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["escala", "sku"], name="one_row_per_missing_sku")
        ]


class ContactBinding(models.Model):
    """This customer there is that contact here. Cannot be read again: part of the truth.

    `contact_id` null and `intent_at` set: a contact is being made, or its making has no certain outcome.
    """

    escala = models.ForeignKey(EscalaAccount, on_delete=models.CASCADE, related_name="bindings")
    identity = models.CharField(max_length=100)
    contact_id = models.CharField(max_length=100, null=True)
    by_person = models.BooleanField(default=False)
    evidence = models.CharField(max_length=20, default="")
    intent_at = models.DateTimeField(null=True)
    intent = models.JSONField(default=dict)
    made_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "contact_binding"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["escala", "identity"], name="one_contact_per_customer"),
            models.UniqueConstraint(
                fields=["escala", "contact_id"],
                condition=models.Q(contact_id__isnull=False),
                name="one_customer_per_contact",
            ),
        ]
