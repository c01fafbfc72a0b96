"""Creating a vendor in F&O, which numbers it itself and knows no idempotency key: ours carries a mark in its notes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from connector.d365 import odata
from connector.d365.errors import D365Error, NoAnswer, Refused, Unauthorized
from connector.domain import jsonio
from connector.domain.connection import NewVendors
from connector.pipeline import served, sets
from connector.pipeline.alignment.judging import Made, Standing
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.vendor_writes import VendorWrite

SET: Final = "VendorsV2"  # as its rows are kept; see `served`
LONGEST_NAME: Final = 100
SECONDS: Final = 60.0
_COLUMNS: Final = (*sets.SETS[SET].all, "Notes")


class D365Side:
    """Facts: company, name and group are enough, the account number comes with the answer (recorded); Notes is a
    column of the set (metadata). Notes is free text without an end, which F&O does not filter by: vendors of the name
    are asked for, and the mark is looked for in theirs.
    """

    name = "F&O"
    idempotent = False

    def __init__(self, runtime: Runtime, connection: Connection) -> None:
        self._runtime, self._connection = runtime, connection
        self._client = runtime.clients(connection).d365
        self._set = SET

    def look(self, write: VendorWrite) -> Standing:
        where = (
            f"{odata.equals('dataAreaId', write.legal_entity)} and {odata.equals('VendorOrganizationName', write.name)}"
        )
        with self.calling():
            rows = self._rows(where)
        ours = tuple(_made(row) for row in rows if write.reference in str(row.get("Notes")))
        others = tuple(_made(row) for row in rows if write.reference not in str(row.get("Notes")))
        return Standing(ours, others)

    def there(self, write: VendorWrite) -> bool:
        """The account that it was given, whatever it is called by now."""
        company, account = odata.equals("dataAreaId", write.legal_entity), write.account
        with self.calling():
            return bool(self._rows(f"{company} and {odata.equals('VendorAccountNumber', account)}"))

    def _rows(self, where: str) -> list[dict[str, Any]]:
        """From the set that F&O serves and shows us, which is then the one to create in."""
        for self._set in served.names(SET)[:-1]:
            try:
                return list(self._client.rows(self._set, filter=where, select=_COLUMNS))
            except D365Error as error:
                if not served.not_here(error):
                    raise
        self._set = served.names(SET)[-1]
        return list(self._client.rows(self._set, filter=where, select=_COLUMNS))

    @contextmanager
    def calling(self) -> Iterator[None]:
        with self._runtime.calling(self._connection, "d365"):
            yield

    def send(self, write: VendorWrite) -> Made:
        try:
            row = self._client.create(self._set, write.body.encode(), seconds=SECONDS)
        except (Refused, Unauthorized) as error:
            if error.status != 403:
                raise
            # Turned away for want of this one right: no reason to pause a connection that posts without it.
            told = f"{error}; the role of the connector's user lacks Create on the data entity {self._set}"
            raise Refused(told, status=error.status, activity_id=error.activity_id) from error
        account, area = row.get("VendorAccountNumber"), row.get("dataAreaId")
        if not isinstance(account, str) or not account or str(area).casefold() != write.legal_entity:
            raise NoAnswer("F&O's answer to the new vendor does not show its company and account number")
        return _made(row)


def _made(row: dict[str, Any]) -> Made:
    return Made(str(row.get("VendorAccountNumber")), str(row.get("VendorOrganizationName")), row)


def body_of(legal_entity: str, name: str, email: str, reference: str, settings: NewVendors) -> str:
    """What is sent. Terms and currency that are not set are F&O's to fill in."""
    row = {
        "dataAreaId": legal_entity,
        "VendorOrganizationName": name,
        "VendorGroupId": settings.group,
        "DefaultPaymentTermsName": settings.terms,
        "CurrencyCode": settings.currency,
        "PrimaryEmailAddress": email,
        "Notes": f"Created from Brex ({reference})",
    }
    return jsonio.dumps({key: value for key, value in row.items() if value})
