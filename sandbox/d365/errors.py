"""How F&O says no: the bodies and wordings of its refusals.

Fact: a refusal is `{"error":{"code":"","message":"An error has occurred.","innererror":{message, type,
stacktrace}}}` (recorded answers); the words a person understands are in `innererror.message`. Wordings that
nobody recorded are our own and marked "own words"; a client must not depend on them.
"""

from typing import Any

from connector.domain import jsonio

WRITE = "Microsoft.Dynamics.Platform.Integration.Services.OData.AxODataWriteException"
SECURITY = "Microsoft.Dynamics.Platform.Integration.Services.OData.ODataSecurityException"
QUERY = "Microsoft.OData.ODataException"

GENERAL = "An error has occurred."
NOTHING_SELECTED = "No resources were found when selecting for update."
UPDATE_CONFLICT = (
    "Cannot edit a record in Ledger journal table (LedgerJournalTable). An update conflict occurred due to "
    "another user process deleting the record or changing one or more fields in the record."
)


class Refusal(Exception):
    """A request, or one operation of a batch, is refused. `status` is what a single request is answered."""

    def __init__(self, status: int, message: str, *, kind: str, headline: str = GENERAL) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.headline = headline

    def body(self, *, with_infolog: bool = True) -> str:
        """The JSON body. Fact: a plain PATCH that fails says only the headline; `$batch` tells the Infolog."""
        error: dict[str, Any] = {"code": "", "message": self.headline}
        if with_infolog:
            error["innererror"] = {
                "message": self.message,
                "type": self.kind,
                "stacktrace": "   at Microsoft.Dynamics.Platform.Integration.Services.OData.Update."
                "UpdateProcessor.CreateEntity_Save(ChangeOperationContext context, ChangeInfo changeInfo)",
            }
        return jsonio.dumps({"error": error})


def infolog(table: str, *messages: str) -> Refusal:
    """A failed write, 400, with the messages of the Infolog; each a warning unless it names its own level."""
    told = "; ".join(message if message.startswith("Info: ") else f"Warning: {message}" for message in messages)
    return Refusal(400, f"Write failed for table row of type '{table}'. Infolog: {told}.", kind=WRITE)


def field_refused(table: str, field: str, *messages: str) -> Refusal:
    """validateField failed on one property of the entity."""
    return infolog(table, *messages, f"validateField failed on field '{table}.{field}'")


def row_refused(table: str, source: str, *messages: str) -> Refusal:
    """validateWrite failed on a data source (the name of an F&O table)."""
    return infolog(table, *messages, f"validateWrite failed on data source '{source} ({source})'")


def not_found_in(label: str, value: str, table: str) -> str:
    return f"The value '{value}' in field '{label}' is not found in the related table '{table}'."


def must_be_filled(label: str) -> str:
    """Own words after the standard sentence of the product."""
    return f"Field '{label}' must be filled in."


def read_only(field: str, doing: str = "update") -> Refusal:
    """Fact: 403 with ODataSecurityException, the whole request refused (seen for update; insert likewise)."""
    return Refusal(403, f"{doing} not allowed for field '{field}'", kind=SECURITY)


def bad_query(message: str) -> Refusal:
    """The URL's path or query cannot be understood."""
    return Refusal(400, message, kind=QUERY, headline=f"The query specified in the URI is not valid. {message}")


def bad_body(message: str) -> Refusal:
    return Refusal(400, message, kind=QUERY)


def no_such_property(name: str, type_name: str) -> str:
    """Fact: these words (for a query; nobody recorded the answer to an unknown property in a body)."""
    return f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.DataEntities.{type_name}'."


def nothing_selected() -> Refusal:
    """Fact: PATCH or DELETE of a key that is not there, or of another company without cross-company=true."""
    return Refusal(400, NOTHING_SELECTED, kind=WRITE)


def changed_meanwhile() -> Refusal:
    """If-Match named another version of the row. Nobody recorded F&O's body: own words after a forum's."""
    return Refusal(412, "The record has been modified by another user.", kind="")


def absent() -> Refusal:
    """GET of a key that is not there: 404. Nobody recorded the body, so there is none."""
    return Refusal(404, "", kind=QUERY, headline="")
