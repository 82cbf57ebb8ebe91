"""Randomness and ids of the invented company: the same seed gives the same, whatever was drawn before."""

import random


def dice(seed: int, *subject: object) -> random.Random:
    """A generator of its own for one subject."""
    return random.Random("/".join([str(seed), *map(str, subject)]))


def guid(source: random.Random) -> str:
    """A GUID of version 4, as Siigo's."""
    digits = f"{source.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def timed_guid(source: random.Random) -> str:
    """A UUID that looks time-based (version 1), as Escala's."""
    digits = f"{source.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-11f0-9{digits[17:20]}-{digits[20:]}"


def chance(source: random.Random, share: float) -> bool:
    """True in that share of cases."""
    return source.random() < share
