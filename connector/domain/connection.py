"""The connection file: one Brex account joined to one F&O environment. Validated whole, all mistakes at once."""

import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

MASK = "********"
NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"

AccountRole = Literal["card_liability", "accounts_payable", "reimbursements_payable", "clearing", "cash", "rewards"]


def _https(value: str) -> str:
    url = urlsplit(value)
    if url.scheme != "https" or not url.hostname or url.username or url.query or url.fragment:
        raise ValueError("must be an https URL without user, query or fragment, such as https://host")
    return value.rstrip("/")


def _host(value: str) -> str:
    url = urlsplit(_https(value))
    if url.path:
        raise ValueError("must be the environment's host alone, such as https://contoso.operations.dynamics.com")
    # Microsoft: the token's audience is the environment URL in lower case without a trailing slash.
    return value.rstrip("/").lower()


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f'"{value}" is not a time zone name such as America/Los_Angeles') from error
    return value


Https = Annotated[str, AfterValidator(_https)]
Secret = Annotated[SecretStr, Field(min_length=1)]
EntityId = Annotated[str, Field(min_length=1, max_length=10), AfterValidator(str.lower)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class BrexSide(_Strict):
    token: Secret
    base_url: Https = "https://api.brex.com"
    v1_base_url: Https = "https://platform.brexapis.com"
    webhook_secret: SecretStr | None = None
    source: Literal["accounting", "transactions"] = "accounting"
    integration_id: str | None = None


class D365Side(_Strict):
    host: Annotated[str, AfterValidator(_host)]
    tenant_id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9.-]+$")
    client_id: str = Field(min_length=1)
    client_secret: Secret
    authority: Https = "https://login.microsoftonline.com"


class RoleAccount(_Strict):
    """An account role: for Ledger a main account with its own dimensions, for Bank and Vend the account number."""

    type: Literal["Ledger", "Bank", "Vend", "Cust"] = "Ledger"
    account: str | None = None
    dimensions: dict[str, str] = {}
    inherit: list[str] = []  # dimensions taken over from the coded lines where they all agree


class Entity(_Strict):
    """Overrides for one legal entity, and within it per currency."""

    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    journal_name: str | None = None
    accounts: dict[AccountRole, RoleAccount] = {}
    currencies: dict[str, dict[AccountRole, RoleAccount]] = {}


class Posting(_Strict):
    start_date: date
    legal_entity: EntityId
    time_zone: Annotated[str, AfterValidator(_zone)]
    journal_name: str = Field(min_length=1, max_length=10)
    journal_period: Literal["record", "day", "week", "month"] = "day"
    closed_period: Literal["hold", "first_open_day"] = "hold"
    acknowledge_when: Literal["written", "posted"] = "written"
    reimbursements: Literal["accrual", "cash"] = "accrual"
    midnight_is_date: bool = True
    text: str = "{merchant} {user} {memo}"
    approved_types: list[str] = []
    accounts: dict[AccountRole, RoleAccount] = {}
    entities: dict[EntityId, Entity] = {}


class ConnectionFile(_Strict):
    name: str = Field(pattern=NAME)
    brex: BrexSide
    d365: D365Side
    posting: Posting


class BadConnectionFile(ValueError):
    """The file is wrong; `mistakes` has one sentence each, all of them."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


def read(data: Any) -> ConnectionFile:
    """Validate parsed JSON. Raises `BadConnectionFile` naming every mistake; never repeats a secret."""
    try:
        return ConnectionFile.model_validate(data)
    except ValidationError as error:
        raise BadConnectionFile([_sentence(mistake) for mistake in error.errors(include_input=False)]) from None


def _sentence(mistake: Any) -> str:
    where = ".".join(str(part) for part in mistake["loc"]) or "the file"
    message = re.sub(r"^Value error, ", "", mistake["msg"])
    if mistake["type"] == "extra_forbidden":
        message = "is not a setting of a connection; check its spelling"
    elif mistake["type"] == "missing":
        message = "is required"
    return f"{where}: {message}"


def without_secrets(file: ConnectionFile) -> dict[str, Any]:
    """The part that is stored in the clear: everything but the three secrets."""
    data: dict[str, Any] = file.model_dump(mode="json")
    for side, key in SECRETS:
        data[side].pop(key)
    return data


# Side and key of each secret in the file; stored encrypted, shown masked.
SECRETS = (("brex", "token"), ("brex", "webhook_secret"), ("d365", "client_secret"))
