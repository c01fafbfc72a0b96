"""How an expense is coded, in the shape in which an accounting record's lines are: its custom fields, and what it says
of itself besides. Pure.

Fact: a custom field has a key and a value; the value is a single one or a list, of one of eight types, and of an option
the id and the text (Brex expenses spec). What it is may change from one day to the next.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

Json = dict[str, Any]
CATEGORY: Final = "Category"
LEGAL_ENTITY: Final = "Legal entity"
_LONGEST: Final = 60
# Fact: the remote id under which accounting records show Brex's account field; mappings may use either name.
_REMOTE_IDS: Final = {"gl account": "GL_ACCOUNT"}


def coded_fields(expense: Mapping[str, Any], whole: Mapping[str, Any]) -> list[Json]:
    """As entries of `accounting_field_values`. `whole` has what a part of a split leaves out."""
    fields: dict[str, Json] = {}
    for owner in (expense, whole):
        items = owner.get("custom_fields")
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and isinstance(item.get("key"), str):
                found = _field(item["key"], item.get("value"))
                if found["field_value_name"] or found["brex_field_value_id"]:
                    fields.setdefault(item["key"].strip().casefold(), found)
    category = expense.get("category") or whole.get("category")
    if isinstance(category, str) and category:
        fields.setdefault(CATEGORY.casefold(), _entry(CATEGORY, "", category))
    entity = expense.get("spending_entity") or whole.get("spending_entity")
    entity_id = expense.get("spending_entity_id") or whole.get("spending_entity_id")
    name = entity.get("display_name") if isinstance(entity, dict) else None
    if isinstance(entity_id, str) or name:
        fields.setdefault(LEGAL_ENTITY.casefold(), _entry(LEGAL_ENTITY, entity_id or "", str(name or entity_id)))
    return list(fields.values())


def filled(fields: Sequence[Json], name: str) -> str:
    """What is wrong with this field of a line, in words; empty where it has one value."""
    found = next((one for one in fields if one["field_name"].strip().casefold() == name.strip().casefold()), None)
    if found is None:
        return "is not filled in"
    return f"is not a single value ({found['field_value_name']})" if found.get("unusable") else ""


def _field(key: str, value: Any) -> Json:
    """What is no single value is shown as what it is: mapped to nothing, it holds the record in plain words."""
    if not isinstance(value, dict):
        return _entry(key, "", "")
    data = value.get("data")
    several = data if isinstance(data, list) else [data]
    texts = [text for one in several if (text := _text(one))]
    if len(texts) == 1 and not _is_money(several):
        option = next((one for one in several if isinstance(one, dict)), {})
        return _entry(key, str(option.get("option_id") or ""), texts[0])
    if not texts:
        return _entry(key, "", "")
    what = "an amount" if _is_money(several) else f"{len(texts)} values"
    shown = f"{what}: {', '.join(texts)}"
    return _entry(key, "", shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…") | {"unusable": True}


def _text(data: Any) -> str:
    if isinstance(data, dict):
        if "amount" in data:
            return f"{data['amount']} {data.get('currency') or 'USD'}"
        return str(data.get("option_label") or data.get("option_id") or "").strip()
    if isinstance(data, bool):
        return "true" if data else "false"
    return str(data).strip() if isinstance(data, str | int | Decimal) else ""


def _is_money(several: Sequence[Any]) -> bool:
    return any(isinstance(one, dict) and "amount" in one for one in several)


def _entry(field: str, value_id: str, value: str) -> Json:
    return {
        "brex_field_id": field,
        "remote_field_id": _REMOTE_IDS.get(field.strip().casefold()),
        "field_name": field,
        "brex_field_value_id": value_id or value,
        "remote_field_value_id": None,
        "field_value_name": value,
    }
