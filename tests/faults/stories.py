"""What is done so that a call is made, and in the middle of which the fault is set. One story for several calls."""

from collections.abc import Callable
from typing import Final

from connector.pipeline import recover, stages, tokens, webhooks
from sandbox.world import CLIENT_ID, CLIENT_SECRET
from tests.faults.bench import Bench
from tests.faults.calls import Call
from tests.faults.kinds import Kind
from tests.pipeline.helpers import HEADER, REPORT, SEND, change, let_pass, scalar

Spoil = Callable[[], None]
Story = Callable[[Bench, Spoil], None]
SIZES: Final = (1, 2)
# Fact: a bogus token is answered so by api.brex.com (seen live).
DEAD: Final = '{"type": "UNAUTHORIZED", "message": "PERMISSION_DENIED: Invalid or Revoked Token"}'
URL: Final = "https://hooks.example.test/webhooks/brex/acme"


def spend(bench: Bench, spoil: Spoil) -> None:
    """A webhook announces records, on the connection's first day."""
    bench.spend(*SIZES)
    spoil()
    bench.announce()
    bench.settle()


def refreshed(bench: Bench, spoil: Spoil) -> None:
    """The connection's first day, and the next one, on which master data are read again."""
    spend(bench, spoil)
    change(bench.database, "UPDATE connections SET next_refresh_at = now() WHERE id = :id", id=bench.connection.id)
    stages.refresh_if_due(bench.runtime, bench.connection.id)
    bench.settle()


def next_day(bench: Bench, spoil: Spoil) -> None:
    """The same later on, with tokens in hand and a journal open."""
    bench.spend(1)
    bench.announce()
    bench.settle()
    bench.spend(*SIZES)
    spoil()
    bench.announce()
    bench.settle()


def lost_report(bench: Bench, spoil: Spoil) -> None:
    """The answer to a report was lost: what Brex made of it is read."""
    _lost(bench, spoil, "brex", REPORT, "reset_after")


def lost_entries(bench: Bench, spoil: Spoil) -> None:
    """A batch was cut off before it arrived: the ledger is read, twice, and it is sent again."""
    _lost(bench, spoil, "d365", SEND, "reset_before")


def lost_journal(bench: Bench, spoil: Spoil) -> None:
    """The answer to a new journal was lost: it is looked for by its marker."""
    _lost(bench, spoil, "d365", HEADER, "reset_after")


def _lost(bench: Bench, spoil: Spoil, system: str, call: str, fault: str) -> None:
    bench.spend(*SIZES)
    bench.announce()
    bench.world.faults.add(system, call, fault)
    bench.chain()
    spoil()
    bench.settle()


def polled(bench: Bench, spoil: Spoil) -> None:
    """No webhook came: the hourly poll finds the records, a page for each. An earlier one was changed meanwhile."""
    bench.spend(1)
    bench.announce()
    bench.settle()
    bench.world.brex.options.set(most_per_page=1)
    bench.spend(*SIZES)
    bench.world.brex.edit(bench.ids[0], memo="another word", amount={"amount": 1, "currency": "USD"})
    spoil()
    bench.poll()
    bench.settle()
    bench.poll()
    bench.settle()
    changed = "SELECT count(*) FROM records WHERE connection_id = :id AND changed_in_brex IS NOT NULL"
    assert scalar(bench.database, changed, id=bench.connection.id) == 1


def brex_down(bench: Bench, spoil: Spoil) -> None:
    """The records cannot be read: is it Brex, or they? One other record is asked for."""
    bench.spend(*SIZES)
    bench.announce()
    bench.world.faults.add("brex", "GET &ids=", "status_before", code=503)
    spoil()
    bench.settle()


def watched(bench: Bench, spoil: Spoil) -> None:
    """The journal was posted: the hourly watch sees it."""
    bench.spend(*SIZES)
    bench.announce()
    bench.settle()
    bench.world.d365.post_journal("USMF-000001")
    spoil()
    bench.watch()
    status = "SELECT DISTINCT ledger_status FROM records WHERE connection_id = :id"
    assert scalar(bench.database, status, id=bench.connection.id) == "posted"


def heartbeat(bench: Bench, spoil: Spoil) -> None:
    """A paused connection: a call each week keeps Brex's token alive."""
    idle = "UPDATE credentials SET checked_at = CASE WHEN connection_id = :id THEN NULL ELSE now() END, used_at = NULL"
    spoil()
    for _ in range(8):
        change(bench.database, idle, id=bench.connection.id)
        tokens.run(bench.runtime)
        bench.resumed()
        let_pass(bench.database, 700)
    assert scalar(bench.database, "SELECT used_at IS NOT NULL FROM credentials WHERE connection_id = :id "
                  "AND kind = 'brex.token'", id=bench.connection.id)  # fmt: skip


def registered(bench: Bench, spoil: Spoil) -> None:
    """`connector webhooks register`: it looks, registers, and stores the secrets."""
    spoil()
    bench.command(lambda: webhooks.register(bench.runtime, bench.connection, URL))
    assert [one["url"] for one in bench.world.brex.subscriptions.all()] == [URL]


def moved(bench: Bench, spoil: Spoil) -> None:
    """`connector webhooks register --replace`: the endpoint there is takes our URL."""
    webhooks.register(bench.runtime, bench.connection, "https://hooks.example.test/old")
    spoil()
    bench.command(lambda: webhooks.register(bench.runtime, bench.connection, URL, replace=True))
    assert [one["url"] for one in bench.world.brex.subscriptions.all()] == [URL]


def recovered(bench: Bench, spoil: Spoil) -> None:
    """`connector recover`: the ledger and Brex are read before the connection goes on."""
    bench.spend(1)
    bench.announce()
    bench.settle()
    bench.spend(*SIZES)
    spoil()
    bench.command(lambda: recover.run(bench.runtime, bench.connection))
    bench.settle()


def spoil(bench: Bench, call: Call, kind: Kind, containing: str = "") -> None:
    """Set the fault of a cell, and how a person mends it. `containing`: only a request with this in its body."""
    world = bench.world
    bench.begun = len(world.traffic.latest)
    if kind.fault:
        world.faults.add(call.system, call.match, kind.fault, kind.times, containing=containing, **kind.options)
    elif kind.name == "token ended":
        world.entra.revoke_all()
    elif call.system == "entra":
        world.entra.expire_secret(CLIENT_ID)
        world.entra.revoke_all()
        bench.mend = lambda: world.entra.register(CLIENT_ID, CLIENT_SECRET)
    else:
        said = {"brex": (403, DEAD), "d365": (401, "")}[call.system]
        code, body = said
        world.faults.add(call.system, call.match, "status_before", None, containing=containing, code=code, body=body)
        bench.mend = world.faults.clear
    if kind.times and kind.fault == "status_before" and kind.options.get("code") == 401:
        bench.mend = lambda: None  # a token that Brex refuses once pauses; there is nothing to mend


STORIES: Final[dict[str, Story]] = {
    "records by id": spend,
    "a later page": polled,
    "one record: is Brex there?": brex_down,
    "the queue": polled,
    "exported records": recovered,
    "bills": polled,
    "changed records": polled,
    "export results": spend,
    "the company": heartbeat,
    "webhook secrets": registered,
    "webhook endpoints": registered,
    "a new webhook endpoint": registered,
    "a webhook endpoint changed": moved,
    "the tenant's endpoints": spend,
    "a token": spend,
    "entries": next_day,
    "a new journal": spend,
    "a journal by its marker": lost_journal,
    "a journal": lost_entries,
    "journals watched": watched,
    "the whole ledger's references": recovered,
    "lines by reference": lost_entries,
    "a journal's lines": lost_entries,
    "account formats": refreshed,
    "an entity set": spend,
}
