"""Opportunities become invoices in Siigo, exactly once (docs/adr/0017-opportunities-become-invoices.md)."""
