"""docs/problems.md, out of the one table of problems: `python -m connector.domain.guide > docs/problems.md`."""

import re
import sys
import textwrap

from connector.domain.causes import CAUSES
from connector.domain.problems import PROBLEMS, Kind

PAGE = "docs/problems.md"
_HEAD = """# Problems

Why a record is held, with the way out of each. A record has all its problems at once; `connector record NAME RECORD_ID`
shows them, `connector records NAME --problem CODE` all records that have one. Once the cause is mended, records held
for something in mappings, settings or F&O's master data (`connector refresh NAME`) go on by themselves, others with
`connector retry`.

What is found before anything is sent comes in two tiers. **Tier 1** is certain and waits until it is mended. **Tier 2**
is our own reading of F&O's rules: a person who knows better sends it with `connector retry NAME RECORD_ID --anyway
--reason TEXT`. **Tier 3** is F&O's own answer: where its words are known they get the same code as the check that would
have found it before, and are shown as they came. What F&O does not let us read is not checked: it will judge by itself.

Generated from the table of problems; ‹names› stand for what the record has there.
"""


def anchor(code: str) -> str:
    """Where the page tells of a code."""
    return f"{PAGE}#{code.lower()}"


def tier(code: str, kind: Kind) -> str:
    """Who finds it, in words."""
    if code.startswith("D365-"):
        return "tier 3, in F&O's answer"
    if code.startswith(("LEDGER-", "POST-", "REVERSAL-")):
        return "while writing to F&O, or looking there"
    if code.startswith("ACK-"):
        return "while reporting to Brex"
    return "tier 2, before sending" if kind.anyway else "tier 1, before sending"


def page() -> str:
    return "\n".join([_HEAD, *(_section(code, kind) for code, kind in PROBLEMS.items())])


def _section(code: str, kind: Kind) -> str:
    anyway = "yes" if kind.anyway else "no"
    lines = [
        f"## {code}",
        "",
        textwrap.fill(_shown(kind.sentence), 120, break_long_words=False, break_on_hyphens=False),
        "",
        _item(f"**Why:** {CAUSES.get(code, 'the sentence says it.')}"),
        _item(f"**What to do:** {_shown(kind.fix)}"),
        _item(f"**Found:** {tier(code, kind)}. **`retry --anyway`:** {anyway}."),
        "",
    ]
    return "\n".join(lines)


def _item(text: str) -> str:
    return textwrap.fill(f"- {text}", 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _shown(template: str) -> str:
    """Placeholders in guillemets, which mean nothing in Markdown."""
    return re.sub(r"[{<](\w+)[}>]", r"‹\1›", template)


if __name__ == "__main__":
    sys.stdout.write(page())
