"""A small JSON API by which the demo and tests over sockets do what people do in Brex and F&O."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from connector.domain import jsonio
from sandbox import bills, control_payables, payables, settled
from sandbox.cases import EXPECTED
from sandbox.d365 import CannotPost
from sandbox.d365.errors import Refusal
from sandbox.population import populate

if TYPE_CHECKING:
    from sandbox.world import World

MAPPINGS = Path(__file__).parent / "fixtures" / "mappings.csv"
# What may be done to the ledger from here, by its name in `sandbox.d365.Ledger`.
ACTIONS = frozenset(
    {
        *("post_journal", "move_lines", "split_voucher", "lock_journal", "unlock_journal", "submit_workflow"),
        *("delete_journal", "delete_lines", "add_line", "change_line", "journal_name", "change", "add", "remove"),
        *("new_journal", "repeat_next_write"),
    }
)


def create_app(world: "World") -> Flask:
    app = Flask("sandbox.control")

    @app.errorhandler(ValueError)
    @app.errorhandler(KeyError)
    @app.errorhandler(TypeError)
    @app.errorhandler(CannotPost)
    @app.errorhandler(Refusal)
    def mistaken(error: Exception) -> Response:
        return _json({"error": f"{type(error).__name__}: {error}"}, 400)

    _setting_up(app, world)
    _brex(app, world)
    _ledger(app, world)
    _faults(app, world)
    control_payables.routes(app, world)
    return app


def _setting_up(app: Flask, world: "World") -> None:
    @app.get("/connection")
    def connection() -> Response:
        """?name=&source=: a connection file for this sandbox. ?forms=all: as `sandbox.payables` wants it."""
        name, source = request.args.get("name", "demo"), request.args.get("source", "accounting")
        data = settled.connection(world, name) if source == "transactions" else world.connection(name)
        return _json(payables.connection(data) if request.args.get("forms") == "all" else data)

    @app.get("/mappings.csv")
    def mappings() -> Response:
        """?source="""
        text = MAPPINGS.read_text(encoding="utf-8")
        more = settled.MAPPINGS if request.args.get("source") == "transactions" else ""
        return Response(text + more, content_type="text/csv; charset=utf-8")

    @app.post("/seed")
    def seed() -> Response:
        """{"records": 240, "seed": 1, "all_types": false}: a population, in review. A second call adds nothing.

        {"source": "transactions"}: card transactions and expenses instead of accounting records. {"all_forms": true}:
        what `sandbox.payables` has, too; its bills are there once they are asked to appear.
        """
        wish = _body()
        with world.store.transaction():
            if not world.store.all(EXPECTED) and wish.get("source") == "transactions":
                count, seed = int(wish.get("records", 240)), int(wish.get("seed", 1))
                for one in settled.populate(world.brex, count, world.clock(), seed):
                    world.store.put(EXPECTED, one["record_id"], one)
            if not world.store.all(EXPECTED):
                every, forms = bool(wish.get("all_types")), bool(wish.get("all_forms"))
                count, seed = int(wish.get("records", 240)), int(wish.get("seed", 1))
                made = populate(count, world.clock(), seed, all_types=every, all_forms=forms)
                for number, case in enumerate(made):
                    _files(case.record, number)
                    if forms and not case.told:
                        world.store.put(payables.APPEARS, case.record["id"], case.record)
                    else:
                        world.brex.add_record(case.record, ready=False)
                    world.store.put(EXPECTED, case.record["id"], case.expectation())
                if every:
                    bills.key_by_hand(world.d365, f"{world.clock():%Y-%m-%d}")
        return _json({"expected": world.store.all(EXPECTED)})

    def _files(record: dict[str, Any], number: int) -> None:
        """Its receipts can be downloaded; every other one is a picture."""
        for place, receipt in enumerate(record.get("receipts") or (), start=number):
            world.brex.receipts.add("png" if place % 2 else "pdf", receipt["id"])

    @app.get("/expected")
    def expected() -> Response:
        """Per record: record_id, type, end (written or held), problem, found_by (webhook or poll)."""
        return _json({"expected": world.store.all(EXPECTED)})

    @app.get("/status")
    def status() -> Response:
        """Requests per system, records per review status."""
        return _json(
            {
                "requests": dict(world.requests),
                "records": dict(Counter(world.brex.statuses().values())),
                "reported": len(world.brex.reported()),
                "pending_faults": len(world.faults.pending()),
            }
        )


def _brex(app: Flask, world: "World") -> None:
    brex = world.brex

    @app.get("/records")
    def records() -> Response:
        """Record id → review_status."""
        return _json(brex.statuses())

    @app.get("/records/whole")
    def whole_records() -> Response:
        """Every record as Brex keeps it."""
        return _json({"records": brex.records.all()})

    @app.post("/records")
    def add_records() -> Response:
        """{"records": [...], "ready": true}"""
        wish = _body()
        with world.store.transaction():
            ids = [brex.add_record(record, ready=wish.get("ready", True)) for record in wish["records"]]
        return _json({"record_ids": ids})

    @app.patch("/records/<record_id>")
    def edit_record(record_id: str) -> Response:
        brex.edit(record_id, **_body())
        return _json({"record_ids": [record_id]})

    @app.delete("/records/<record_id>")
    def remove_record(record_id: str) -> Response:
        brex.remove(record_id)
        return _json({"record_ids": [record_id]})

    @app.post("/export")
    def export() -> Response:
        """{"record_ids": [...], "url": null}: press Export; with a url, send the webhook there too."""
        wish = _body()
        brex.export(wish["record_ids"])
        return _json({"delivery": _deliver(wish) if wish.get("url") else None})

    @app.post("/pull-back")
    def pull_back() -> Response:
        """{"record_ids": [...]}"""
        for record_id in _body()["record_ids"]:
            brex.pull_back(record_id)
        return _json({})

    @app.post("/deliver")
    def deliver() -> Response:
        """{"record_ids": [...], "url": ..., "webhook_id": null, "schedule": [0, 5]}: one message."""
        return _json({"delivery": _deliver(_body())})

    def _deliver(wish: dict[str, Any]) -> dict[str, Any]:
        options = {name: wish[name] for name in ("webhook_id", "schedule") if wish.get(name) is not None}
        sent = brex.deliver(wish.get("url"), wish["record_ids"], **options)
        return {"webhook_id": sent.webhook_id, "statuses": list(sent.statuses), "accepted": sent.accepted}

    @app.post("/secrets/rotate")
    def rotate() -> Response:
        return _json({"secret": brex.rotate_secret()})

    @app.post("/secrets/finish")
    def finish() -> Response:
        brex.finish_rotation()
        return _json({"secret": brex.webhook_secret()})

    @app.get("/reported")
    def reported() -> Response:
        """What export-results was told, oldest first."""
        return _json({"reported": brex.reported()})

    @app.post("/options")
    def options() -> Response:
        """{"name": value}: switches of the Brex stand-in."""
        brex.options.set(**_body())
        return _json(asdict(brex.options))

    @app.post("/token")
    def token() -> Response:
        """{"status": "REVOKED"|"EXPIRED"|"ACTIVE"}: what becomes of the demo's Brex token."""
        brex.tokens.end(brex.token, _body()["status"])
        return _json({})


def _ledger(app: Flask, world: "World") -> None:
    @app.get("/ledger/headers")
    def headers() -> Response:
        return _json({"headers": world.d365.headers()})

    @app.get("/ledger/lines")
    def lines() -> Response:
        return _json({"lines": world.d365.lines()})

    @app.get("/ledger/documents")
    def documents() -> Response:
        """How many different Documents stand in the ledger: cheap enough to be asked all the time."""
        return _json({"documents": world.d365.documents()})

    @app.post("/ledger/switches")
    def switches() -> Response:
        """{"name": value}: what differs between environments."""
        world.d365.set(**_body())
        return _json(asdict(world.d365.switches))

    @app.post("/ledger/<action>")
    def act(action: str) -> Response:
        """One of `ACTIONS` with its arguments by name: what people and jobs do inside F&O."""
        if action not in ACTIONS:
            raise KeyError(action)
        return _json({"result": getattr(world.d365, action)(**_body())})

    @app.post("/ledger/tokens/end")
    def end_tokens() -> Response:
        """Every token that Entra ID issued stops working at once."""
        world.entra.revoke_all()
        return _json({})


def _faults(app: Flask, world: "World") -> None:
    @app.get("/faults")
    def pending() -> Response:
        return _json({"faults": [asdict(rule) for rule in world.faults.pending()]})

    @app.post("/faults")
    def add_fault() -> Response:
        """{"system", "match", "kind", "times", ...}: as `Faults.add`."""
        return _json({"number": world.faults.add(**_body())})

    @app.delete("/faults")
    def clear() -> Response:
        world.faults.clear()
        return _json({})

    @app.post("/faults/release")
    def release() -> Response:
        """Effects that were postponed happen now."""
        return _json({"released": world.faults.release()})


def _body() -> dict[str, Any]:
    body = jsonio.loads(request.get_data() or b"{}")
    if not isinstance(body, dict):
        raise TypeError("the body must be an object")
    return body


def _json(body: Any, status: int = 200) -> Response:
    return Response(jsonio.dumps(body), status, content_type="application/json")
