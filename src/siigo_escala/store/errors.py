"""What can be wrong with our own state, told to a user with its code."""

from __future__ import annotations


class StoreProblem(Exception):
    """Our own state does not allow the command. `code` is the catalogue's, `message` a Spanish sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class LeaseTaken(StoreProblem):
    """Another run holds one of the two accounts."""

    def __init__(self, message: str) -> None:
        super().__init__("RUN_IN_PROGRESS", message)


class LeaseLost(Exception):
    """This process is no longer the one writer: it must stop without another write."""
