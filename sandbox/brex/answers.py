"""How Brex says no. The Accounting API (v3) has one shape of error body, all its other APIs another."""

from typing import Any

from connector.domain import jsonio

Json = dict[str, Any]

MALFORMED = "The request is malformed or contains invalid data."


class RefusalError(Exception):
    """An answer other than 200. `body` None: an empty one."""

    def __init__(self, status: int, body: Json | None, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = "" if body is None else jsonio.dumps(body)
        self.headers = headers or {}


def accounting(status: int, error_code: str, message: str, details: Json | None = None) -> RefusalError:
    """Fact: AccountingErrorResponse has error_code, message and, where there is something to say, details."""
    body: Json = {"error_code": error_code, "message": message}
    if details is not None:
        body["details"] = details
    return RefusalError(status, body)


def invalid(reason: str) -> RefusalError:
    """A v3 request that is not as the specification says."""
    return accounting(400, "INVALID_REQUEST", MALFORMED, {"reason": reason})


def classic(status: int, kind: str, message: str, code: str | None = None) -> RefusalError:
    """Fact: every API but Accounting answers {"type", "message", "code"?}."""
    body: Json = {"type": kind, "message": message}
    if code is not None:
        body["code"] = code
    return RefusalError(status, body)


def bad_request(message: str) -> RefusalError:
    return classic(400, "BAD_REQUEST", message)


def require_object(data: Any, required: set[str], optional: set[str], where: str) -> Json:
    """The object, or a v3 400 that names what is missing, unknown or not an object."""
    if not isinstance(data, dict):
        raise invalid(f"{where} must be an object")
    if missing := required - data.keys():
        raise invalid(f"{where} lacks {', '.join(sorted(missing))}")
    if unknown := data.keys() - required - optional:
        raise invalid(f"{where} has unknown properties: {', '.join(sorted(unknown))}")
    return data


def require_text(value: Any, where: str) -> str:
    """Fact: a POST with free text refuses what is not ASCII (Brex's list of error codes)."""
    if not isinstance(value, str) or not value:
        raise invalid(f"{where} must be a text")
    if not value.isascii():
        raise invalid(f"{where} is invalid: can only accept ASCII characters")
    return value
