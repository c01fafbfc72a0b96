"""What a person should know of a connection before it becomes a problem: sentences for `status` and the log."""

from connector.pipeline import tokens
from connector.store import announcements, changes, journals, nights, successions
from connector.store import tokens as lives
from connector.store.connections import Connection
from connector.store.engine import Tx

# Longer than a webhook takes, with the first repetitions of one that failed.
PATIENCE_SECONDS = 3600.0
# Posting journals is the ledger's own affair; after so long somebody may have forgotten one.
UNPOSTED_DAYS = 7


def of(tx: Tx, connection: Connection) -> list[str]:
    """All there is to say now, most urgent first; empty where all is well."""
    told = [sentence for life in lives.lives(tx, connection.id) if (sentence := tokens.sentence(life))]
    return [*told, *filter(None, _notices(tx, connection))]


def _notices(tx: Tx, connection: Connection) -> tuple[str, ...]:
    return (
        cut_over(tx, connection), webhooks(tx, connection), changed(tx, connection), unposted(tx, connection),
        reconciled(tx, connection),
    )  # fmt: skip


def cut_over(tx: Tx, connection: Connection) -> str:
    """Of two connections of which one follows the other; empty where there is nothing to wait for."""
    if follower := successions.followed_by(tx, connection.id):
        return f"It has ended: {follower} goes on in its place."
    follows = connection.settings["brex"].get("follows")
    if not follows or successions.predecessor(tx, follows, connection.name) is not None:
        return ""
    return f"It does nothing yet: it follows {follows}, and waits for `connector cut-over {follows} {connection.name}`."


def webhooks(tx: Tx, connection: Connection) -> str:
    """Empty where webhooks come, or never came."""
    gap = announcements.gap(tx, connection.id, PATIENCE_SECONDS)
    if gap is None:
        return ""
    number = f"{gap.records:,} record{'' if gap.records == 1 else 's'}"
    return (
        f"Webhooks may have stopped: the poll found {number} that none announced within an hour; the last one came "
        f"at {gap.announced_at:%Y-%m-%d %H:%M} {gap.announced_at:%Z}. Nothing is lost, only late: see with "
        f"`connector webhooks list {connection.name}` whether the endpoint is active and leads to this server's "
        f"/webhooks/brex/{connection.name}."
    )


def changed(tx: Tx, connection: Connection) -> str:
    number = changes.count(tx, connection.id)
    if number == 0:
        return ""
    return (
        f"{number:,} record{'' if number == 1 else 's'} changed in Brex after being written to the ledger; nothing is "
        f"posted again by itself: `connector records {connection.name} --changed`."
    )


def unposted(tx: Tx, connection: Connection) -> str:
    """Empty where every journal was posted within a week of its first entry."""
    waiting = journals.unposted_since(tx, connection.id, UNPOSTED_DAYS)
    if not waiting:
        return ""
    shown = ", ".join(waiting[:5]) + (f" and {len(waiting) - 5} more" if len(waiting) > 5 else "")
    return (
        f"{len(waiting)} journal{'' if len(waiting) == 1 else 's'} written more than {UNPOSTED_DAYS} days ago and not "
        f"posted in F&O yet: {shown}. Post or delete them there; nothing is lost meanwhile."
    )


def reconciled(tx: Tx, connection: Connection) -> str:
    """Empty where the last nightly reconciliation found nothing."""
    night = nights.last(tx, connection.id)
    if night is None or night.clean:
        return ""
    new, still = (int(night.since_before.get(name, 0)) for name in ("new", "still_open"))
    return (
        f"The nightly reconciliation of {night.first} to {night.last} does not agree: {night.found:,} "
        f"finding{'' if night.found == 1 else 's'}, {new:,} of them new, {still:,} known from the night before: "
        f"`connector reconcile {connection.name} --kept`."
    )
