"""The error answers of siigo-api.md, section 10, in each body shape clients have met."""

from collections.abc import Iterable

from siigo_escala.simulators.messages import Response

_DETAIL = "Check the API documentation: https://developer.siigo.com/introduction/codigos-de-error/"


class ApiError(Exception):
    """A refusal of the API: HTTP status, Siigo's code, message and the parameters it is about."""

    def __init__(self, status: int, code: str, message: str, params: Iterable[str] = ()) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.params = list(params)
        self.headers: dict[str, str] = {}


def required(field: str) -> ApiError:
    """400: a compulsory field is missing."""
    return ApiError(400, "parameter_required", f"The field {field} is required", [field])


def invalid(code: str, field: str, message: str | None = None) -> ApiError:
    """400: a field does not fit."""
    return ApiError(400, code, message or f"The field {field} is invalid", [field])


def not_found(what: str) -> ApiError:
    """404: unknown or deleted."""
    return ApiError(404, "not_found", f"The {what} doesn't exist", ["id"])


def answer(error: ApiError, shape: str) -> Response:
    """The response a client gets, in the body shape of the switch `error_shape`."""
    detail = _DETAIL + error.code
    upper = {"Code": error.code, "Message": error.message, "Params": error.params, "Detail": detail}
    lower = {"code": error.code, "message": error.message, "params": error.params, "detail": detail}
    bodies: dict[str, object] = {
        "pascal": {"Status": error.status, "Errors": [upper]},
        "lower": {"status": error.status, "errors": [lower]},
        "mixed": {"Status": error.status, "errors": [{**lower, "Params": error.params}]},
        "flat": {"Status": error.status, "Message": error.message},
        "gateway": {"statusCode": error.status, "message": error.message},
        "empty": None,
    }
    if shape == "html":
        page = f"<html><body><h1>{error.status}</h1></body></html>".encode()
        return Response(error.status, page, error.headers, "text/html; charset=utf-8")
    return Response(error.status, bodies[shape], error.headers)
