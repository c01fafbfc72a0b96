"""What is wrong with a setting, in the words of whoever wrote the file. Never repeats the value: it may be a secret."""

import re
from typing import Any, Final

_KEY: Final = "[key]"  # pydantic's place for a name that is wrong, where any name may stand
_SENTENCES: Final = {
    "extra_forbidden": "is not a setting of a connection; check its spelling",
    "missing": "is required",
    "string_type": "must be text, in quotation marks",
    "list_type": "must be a list, in [ ]",
    "dict_type": "must be an object, in { }",
    "model_type": "must be an object, in { }",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "too_short": "is empty",
    "string_too_short": "is empty",
    "string_pattern_mismatch": "has a character that cannot stand there, or is too long",
}


def sentence(mistake: Any) -> str:
    """One of pydantic's errors (without its input) as `where: what is wrong`."""
    where, kind = [str(part) for part in mistake["loc"]], mistake["type"]
    if where[-1:] == [_KEY]:
        return f"{'.'.join(where[:-1])}: {_name(mistake)}"
    if kind in _SENTENCES:
        told = _SENTENCES[kind]
    elif kind.startswith("date"):
        told = "must be a day that there is, such as 2026-11-01"
    elif kind == "literal_error":
        told = f"must be {mistake['ctx']['expected']}"
    elif kind == "string_too_long":
        told = f"is longer than {mistake['ctx']['max_length']} characters"
    else:
        told = re.sub(r"^Value error, ", "", mistake["msg"])
    return f"{'.'.join(where) or 'the file'}: {told}"


def _name(mistake: Any) -> str:
    if mistake["type"] == "literal_error":
        return f"is no name known here; it can be {mistake['ctx']['expected']}"
    if mistake["type"] == "string_too_long":
        return f"is a name longer than {mistake['ctx']['max_length']} characters"
    if mistake["type"] == "value_error":
        return re.sub(r"^Value error, ", "", mistake["msg"])
    return "is no name that can stand here"
