"""The ways Escala says no, and the bodies it may say it with (section 2.4 of the reference)."""

from siigo_escala.simulators.escala.switches import Switches
from siigo_escala.simulators.messages import Response


class Refused(Exception):
    """A call that is understood and refused; nothing was stored."""

    def __init__(self, message: str, *, field: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.status = status
        """None: the status of invalid bodies (switch `error_status`)."""


def unknown(field: str, what: str, switches: Switches) -> Refused:
    """A body that names something the account does not have; `what` empty: the key itself."""
    plain = switches.wording == "plain"
    if not what:
        return Refused(f"{field} is not allowed" if plain else f"{field} should not exist", field=field)
    return Refused(f"{field}: unknown {what}" if plain else f"{field}: {what} does not exist", field=field)


def duplicate(what: str, field: str, *, status: int, switches: Switches) -> Refused:
    """A record that is there already."""
    match switches.duplicate_text:
        case "duplicate":
            text = f"Duplicate {what}"
        case "registrado":
            text = f"{field}: ya se encuentra registrado"
        case _:
            text = f"A {what} with this {field} already exists"
    return Refused(text, field=field, status=status)


def answer(refused: Refused, switches: Switches) -> Response:
    """The response of a refusal, in the body shape the switch asks for."""
    text = refused.message
    status = refused.status or int(switches.error_status)
    match switches.error_shape:
        case "messages":
            return Response(status, {"message": [text]})
        case "error":
            return Response(status, {"error": text})
        case "errors":
            return Response(status, {"errors": [{"field": refused.field, "message": text}]})
        case "detail":
            return Response(status, {"detail": text})
        case "text":
            return Response(status, text.encode(), content_type="text/plain; charset=utf-8")
        case _:
            return Response(status, {"message": text})


def gateway(status: int, message: str) -> Response:
    """An answer of the gateway before the API: always `{"message": …}`."""
    return Response(status, {"message": message})


def not_found(what: str) -> Refused:
    """404 for an id nobody has."""
    return Refused(f"{what} not found", field="id", status=404)
