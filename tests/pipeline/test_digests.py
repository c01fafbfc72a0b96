"""The nightly digests of the audit trail, and everything a superuser could do to a history: each is found out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from connector.pipeline import trail
from connector.pipeline.runtime import Runtime
from connector.pipeline.trail import Report
from connector.store.connections import Connection
from connector.store.digests import HASH
from connector.store.moves import EVENT_HASH
from sandbox.world import World
from tests.conftest import store_connection
from tests.pipeline.helpers import announce, change, record, run_until_quiet, scalar, spend_and_announce

Story = list[str]


def grow_old(runtime: Runtime, days: int = 1) -> None:
    """As if all events, digests alike, were so many days older: chained anew, which only a test may do."""
    with_triggers_off(runtime, f"UPDATE events SET at = at - interval '{days} days'")
    with_triggers_off(runtime, *RECHAIN)


def with_triggers_off(runtime: Runtime, *statements: str, **params: Any) -> None:
    """What a superuser can do."""
    change(runtime.database, "ALTER TABLE events DISABLE TRIGGER USER")
    change(runtime.database, "ALTER TABLE audit_digests DISABLE TRIGGER USER")
    for statement in statements:
        change(runtime.database, statement, **params)
    change(runtime.database, "ALTER TABLE events ENABLE TRIGGER USER")
    change(runtime.database, "ALTER TABLE audit_digests ENABLE TRIGGER USER")


_NAMES = ("seq", "at", "actor", "from_stage", "to_stage", "why", "data")
_FITTING = EVENT_HASH.format(prev="c.hash", record_pk="e.record_pk", **{name: f"e.{name}" for name in _NAMES})
_FIRST = EVENT_HASH.format(prev="CAST('' AS bytea)", record_pk="e.record_pk", **{name: f"e.{name}" for name in _NAMES})
# Every chain computed again from whatever its events say, and the records made to name its end.
RECHAIN = (
    f"""
    WITH RECURSIVE c AS (
        SELECT e.id, e.record_pk, e.seq, CAST('' AS bytea) AS prev, {_FIRST} AS hash FROM events e WHERE e.seq = 1
        UNION ALL SELECT e.id, e.record_pk, e.seq, c.hash, {_FITTING} FROM events e
        JOIN c ON c.record_pk = e.record_pk AND e.seq = c.seq + 1
    )
    UPDATE events e SET prev_hash = c.prev, hash = c.hash FROM c WHERE c.id = e.id
    """,
    (
        "UPDATE records r SET event_seq = e.seq, event_hash = e.hash FROM events e WHERE e.record_pk = r.id "
        "AND e.seq = (SELECT max(seq) FROM events l WHERE l.record_pk = r.id)"
    ),
)


def verified(runtime: Runtime, connection: Connection) -> Report:
    return trail.verify(runtime, connection)


def broken(runtime: Runtime, connection: Connection) -> list[tuple[str, int, str]]:
    return [(one.record_id, one.seq, one.sentence) for one in verified(runtime, connection).breaks]


@pytest.fixture
def story(runtime: Runtime, connection: Connection, world: World) -> Story:
    """Two records, done with yesterday."""
    ids = spend_and_announce(runtime, connection, world, 1, 2)
    run_until_quiet(runtime, connection)
    grow_old(runtime, 2)
    assert broken(runtime, connection) == []
    return ids


def test_a_digest_covers_everything_up_to_midnight_once(runtime: Runtime, connection: Connection, story: Story) -> None:
    with capture_logs() as logs:
        assert (trail.digest(runtime), trail.digest(runtime)) == (1, 0)
    ((digest, until),) = verified(runtime, connection).days.items()
    (told,) = [one for one in logs if one["event"] == "audit digest"]
    assert (told["digest"], told["connection"], told["records"], told["events"]) == (digest, "acme", 2, 12)
    assert scalar(runtime.database, "SELECT CAST(:until AS timestamptz) <= now() - interval '1 hour'", until=until)
    announce(runtime, connection, ["accr_new"])
    assert trail.digest(runtime) == 0  # today's events are for the digest of tomorrow
    assert broken(runtime, connection) == []


@pytest.fixture
def digested(runtime: Runtime, connection: Connection, story: Story) -> Story:
    assert trail.digest(runtime) == 1
    return story


def test_each_digest_follows_from_the_one_before_it(runtime: Runtime, connection: Connection, story: Story) -> None:
    """The first one was made a day ago, before the newer of two records was heard of."""
    first = "(SELECT min(record_pk) FROM events)"
    with_triggers_off(runtime, f"UPDATE events SET at = at - interval '3 days' WHERE record_pk = {first}", *RECHAIN)
    with_triggers_off(runtime, f"UPDATE events SET at = at + interval '9 days' WHERE record_pk <> {first}", *RECHAIN)
    trail.digest(runtime)
    with_triggers_off(runtime, f"UPDATE events SET at = at - interval '9 days' WHERE record_pk <> {first}", *RECHAIN)
    with_triggers_off(runtime, "UPDATE audit_digests SET until = (SELECT max(at) FROM events WHERE record_pk = "
                               f"{first}) + interval '1 second'")  # fmt: skip
    with_triggers_off(runtime, sound_again("audit_digests"))
    assert trail.digest(runtime) == 1
    report = verified(runtime, connection)
    assert (report.breaks, len(report.days)) == ([], 2)
    counts = scalar(runtime.database, "SELECT array_agg(records ORDER BY until) FROM audit_digests")
    assert counts == [1, 1]


def sound_again(table: str) -> str:
    """Each digest's own hash made to fit its row, in a table of one."""
    fitting = HASH.format(
        prev="prev_hash", connection="connection_id", since="since", until="until", records="records",
        events="events", heads="heads",
    )  # fmt: skip
    return f"UPDATE {table} SET hash = {fitting}"


def test_connections_are_digested_each_for_itself(
    runtime: Runtime, connection: Connection, world: World, story: Story
) -> None:
    other = store_connection(runtime, world, "other")
    announce(runtime, other, ["accr_other"])
    grow_old(runtime)
    assert trail.digest(runtime) == 2
    first, second = verified(runtime, connection), verified(runtime, other)
    assert (first.breaks, second.breaks, len(first.days), len(second.days)) == ([], [], 1, 1)
    assert first.days.keys() != second.days.keys()
    assert trail.known([first, second], next(iter(second.days)))[0] == "other"  # type: ignore[index]
    assert trail.known([first, second], "0" * 64) is None


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_digests SET heads = ''", "DELETE FROM audit_digests", "TRUNCATE audit_digests"]
)
def test_digests_are_never_changed_or_taken_out(runtime: Runtime, digested: Story, statement: str) -> None:
    with pytest.raises(DBAPIError, match="digests are append-only"):
        change(runtime.database, statement)


# What a superuser does to the history of the first record (:id), and what is said of it: event and sentence.
OF = "record_pk = (SELECT id FROM records WHERE record_id = :id)"
COPY = "record_pk, seq, at, actor, from_stage, to_stage, why, data, prev_hash, hash"
TAMPERING: dict[str, tuple[str, int, str]] = {
    "changed": (
        f"UPDATE events SET why = 'all is well' WHERE seq = 3 AND {OF}",
        3, "it does not say what it said when it was written",
    ),
    "who did it changed": (
        f"UPDATE events SET actor = 'person:eve' WHERE seq = 5 AND {OF}",
        5, "it does not say what it said when it was written",
    ),
    "the last taken out": (
        f"DELETE FROM events WHERE seq = 6 AND {OF}",
        0, "its last event is not the one that the record names",
    ),
    "one in the middle taken out": (
        f"DELETE FROM events WHERE seq = 4 AND {OF}",
        5, "an event before it is missing",
    ),
    "all taken out": (
        f"DELETE FROM events WHERE {OF}",
        0, "its last event is not the one that the record names",
    ),
    "one put in at the end": (
        (f"INSERT INTO events ({COPY}) SELECT record_pk, 7, at, actor, to_stage, to_stage, why, data, hash, hash "
        f"FROM events WHERE seq = 6 AND {OF}"),
        7, "it does not say what it said when it was written",
    ),
    "one put in the middle": (
        (f"UPDATE events SET seq = 7 WHERE seq = 6 AND {OF}; "
        f"INSERT INTO events ({COPY}) SELECT record_pk, 6, at, actor, to_stage, to_stage, why, data, hash, hash "
        f"FROM events WHERE seq = 5 AND {OF}"),
        6, "it does not say what it said when it was written",
    ),
    "the record moved without an event": (
        "UPDATE records SET stage = 'skipped' WHERE record_id = :id",
        0, "the record stands elsewhere than its last event says",
    ),
    "what was to be sent changed": (
        f"UPDATE writes SET intent_hash = repeat('0', 64) WHERE kind = 'entry' AND {OF}",
        4, "is not what the event says was to be sent",
    ),
    "a write added": (
        ("INSERT INTO writes (connection_id, record_pk, epoch, kind, reference, outcome, intent, intent_hash) SELECT "
        f"connection_id, record_pk, 7, kind, 'BX', 'refused', '[]', 'x' FROM writes WHERE kind = 'entry' AND {OF}"),
        0, "no event tells of the write BX",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "seq", "sentence"), TAMPERING.values(), ids=TAMPERING.keys())
def test_a_history_that_was_tampered_with_names_record_and_event(
    runtime: Runtime, connection: Connection, story: Story, statement: str, seq: int, sentence: str
) -> None:
    with_triggers_off(runtime, *statement.split("; "), id=story[0])
    ((record_id, found, told),) = broken(runtime, connection)
    assert (record_id, found) == (story[0], seq)
    assert sentence in told


REWRITING: dict[str, tuple[str, ...]] = {
    "another word": (f"UPDATE events SET why = 'all is well' WHERE seq = 3 AND {OF}",),
    "one event less": (
        f"DELETE FROM events WHERE seq = 3 AND {OF}",
        (
            f"UPDATE events SET seq = seq - 1, from_stage = CASE seq WHEN 4 THEN 'fetched' ELSE from_stage END "
            f"WHERE seq > 3 AND {OF}"
        ),
    ),
    "a whole history away": (
        f"DELETE FROM writes WHERE {OF}",
        f"DELETE FROM events WHERE {OF}",
        "DELETE FROM records WHERE record_id = :id",
    ),
}


@pytest.mark.parametrize("statements", REWRITING.values(), ids=REWRITING.keys())
def test_a_history_chained_anew_is_found_by_the_digest_of_its_day(
    runtime: Runtime, connection: Connection, digested: Story, statements: tuple[str, ...]
) -> None:
    digest, until = next(iter(verified(runtime, connection).days.items()))
    with_triggers_off(runtime, *statements, *RECHAIN, id=digested[0])
    ((record_id, seq, told),) = broken(runtime, connection)
    assert (record_id, seq) == ("", 0)
    assert told.startswith(f"digest of all before {until:%Y-%m-%d}: the histories are not those it was made of")
    assert digested[1] in told
    assert digest in verified(runtime, connection).days


def test_a_digest_that_was_changed_is_found(runtime: Runtime, connection: Connection, digested: Story) -> None:
    with_triggers_off(runtime, "UPDATE audit_digests SET events = events + 1")
    sentences = [told for *_, told in broken(runtime, connection)]
    assert len(sentences) == 2
    assert sentences[0].endswith("it is not the digest of its own row")


def test_digests_made_anew_after_a_rewriting_are_not_those_that_were_kept_elsewhere(
    runtime: Runtime, connection: Connection, digested: Story
) -> None:
    """The most that can be done to a database; it is why each digest goes to the log."""
    (kept,) = verified(runtime, connection).days
    with_triggers_off(runtime, REWRITING["another word"][0], *RECHAIN, "DELETE FROM audit_digests", id=digested[0])
    assert trail.digest(runtime) == 1
    report = verified(runtime, connection)
    assert (report.breaks, trail.known([report], kept)) == ([], None)


def test_it_tells_the_story_with_its_hashes(runtime: Runtime, connection: Connection, story: Story) -> None:
    shown = record(runtime, connection, story[0])
    assert [len(one["hash"]) for one in shown["events"]] == [64] * 6


def test_verifying_a_hundred_thousand_events_takes_a_statement_for_each_part(
    runtime: Runtime, connection: Connection, statements: Callable[[], int]
) -> None:
    fill(runtime, connection, 20_000)
    assert trail.digest(runtime) == 1
    before = statements()
    report = verified(runtime, connection)
    assert (report.records, report.events, report.breaks) == (20_000, 100_000, [])
    assert statements() - before <= 2 * (20_000 // 2000 + 1) + 1


@pytest.fixture
def statements(runtime: Runtime) -> Callable[[], int]:
    seen: list[str] = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return lambda: len(seen)


def fill(runtime: Runtime, connection: Connection, records: int) -> None:
    """So many records of five events each, yesterday, soundly chained."""
    change(
        runtime.database,
        "INSERT INTO records (connection_id, record_id, stage) SELECT :id, 'accr_' || n, 'acknowledged' "
        "FROM generate_series(1, :records) n",
        id=connection.id, records=records,
    )  # fmt: skip
    for seq in range(1, 6):
        to, stood = ("acknowledged" if seq == 5 else f"s{seq}"), ("" if seq == 1 else f"s{seq - 1}")
        hashed = EVENT_HASH.format(
            prev="r.event_hash", record_pk="r.id", seq="CAST(:seq AS integer)", at="CAST(:at AS timestamptz)",
            actor="'test'", from_stage="CAST(:stood AS text)", to_stage="CAST(:to AS text)", why="'why'",
            data="CAST('{}' AS jsonb)",
        )  # fmt: skip
        at = scalar(runtime.database, "SELECT now()") - timedelta(days=2)
        change(
            runtime.database,
            "INSERT INTO events (record_pk, seq, at, actor, from_stage, to_stage, why, prev_hash, hash) "
            f"SELECT r.id, :seq, :at, 'test', :stood, :to, 'why', r.event_hash, {hashed} FROM records r",
            seq=seq, at=at, stood=stood, to=to,
        )  # fmt: skip
        change(
            runtime.database,
            "UPDATE records r SET event_seq = e.seq, event_hash = e.hash FROM events e "
            "WHERE e.record_pk = r.id AND e.seq = :seq",
            seq=seq,
        )
