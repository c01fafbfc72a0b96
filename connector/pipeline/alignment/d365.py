"""Creating a vendor in F&O, which numbers it itself and knows no idempotency key: ours carries a mark in its notes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from connector.d365 import odata
from connector.d365.errors import NoAnswer
from connector.domain import jsonio
from connector.domain.connection import NewVendors
from connector.pipeline import sets
from connector.pipeline.alignment.judging import Made, Standing
from connector.pipeline.runtime import Runtime
from connector.store.connections import Connection
from connector.store.vendor_writes import VendorWrite

SET: Final = "VendorsV2"
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

    def look(self, write: VendorWrite) -> Standing:
        where = (
            f"{odata.equals('dataAreaId', write.legal_entity)} and {odata.equals('VendorOrganizationName', write.name)}"
        )
        with self.calling():
            rows = list(self._client.rows(SET, filter=where, select=_COLUMNS))
        ours = tuple(_made(row) for row in rows if write.reference in str(row.get("Notes")))
        others = tuple(_made(row) for row in rows if write.reference not in str(row.get("Notes")))
        return Standing(ours, others)

    @contextmanager
    def calling(self) -> Iterator[None]:
        with self._runtime.calling(self._connection, "d365"):
            yield

    def send(self, write: VendorWrite) -> Made:
        row = self._client.create(SET, write.body.encode(), seconds=SECONDS)
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
