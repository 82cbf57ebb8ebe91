"""Turns the sales invoices of Siigo into opportunities of the Escala CRM: every one, once, to the cent."""

__version__ = "0.1.0"
