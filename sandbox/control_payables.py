"""The part of the control panel that is about receipts, and about what accounts payable does with pending invoices."""

from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, request

from connector.domain import jsonio
from sandbox import payables
from sandbox.clock import stamp

if TYPE_CHECKING:
    from sandbox.world import World

# By their names in `sandbox.d365.payables.Payables`.
ACTIONS: Final = frozenset({"post", "delete", "delete_line", "change", "add_line", "submit"})


def routes(app: Flask, world: "World") -> None:
    @app.post("/records/<record_id>/receipts")
    def add_receipt(record_id: str) -> Response:
        """{"kind": "pdf"}: a person adds a receipt to a record."""
        return _json({"receipt_id": world.brex.add_receipt(record_id, **_body())})

    @app.post("/records/appear")
    def appear() -> Response:
        """{"record_ids": [...]}: bills that are there from now on; nobody exports them."""
        for record_id in _body()["record_ids"]:
            kept = world.store.get(payables.APPEARS, record_id)
            if kept is not None and world.brex.records.get(record_id) is None:
                world.brex.add_record(kept | {"updated_at": stamp(world.clock())}, ready=False)
        return _json({})

    @app.get("/ledger/invoices")
    def invoices() -> Response:
        """The pending vendor invoices."""
        return _json({"invoices": world.d365.payables.invoices()})

    @app.get("/ledger/invoices/posted")
    def posted() -> Response:
        """What has been posted on vendors' accounts."""
        return _json({"transactions": world.d365.payables.transactions()})

    @app.get("/ledger/invoices/books")
    def books() -> Response:
        """Pending ones with their lines, posted ones, and every attachment that was ever made."""
        return _json(world.d365.payables.books())

    @app.post("/ledger/invoices/<action>")
    def do_to_invoice(action: str) -> Response:
        """One of `ACTIONS` with its arguments by name."""
        if action not in ACTIONS:
            raise KeyError(action)
        return _json({"result": getattr(world.d365.payables, action)(**_body())})


def _body() -> dict[str, Any]:
    body = jsonio.loads(request.get_data() or b"{}")
    if not isinstance(body, dict):
        raise TypeError("the body must be an object")
    return body


def _json(body: Any) -> Response:
    return Response(jsonio.dumps(body), content_type="application/json")
