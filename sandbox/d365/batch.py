"""$batch: changesets one after the other, each atomic; then bare operations, each for itself."""

import time
from uuid import uuid4

from sandbox.d365 import multipart
from sandbox.d365.environment import Environment, Journal
from sandbox.d365.errors import Refusal, bad_body
from sandbox.d365.multipart import Changeset, Part
from sandbox.d365.operations import MINIMAL, Answer, Operation, journal_of, operation, perform

LIMIT = 5000  # Fact: operations per batch (Microsoft, service-protection-api-limits.md)


def run(environment: Environment, body: bytes, content_type: str, prefer: str, service: str) -> Answer:
    """Answer a whole batch: 200 whatever its parts are, 400 where it cannot be read at all (nothing done).

    Fact: a failed changeset collapses into one part with its first Content-ID; a live connector finds that F&O
    may stop after it, whatever was preferred.
    """
    items = multipart.read(body, multipart.boundary_of(content_type))
    if sum(len(item.parts) if isinstance(item, Changeset) else 1 for item in items) > LIMIT:
        raise bad_body(f"The batch request exceeds the maximum of {LIMIT} operations.")
    who = object()
    keep_going = environment.switches.continue_on_error and "odata.continue-on-error" in prefer.lower()
    parts: list[bytes] = []
    with environment.working_on(_journals(environment, items, service, who), who):
        for index, item in enumerate(items):
            if isinstance(item, Part):
                parts.append(multipart.application_http(_bare(environment, item, service, who), item.content_id))
                continue
            if environment.before_changeset:
                environment.before_changeset(index)
            answers, done = _changeset(environment, item, service, who)
            parts.append(multipart.nested(answers, f"changesetresponse_{uuid4()}"))
            if not done and not keep_going:
                break
    boundary = f"batchresponse_{uuid4()}"
    headers = {"Content-Type": f"multipart/mixed; boundary={boundary}"}
    return Answer(200, multipart.mixed(parts, boundary).decode(), headers)


def _changeset(environment: Environment, item: Changeset, service: str, who: object) -> tuple[list[bytes], bool]:
    """The changeset's parts, and whether it was written."""
    if environment.switches.line_seconds:
        time.sleep(float(environment.switches.line_seconds) * len(item.parts))
    answers = []
    try:
        with environment.tables.transaction():
            for part in item.parts:
                answer = perform(environment, _asked(part, service, who))
                content = multipart.http(answer.status, answer.headers, answer.body)
                answers.append(multipart.application_http(content, part.content_id))
    except Refusal as refusal:
        status = environment.switches.changeset_status if refusal.status == 400 else refusal.status
        content = _refused(refusal, status)
        ids = {"first": item.parts[0].content_id, "one": "1", "none": ""}
        return [multipart.application_http(content, ids[environment.switches.refusal_id])], False
    return answers, True


def _bare(environment: Environment, part: Part, service: str, who: object) -> bytes:
    try:
        answer = perform(environment, _asked(part, service, who))
    except Refusal as refusal:
        return _refused(refusal, refusal.status)
    return multipart.http(answer.status, answer.headers, answer.body)


def _refused(refusal: Refusal, status: int) -> bytes:
    return multipart.http(status, {"Content-Type": f"{MINIMAL}; charset=utf-8"}, refusal.body())


def _asked(part: Part, service: str, who: object) -> Operation:
    return operation(part.method, part.url, part.body, service, who, part.if_match)


def _journals(environment: Environment, items: list[Changeset | Part], service: str, who: object) -> set[Journal]:
    """The journals that the batch inserts lines into or deletes them from."""
    found = set()
    for item in items:
        for part in item.parts if isinstance(item, Changeset) else (item,):
            try:
                journal = journal_of(environment, _asked(part, service, who))
            except Refusal:
                continue
            if journal:
                found.add(journal)
    return found
