"""F&O's sentences about a refused entry, recognised one by one and told as the problems our own checks would tell.

Facts: the sentences are Microsoft's, from "Fix financial dimension-related errors" and "Troubleshoot posting errors";
those about currencies and accounts that a related table does not have were recorded. Pure.
"""

import re
from typing import Final

from connector.d365.infolog import problem_code
from connector.domain.problems import INFOLOG, Problem

_ACCOUNT: Final = "MainAccount"
_NAME: Final = r"(?P<dimension>.+?)"

# Sentence → code for a dimension, code for the main account. The first that matches counts.
_SENTENCES: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = tuple(
    (re.compile(rf"^{pattern}\.?$", re.IGNORECASE | re.DOTALL), of_value, of_account)
    for pattern, of_value, of_account in (
        (rf"You must select a value in the {_NAME} field in combination with .+", "MAP-VALUE-BLANK", "MAP-VALUE-BLANK"),
        (rf"Blank isn't allowed for {_NAME} for the combination", "MAP-VALUE-BLANK", "MAP-VALUE-BLANK"),
        (
            rf"The {_NAME} dimension with value (?P<value>.*) isn't allowed due to derived dimension rules.*",
            "MAP-DERIVED-CONFLICT", "MAP-DERIVED-CONFLICT",
        ),
        (
            rf"{_NAME} is not an allowed value in combination with the following dimensions values that are valid",
            "MAP-COMBINATION", "MAP-COMBINATION",
        ),
        (r"(?P<value>.+?) isn't a valid dimension value in account structure", "MAP-COMBINATION", "MAP-COMBINATION"),
        (rf"The value (?P<value>.+?) doesn't exist for {_NAME}", "MAP-VALUE-UNKNOWN", "MAP-ACCOUNT-UNKNOWN"),
        (rf"Unable to return DimensionAttributeValue record for {_NAME}", "MAP-VALUE-UNKNOWN", "MAP-ACCOUNT-UNKNOWN"),
        (rf"{_NAME} is suspended", "MAP-VALUE-SUSPENDED", "MAP-ACCOUNT-SUSPENDED"),
        (rf"{_NAME} isn't active", "MAP-VALUE-SUSPENDED", "MAP-ACCOUNT-SUSPENDED"),
        (
            r"Fiscal period for (?P<date>.+?) is not open", "MAP-PERIOD-CLOSED", "MAP-PERIOD-CLOSED",
        ),
        (
            r"The value '(?P<currency>.*?)' in field 'Currency' is not found in the related table .+",
            "MAP-CURRENCY-UNKNOWN", "MAP-CURRENCY-UNKNOWN",
        ),
    )
)  # fmt: skip
# They only say where the others were found.
_CONTEXT: Final = re.compile(
    r"^(Dimension values were validated with this advanced rule structure or account structure "
    r"|The combination wasn't validated beyond the )",
    re.IGNORECASE,
)


def problems(message: str) -> list[Problem]:
    """The problems that F&O's words (`infolog.tidy`) mean, never none; each keeps its sentences as they came.

    Where not a single sentence is recognised, it is one problem of the kind D365-…, with the whole message.
    """
    sentences = [part.strip() for part in message.split("; ") if part.strip()]
    told: dict[str, tuple[dict[str, str], list[str]]] = {}
    rest = []
    for sentence in sentences:
        found = _recognised(sentence)
        if found is not None:
            told.setdefault(found[0], (found[1], []))[1].append(sentence)
        elif not _CONTEXT.match(sentence):
            rest.append(sentence)
    if not told:
        return [Problem(problem_code(message), values={"message": message})]
    context = [sentence for sentence in sentences if _CONTEXT.match(sentence)]
    answer = [
        Problem(code, values={**values, INFOLOG: "; ".join([*words, *context])})
        for code, (values, words) in told.items()
    ]
    if rest:
        answer.append(Problem(problem_code("; ".join(rest)), values={"message": "; ".join(rest)}))
    return answer


def _recognised(sentence: str) -> tuple[str, dict[str, str]] | None:
    for pattern, of_value, of_account in _SENTENCES:
        match = pattern.match(sentence)
        if match is not None:
            values = {name: value.strip() for name, value in match.groupdict().items()}
            about_account = values.get("dimension", "").replace(" ", "").casefold() == _ACCOUNT.casefold()
            return (of_account if about_account else of_value), values
    return None
