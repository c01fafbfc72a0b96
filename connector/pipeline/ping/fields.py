"""May the token read the fields that are pushed to Brex? Only where the connection opts in to pushing any."""

from collections.abc import Iterator
from typing import Any, Final

from connector.brex.errors import BrexError, Unauthorized
from connector.brex.fields import ERP, PATH, Fields, values_path
from connector.brex.v1 import V1
from connector.domain.connection import PushSettings
from connector.pipeline.ping.rung import NEW_FILE, Ladder, Rung
from connector.pipeline.push.wanted import ACCOUNT_FIELD

RUNG: Final = "fields"
SCOPES: Final = "fields.read, fields.write, field_values.read and field_values.write"


def look(v1: V1, ladder: Ladder, settings: dict[str, Any]) -> Iterator[Rung]:
    """Amber where something lacks: posting needs none of it. The scopes to write cannot be tried by reading."""
    push = PushSettings.model_validate(settings.get("push") or {})
    wanted = {name.casefold() for name in (*([ACCOUNT_FIELD] if push.accounts else []), *push.dimensions)}
    if not wanted:
        return
    tried, fields = f"GET {PATH}, and the values of one", Fields(v1)
    try:
        found = fields.fields()
        ours = [one for one in found if one.remote_id.casefold() in wanted and one.group == ERP]
        for one in ours[:1]:
            tried = f"GET {values_path(one.id)}"
            next(fields.values(one.id), None)
    except Unauthorized as error:
        fix = f"make a token that also has {SCOPES}; {NEW_FILE}"
        yield ladder.amber(RUNG, tried, f"what brex.push names cannot be pushed: {error}", fix)
        return
    except BrexError as error:
        yield ladder.amber(RUNG, tried, f"cannot be read: {error}", "try again; ask Brex if it stays")
        return
    names = ", ".join(sorted(one.remote_id for one in ours)) or "none of ours yet"
    yield ladder.green(RUNG, tried, f"{names}; fields.write and field_values.write show when pushing")
