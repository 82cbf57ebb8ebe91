"""What the web application has in the demonstration alone: «El simulador», with which a visitor is Siigo's user."""
