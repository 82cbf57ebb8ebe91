"""The two directions of a connection, of which one is active. Imports nothing: commands name them first."""

from __future__ import annotations

from typing import Final, Literal

Direction = Literal["invoices_to_opportunities", "opportunities_to_invoices"]
FORWARD: Final = "invoices_to_opportunities"
"""Invoices of Siigo become opportunities in Escala."""
BACK: Final = "opportunities_to_invoices"
"""Opportunities of Escala become invoices in Siigo."""
