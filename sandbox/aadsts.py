"""Entra ID's refusals, in Microsoft's words and body shape: number → HTTP status, error word, sentence."""

from typing import Any, Final
from uuid import uuid4

_NOT_INSTALLED = (
    "This can happen if the application has not been installed by the administrator of the tenant or "
    "consented to by any user in the tenant."
)
_NO_TENANT = (
    "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
    "the correct cloud. Check with your subscription administrator, this may happen if there are no active "
    "subscriptions for the tenant."
)
_NO_RESOURCE = (
    "The resource principal named {resource} was not found in the tenant named {tenant}. "
    f"{_NOT_INSTALLED} You might have sent your authentication request to the wrong tenant."
)
_NO_CLIENT = (
    f"Application with identifier '{{client}}' was not found in the directory '{{tenant}}'. {_NOT_INSTALLED} "
    "You may have sent your authentication request to the wrong tenant."
)
_BAD_SCOPE = (
    "The provided value for scope {scope} is not valid. Client credential flows must have a scope value "
    "with /.default suffixed to the resource identifier (application ID URI)."
)
_BAD_SECRET = (
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
    "value, not the client secret ID, for a secret added to app '{client}'."
)
_NO_SECRET = "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."
_EXPIRED_SECRET = (
    "The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new "
    "keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added "
    "security: https://aka.ms/certCreds."
)

TABLE: Final[dict[int, tuple[int, str, str]]] = {
    70003: (400, "unsupported_grant_type", "The app requested an unsupported grant type '{grant}'."),
    # At the token endpoint; the configuration endpoint gives the same number with the word invalid_tenant.
    90002: (400, "invalid_request", _NO_TENANT),
    500011: (400, "invalid_resource", _NO_RESOURCE),
    700016: (400, "unauthorized_client", _NO_CLIENT),
    900144: (400, "invalid_request", "The request body must contain the following parameter: '{name}'."),
    1002012: (400, "invalid_scope", _BAD_SCOPE),
    7000215: (401, "invalid_client", _BAD_SECRET),
    7000216: (401, "invalid_client", _NO_SECRET),
    7000222: (401, "invalid_client", _EXPIRED_SECRET),
}


class RefusalError(Exception):
    """An answer other than 200. `values` fill the sentence of the table."""

    def __init__(self, number: int, **values: str) -> None:
        self.number = number
        self.status, self.error, sentence = TABLE[number]
        self.sentence = sentence.format(**values)
        super().__init__(f"AADSTS{number}: {self.sentence}")

    def body(self, moment: str) -> dict[str, Any]:
        """`moment` as Microsoft writes it: 2026-06-11 09:09:05Z."""
        trace, correlation = str(uuid4()), str(uuid4())
        tail = f" Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}"
        return {
            "error": self.error,
            "error_description": f"AADSTS{self.number}: {self.sentence}{tail}",
            "error_codes": [self.number],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
