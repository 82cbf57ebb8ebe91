"""What a scripted fault does to an answer; `faults.py` says which call meets which fault."""

from siigo_escala.simulators import faults as faulting
from siigo_escala.simulators.messages import JSON_TYPE, Response, encode

_NOT_HANDLED = {"refuse", "drop", "429_header", "429_message", "429_bare"}


def is_handled(fault: faulting.Fault) -> bool:
    """Whether the call reaches the simulator's state before it fails."""
    return fault.stored if fault.kind == "html" else fault.kind not in _NOT_HANDLED


def answer(fault: faulting.Fault, handled: Response | None) -> Response:
    """The answer a fault sends in place of the handled one (None where the call was not handled)."""
    message = f"Rate limit is exceeded. Try again in {fault.retry_after} seconds."
    limit = fault.body or {"statusCode": 429, "message": message}
    good = handled or Response()
    headers = {**good.headers, **fault.headers}
    match fault.kind:
        case "refuse":
            body = fault.body.encode() if isinstance(fault.body, str) else fault.body
            return Response(fault.status or 500, body, headers, fault.content_type or JSON_TYPE)
        case "store_then_status":
            body = fault.body.encode() if isinstance(fault.body, str) else fault.body
            return Response(fault.status or 500, body, dict(fault.headers), fault.content_type or JSON_TYPE)
        case "429_header":
            return Response(429, limit, {"Retry-After": str(fault.retry_after), **headers})
        case "429_message":
            return Response(429, limit, headers)
        case "429_bare":
            return Response(429, None, headers)
        case "html":
            page = fault.body or "<html><head><title>502 Bad Gateway</title></head><body></body></html>"
            return Response(fault.status or 502, str(page).encode(), headers, "text/html; charset=utf-8")
        case "wrong_content_type":
            return Response(good.status, good.body, headers, fault.content_type or "text/plain")
        case "oversized":
            body = b'{"padding": "' + b"x" * max(fault.size - 15, 0) + b'"}'
            return Response(fault.status or good.status, body, headers)
        case "latin1":
            text = encode(good.body).decode("utf-8", "replace")
            return Response(good.status, text.encode("latin-1", "replace"), headers)
        case "bad_encoding":
            return Response(good.status, encode(good.body).replace(b'"', b'"\xff\xfe', 1), headers)
        case "empty":
            return Response(fault.status or good.status, None, headers)
        case _:
            return Response(good.status, good.body, headers, good.content_type)
