"""The connection file: one Brex account joined to one F&O environment. Validated whole, all mistakes at once."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from connector.domain import sense, templates
from connector.domain.mistakes import sentence
from connector.domain.readiness import Readiness
from connector.domain.tax import Tax
from connector.domain.treatments import (
    AccountRole,
    Balancing,
    CardForBills,
    JournalName,
    JournalPeriod,
    RecordType,
    TreatmentSetting,
)

MASK = "********"
NAME = r"^[a-z0-9][a-z0-9_-]{0,39}$"


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


class PushSettings(_Strict):
    """What `connector fields push` brings to Brex: nothing, unless it is asked for."""

    accounts: bool = False
    dimensions: list[Annotated[str, Field(min_length=1)]] = []


class TransferSettings(_Strict):
    """Transfers to bill-pay vendors, off where this is left out. Limits in major units, by currency and UTC day."""

    account_id: str = Field(min_length=1)  # of the Brex business account that pays
    daily_limits: dict[
        Annotated[str, Field(pattern=r"^[A-Z]{3}$")], Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=4)]
    ] = Field(min_length=1)


class BrexSide(_Strict):
    token: Secret
    base_url: Https = "https://api.brex.com"
    v1_base_url: Https = "https://platform.brexapis.com"
    webhook_secret: SecretStr | None = None
    source: Literal["accounting", "transactions"] = "accounting"
    integration_id: str | None = None
    transactions: Readiness | None = None  # of source transactions: when one may be booked
    follows: Annotated[str, Field(pattern=NAME)] | None = None  # of source accounting: the one that booked before it
    push: PushSettings = PushSettings()
    transfers: TransferSettings | None = None
    transfers_token: SecretStr | None = None


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
    currency: Annotated[str, Field(pattern=r"^[A-Za-z]{3}$"), AfterValidator(str.upper)] | None = None  # its only one


class Entity(_Strict):
    """Overrides for one legal entity, and within it per currency."""

    time_zone: Annotated[str, AfterValidator(_zone)] | None = None
    journal_name: str | None = None
    journal_names: dict[RecordType, JournalName] = {}
    accounts: dict[AccountRole, RoleAccount] = {}
    currencies: dict[str, dict[AccountRole, RoleAccount]] = {}
    counterparts: dict[EntityId, dict[AccountRole, RoleAccount]] = {}  # due_from and due_to by the other company


class NewVendors(_Strict):
    """Vendors that one side lacks: created by themselves, by a person's word alone, and with what in F&O."""

    create: Literal["off", "f_and_o", "brex", "both"] = "off"
    group: Annotated[str, Field(min_length=1, max_length=10)] | None = None
    terms: Annotated[str, Field(min_length=1)] | None = None  # left out: the group's
    currency: Annotated[str, Field(pattern=r"^[A-Za-z]{3}$"), AfterValidator(str.upper)] | None = None


class Bills(_Strict):
    """How bills and their invoice numbers are taken. `number_length`: the characters F&O keeps of one."""

    number_missing: Literal["hold", "reference"] = "hold"
    number_length: Annotated[int, Field(ge=1, le=60)] = 20
    changed: Literal["update", "flag"] = "update"


class Receipts(_Strict):
    """Receipts of what is written as a pending vendor invoice: attached to it, up to a size."""

    attach: bool = True
    most_megabytes: Annotated[int, Field(ge=1, le=100)] = 20


class ReceiptLink(_Strict):
    """How the lines of a journal lead to the receipt in Brex. `link`: a template over the record's lasting ids."""

    into: Literal["text", "financial_tag"]
    link: str = Field(min_length=1)


class Posting(_Strict):
    start_date: date
    legal_entity: EntityId
    time_zone: Annotated[str, AfterValidator(_zone)]
    journal_name: str = Field(min_length=1, max_length=10)
    journal_period: JournalPeriod = "day"
    journal_description: str = "Brex {period}"
    balancing: Balancing = "offset"
    closed_period: Literal["hold", "first_open_day"] = "hold"
    acknowledge_when: Literal["written", "posted"] = "written"
    reimbursements: Literal["accrual", "cash"] = "accrual"
    bills_paid_by_card: CardForBills = "hold"
    intercompany: Literal["hold", "linked"] = "hold"
    amounts: Literal["amount", "billing_amount"] = "amount"
    tax: Tax | None = None
    midnight_is_date: bool = True
    text: str = "{merchant} {user} {memo}"
    approved_types: list[str] = []
    accounts: dict[AccountRole, RoleAccount] = {}
    defaults: dict[str, str] = {}  # MainAccount or a dimension → what coded lines get where nothing else answers
    entities: dict[EntityId, Entity] = {}
    treatments: dict[RecordType, TreatmentSetting] = {}
    vendors: NewVendors = NewVendors()
    bills: Bills = Bills()
    receipts: Receipts = Receipts()
    receipt_link: ReceiptLink | None = None


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
        file = ConnectionFile.model_validate(data)
    except ValidationError as error:
        raise BadConnectionFile([sentence(mistake) for mistake in error.errors(include_input=False)]) from None
    mistakes = [*sense.mistakes(file.posting), *_of_transfers(file.brex), *_of_links(file)]
    if mistakes:
        raise BadConnectionFile(mistakes)
    return file


def _of_transfers(brex: BrexSide) -> list[str]:
    """Money leaves with a token of its own, which posting has no use for."""
    token = brex.transfers_token.get_secret_value() if brex.transfers_token else ""
    if brex.transfers is not None and not token:
        return ["brex.transfers_token: is required for brex.transfers: a token of its own, with the scope transfers"]
    if token and token != MASK and token == brex.token.get_secret_value():
        return ["brex.transfers_token: must be another token than brex.token"]
    return []


def _of_links(file: ConnectionFile) -> list[str]:
    """Fact: only expenses carry a lasting link of their own, which accounting records do not show."""
    setting = file.posting.receipt_link
    if setting is None or file.brex.source == "transactions" or "link" not in templates.placeholders(setting.link):
        return []
    what = "{link} is there with brex.source transactions alone; write your dashboard's address around one of the ids"
    return [f"posting.receipt_link.link: {what}"]


def without_secrets(file: ConnectionFile) -> dict[str, Any]:
    """The part that is stored in the clear: everything but the secrets."""
    data: dict[str, Any] = file.model_dump(mode="json")
    for side, key in SECRETS:
        data[side].pop(key)
    return data


# Side and key of each secret in the file; stored encrypted, shown masked.
SECRETS = (
    ("brex", "token"), ("brex", "webhook_secret"), ("brex", "transfers_token"), ("d365", "client_secret"),
)  # fmt: skip
