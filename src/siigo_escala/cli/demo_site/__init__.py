"""The page of the demonstration alone: «El simulador», on which a visitor is Siigo's user."""
