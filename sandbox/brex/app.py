"""Brex's HTTP side. One app for api.brex.com, the same with `legacy` for platform.brexapis.com.

Facts: paths, answers and scopes from Brex's own OpenAPI files (accounting, team, webhooks).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import uuid4

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from connector.domain import jsonio
from sandbox.brex import query, spending
from sandbox.brex.answers import Json, RefusalError, accounting, bad_request, classic, invalid
from sandbox.brex.customer import Brex

_RECORD_READ = ("accounting.record.read", "accounting.record.write")
_RECORD_WRITE = ("accounting.record.write",)
_INTEGRATION = ("accounting.integration.write",)
_WEBHOOKS = ("openid", "offline_access")

View = Callable[..., Any]


def create_app(brex: Brex, *, legacy: bool = False) -> Flask:
    app = Flask("sandbox.brex")
    # Fact: X-Brex-Trace-Id; answers of older hosts carried X-Datadog-Trace-Id.
    trace_header = "X-Datadog-Trace-Id" if legacy else "X-Brex-Trace-Id"

    def v3() -> bool:
        return request.path.startswith("/v3/")

    def guarded(*any_of: str) -> Callable[[View], View]:
        """Check the token, run the view in one transaction, answer JSON."""

        def decorate(view: View) -> View:
            @wraps(view)
            def run(**values: str) -> Response:
                if legacy and v3() and not brex.options.legacy_serves_v3:
                    raise RefusalError(401, None)
                with brex.store.transaction():
                    try:
                        if v3() and brex.options.v3_refusal:
                            raise _not_admitted(brex.options.v3_refusal)
                        header = request.headers.get("Authorization", "")
                        brex.tokens.authorise(header, any_of, brex.clock(), v3=v3())
                        return _json(view(**values))
                    except RefusalError as refusal:
                        # No rollback: a partly applied export report is refused and yet has an effect.
                        return refused(refusal)

            return run

        return decorate

    @app.after_request
    def traced(response: Response) -> Response:
        response.headers[trace_header] = uuid4().hex
        return response

    @app.errorhandler(RefusalError)
    def refused(refusal: RefusalError) -> Response:
        kind = "application/json" if refusal.body else "text/plain"
        return Response(refusal.body, refusal.status, refusal.headers, content_type=kind)

    @app.errorhandler(HTTPException)
    def unknown(error: HTTPException) -> Response:
        name = "NOT_FOUND" if error.code == 404 else "INVALID_REQUEST"
        make = accounting if v3() else classic
        return refused(make(error.code or 500, name, error.name))

    _accounting(app, brex, guarded)
    _team(app, brex, guarded)
    _webhooks(app, brex, guarded)
    _fields(app, brex, guarded)
    _card(app, brex, guarded)
    spending.routes(app, brex, guarded)
    _payments(app, brex, guarded)
    return app


def _accounting(app: Flask, brex: Brex, guarded: Callable[..., Callable[[View], View]]) -> None:
    @app.get("/v3/accounting/records")
    @guarded(*_RECORD_READ)
    def list_records() -> Json:
        return brex.records.query(query.read(request.args))

    @app.get("/v3/accounting/records/<record_id>")
    @guarded(*_RECORD_READ)
    def one_record(record_id: str) -> Json:
        _only("single_entry")
        return brex.records.one(record_id, query.read_single_entry(request.args))

    @app.post("/v3/accounting/records/export-results")
    @guarded(*_RECORD_WRITE)
    def export_results() -> Json:
        _only()
        return brex.exports.report(_body())

    @app.post("/v3/accounting/integration")
    @guarded(*_INTEGRATION)
    def create_integration() -> Json:
        _only()
        return brex.integrations.create(_body())

    @app.post("/v3/accounting/integration/<integration_id>/disconnect")
    @guarded(*_INTEGRATION)
    def disconnect(integration_id: str) -> Json:
        return brex.integrations.disconnect(integration_id)

    @app.post("/v3/accounting/integration/<integration_id>/reactivate")
    @guarded(*_INTEGRATION)
    def reactivate(integration_id: str) -> Json:
        return brex.integrations.reactivate(integration_id)


def _team(app: Flask, brex: Brex, guarded: Callable[..., Callable[[View], View]]) -> None:
    @app.get("/v2/company")
    @guarded("companies.readonly")
    def company() -> Json:
        _only()
        address = {"line1": "1 Sandbox Way", "city": "San Francisco", "state": "CA", "country": "US"}
        return {
            "id": brex.company_id,
            "legal_name": "Contoso Entertainment System USA",
            "mailing_address": address | {"postal_code": "94105"},
            "accountType": "BREX_EMPOWER",
        }


def _card(app: Flask, brex: Brex, guarded: Callable[..., Callable[[View], View]]) -> None:
    @app.get("/v2/accounts/card/primary/statements")
    @guarded("statements.card.readonly")
    def statements() -> Json:
        return brex.card.statements(request.args)

    @app.get("/v2/transactions/card/primary")
    @guarded("transactions.card.readonly")
    def transactions() -> Json:
        return brex.card.transactions(request.args)


def _webhooks(app: Flask, brex: Brex, guarded: Callable[..., Callable[[View], View]]) -> None:
    hooks = brex.subscriptions

    @app.get("/v1/webhooks")
    @guarded(*_WEBHOOKS)
    def list_webhooks() -> Json:
        _only("cursor", "limit")
        return {"next_cursor": None, "items": hooks.all()}

    @app.post("/v1/webhooks")
    @guarded(*_WEBHOOKS)
    def create_webhook() -> Json:
        return hooks.create(_body(), request.headers.get("Idempotency-Key"))

    @app.get("/v1/webhooks/secrets")
    @guarded(*_WEBHOOKS)
    def secrets() -> list[Json]:
        return hooks.secrets()

    @app.get("/v1/webhooks/<webhook_id>")
    @guarded(*_WEBHOOKS)
    def one_webhook(webhook_id: str) -> Json:
        return hooks.one(webhook_id)

    @app.put("/v1/webhooks/<webhook_id>")
    @guarded(*_WEBHOOKS)
    def update_webhook(webhook_id: str) -> Json:
        return hooks.update(webhook_id, _body())

    @app.delete("/v1/webhooks/<webhook_id>")
    @guarded(*_WEBHOOKS)
    def delete_webhook(webhook_id: str) -> None:
        hooks.delete(webhook_id)


def _fields(app: Flask, brex: Brex, guarded: Callable[..., Callable[[View], View]]) -> None:
    fields = brex.fields

    @app.get("/v1/fields")
    @guarded("fields.read", "fields.write")
    def list_fields() -> Json:
        return fields.listed(request.args)

    @app.post("/v1/fields")
    @guarded("fields.write")
    def create_field() -> Json:
        return fields.create(_body(), request.headers.get("Idempotency-Key"))

    @app.get("/v1/fields/<field_id>")
    @guarded("fields.read", "fields.write")
    def one_field(field_id: str) -> Json:
        return fields.one(field_id)

    @app.put("/v1/fields/<field_id>")
    @guarded("fields.write")
    def update_field(field_id: str) -> Json:
        return fields.update(field_id, _body())

    @app.delete("/v1/fields/<field_id>")
    @guarded("fields.write")
    def delete_field(field_id: str) -> Json:
        fields.delete(field_id)
        return {}

    @app.get("/v1/fields/<field_id>/values")
    @guarded("field_values.read", "field_values.write")
    def list_values(field_id: str) -> Json:
        return fields.values(field_id, request.args)

    @app.post("/v1/fields/<field_id>/values")
    @guarded("field_values.write")
    def create_values(field_id: str) -> Json:
        return fields.create_values(field_id, _body(), request.headers.get("Idempotency-Key"))

    @app.put("/v1/fields/<field_id>/values")
    @guarded("field_values.write")
    def update_values(field_id: str) -> Json:
        return fields.update_values(field_id, _body())

    @app.delete("/v1/fields/<field_id>/values")
    @guarded("fields.write")  # fact: declared so, not under field_values.write
    def delete_values(field_id: str) -> Json:
        return fields.delete_values(field_id, _body())

    @app.get("/v1/fields/<field_id>/values/<brex_id>")
    @guarded("field_values.read", "field_values.write")
    def one_value(field_id: str, brex_id: str) -> Json:
        return fields.value(field_id, brex_id)


def _payments(app: Flask, brex: Brex, guarded: Callable[..., Callable[[View], View]]) -> None:
    vendors, transfers = brex.vendors, brex.transfers

    @app.get("/v1/vendors")
    @guarded("vendors.readonly", "vendors")
    def list_vendors() -> Json:
        return vendors.listed(request.args)

    @app.post("/v1/vendors")
    @guarded("vendors")
    def create_vendor() -> Json:
        _only()
        return vendors.create(_body(), request.headers.get("Idempotency-Key"))

    @app.get("/v1/transfers")
    @guarded("transfers.readonly", "incoming_transfers")
    def list_transfers() -> Json:
        return transfers.listed(request.args)

    @app.post("/v1/transfers")
    @guarded("transfers")
    def create_transfer() -> Json:
        _only()
        return transfers.create(_body(), request.headers.get("Idempotency-Key"))

    @app.get("/v1/vendors/<vendor_id>")
    @guarded("vendors.readonly", "vendors")
    def one_vendor(vendor_id: str) -> Json:
        _only()
        return vendors.one(vendor_id)


def _not_admitted(status: int) -> RefusalError:
    """Own words, in the Accounting API's shape; a 401 without a body, as the older host gives one."""
    if status == 401:
        return RefusalError(401, None)
    return accounting(status, "FORBIDDEN" if status == 403 else "NOT_FOUND", "Not available for this account.")


def _only(*names: str) -> None:
    """Refuse query parameters the specification does not know."""
    if unknown := request.args.keys() - set(names):
        reason = f"unknown query parameter {', '.join(sorted(unknown))}"
        raise invalid(reason) if request.path.startswith("/v3/") else bad_request(reason)


def _body() -> Any:
    try:
        return jsonio.loads(request.get_data())
    except jsonio.NotJson as error:
        reason = "the body is not JSON"
        raise (invalid(reason) if request.path.startswith("/v3/") else bad_request(reason)) from error


def _json(body: Any) -> Response:
    text = "" if body is None else jsonio.dumps(body)
    return Response(text, 200, content_type="application/json")
