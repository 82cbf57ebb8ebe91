"""Who may call: tokens, Partner-Id, blocked users, plans and the limit per minute (siigo-api.md 1, 11)."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any

from siigo_escala.simulators.messages import Request, Response
from siigo_escala.simulators.siigo import errors
from siigo_escala.simulators.siigo.company import Company
from siigo_escala.simulators.siigo.switches import Switches

_PARTNER = re.compile(r"[A-Za-z0-9]{3,100}")
_KEY = re.compile(r"[A-Za-z0-9]{1,30}")
_WINDOW_S = 60.0
_WEEK_S = 7 * 86400.0
_FEWEST_JUDGED = 20


def sign_in(companies: Iterable[Company], request: Request, switches: Switches) -> Response:
    """POST /auth."""
    body = _credentials(request)
    listed = list(companies)
    named = next((one for one in listed if one.username == body.get("username")), None)
    if named is not None and switches["rate_limit_counts_auth"]:
        count_call(named, switches)
    found = next((one for one in listed if _fits(one, body)), None)
    if found is None:
        status = switches["wrong_credentials_status"]
        raise errors.ApiError(status, "unauthorized", "Invalid credentials, verify username and access_key")
    refuse_blocked(found, switches)
    now = found.clock.now().timestamp()
    found.sign_ins += 1
    claims = {"sub": found.username, "nbf": int(now), "n": found.sign_ins, "cia": found.company_key}
    token = ".".join((_part({"alg": "RS256", "typ": "JWT"}), _part(claims), "firma"))
    life = switches["token_life_s"]
    found.tokens[token] = now + life
    answer = {"access_token": token, "expires_in": life, "token_type": "Bearer", "scope": "SiigoAPI"}
    return Response(switches["auth_status"], answer)


def company_of(companies: Iterable[Company], request: Request, switches: Switches) -> Company:
    """The company of a token; 401 without a valid one, 429 over the limit, 400 without a Partner-Id."""
    header = request.headers.get("authorization", "")
    is_bearer = header[:7].lower() == "bearer "
    token = header[7:].strip() if is_bearer else header.strip()
    position = switches["authorization"]
    found = next((one for one in companies if token in one.tokens), None)
    if (position == "bearer_only" and not is_bearer) or (position == "bare_only" and is_bearer):
        found = None
    if found is not None:
        count_call(found, switches)
    if found is None or found.tokens[token] <= found.clock.now().timestamp():
        raise errors.ApiError(401, "unauthorized", "The token is invalid, verify the Authorization header")
    refuse_blocked(found, switches)
    if switches["partner_id_check"]:
        _check_partner(request.headers.get("partner-id"))
    return found


def idempotency_key(request: Request) -> str | None:
    """The header of that name, checked."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise errors.ApiError(
            400, "invalid_idempotency_key", "The header Idempotency-Key is invalid", ["Idempotency-Key"]
        )
    return key


def refuse_blocked(company: Company, switches: Switches) -> None:
    """401 for a blocked user, 403 for a plan without the API."""
    if company.is_blocked or switches["blocked_user"]:
        raise errors.ApiError(401, "unauthorized", "The user is blocked, verify the Authorization header")
    if not company.has_api_plan or not switches["plan_has_api"]:
        raise errors.ApiError(403, "invalid_plan_type", "The plan of the company doesn't include the API")


def count_call(company: Company, switches: Switches) -> None:
    """Counts a call in the sliding minute; 429 over the limit. Refused calls don't count."""
    limit = switches["rate_limit_per_minute"]
    if not limit:
        return
    now = company.clock.now().timestamp()
    company.call_times = [at for at in company.call_times if now - _WINDOW_S < at <= now]
    if len(company.call_times) < limit:
        company.call_times.append(now)
        return
    wait = max(1, int(company.call_times[0] + _WINDOW_S - now + 0.999))
    error = errors.ApiError(429, "requests_limit", f"Rate limit is exceeded. Try again in {wait} seconds.")
    if switches["rate_limit_answer"] == "header":
        error.headers["Retry-After"] = str(wait)
    raise error


def judge(companies: Iterable[Company], request: Request, *, is_error: bool) -> None:
    """Blocks a user more than 80 % of whose calls of seven days were errors, from 20 calls on."""
    caller = _caller(companies, request)
    if caller is None:
        return
    now = caller.clock.now().timestamp()
    caller.outcomes.append((now, is_error))
    caller.outcomes = [outcome for outcome in caller.outcomes if outcome[0] > now - _WEEK_S]
    failed = sum(outcome[1] for outcome in caller.outcomes)
    if len(caller.outcomes) >= _FEWEST_JUDGED and failed > 0.8 * len(caller.outcomes):
        caller.is_blocked = True


def _caller(companies: Iterable[Company], request: Request) -> Company | None:
    header = request.headers.get("authorization", "")
    token = header[7:].strip() if header[:7].lower() == "bearer " else header.strip()
    if token:
        return next((one for one in companies if token in one.tokens), None)
    try:
        username = _credentials(request)["username"]
    except errors.ApiError:
        return None
    return next((one for one in companies if one.username == username), None)


def _credentials(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise errors.required("username")
    for name in ("username", "access_key"):
        if not body.get(name):
            raise errors.required(name)
    return body


def _fits(company: Company, body: dict[str, Any]) -> bool:
    return (company.username, company.access_key) == (body["username"], body["access_key"])


def _check_partner(value: str | None) -> None:
    if not value:
        raise errors.ApiError(400, "header_required", "The header Partner-Id is required", ["Partner-Id"])
    if not _PARTNER.fullmatch(value):
        raise errors.ApiError(400, "invalid_partner_id", "The header Partner-Id is invalid", ["Partner-Id"])


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
