"""The stand-in's Fields API: what its specification says, what the guide says, and what neither does."""

from typing import Any

import pytest

from sandbox.brex import create_app
from sandbox.world import World
from tests.sandbox.conftest import Caller
from tests.sandbox.openapi import SPECS, Spec

KEY = {"Idempotency-Key": "one"}
FIELD = {"name": "GL Account", "group": "ERP", "remote_id": "GL_ACCOUNT"}


@pytest.fixture
def integration(world: World) -> str:
    return str(world.brex.integrations.create({"vendor": "OURS", "vendor_account_id": "one"})["id"])


@pytest.fixture
def field(world: World) -> str:
    return world.brex.add_field("GL Account", remote_id="GL_ACCOUNT")


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": str(number)}


def test_a_field_of_an_erp_belongs_to_an_integration(call: Caller, integration: str) -> None:
    assert call("POST", "/v1/fields", FIELD, headers=key(1)).status_code == 400
    assert call("POST", "/v1/fields", FIELD | {"integration_id": "int_none"}, headers=key(2)).status_code == 400
    made = call("POST", "/v1/fields", FIELD | {"integration_id": integration}, headers=key(3)).json()
    assert (made["group"], made["remote_id"], made["is_disabled"]) == ("ERP", "GL_ACCOUNT", False)
    plain = {"name": "Team", "group": "USER", "integration_id": integration}
    assert call("POST", "/v1/fields", plain, headers=key(4)).status_code == 400


def test_a_second_request_with_the_same_key_does_nothing(call: Caller, field: str, world: World) -> None:
    wish = {"items": [{"value": "606100 Meals", "remote_id": "606100"}]}
    path = f"/v1/fields/{field}/values"
    first = call("POST", path, wish, headers=KEY).json()

    assert call("POST", path, wish, headers=KEY).json() == first
    assert call("POST", path, wish).status_code == 400
    assert len(world.brex.fields.all_values(field)) == 1


@pytest.mark.parametrize(
    "wish",
    [
        {"items": []},
        {"items": [{"value": "x"}] * 1001},
        {"items": [{"remote_id": "x"}]},
        {"items": [{"value": "Büro"}]},
        {"items": [{"value": "x", "remote_id": 1}]},
        {"items": [{"value": "x", "colour": "red"}]},
        {"items": [{"value": "x"}], "more": 1},
        [],
    ],
)
def test_values_that_the_specification_does_not_know_are_refused_whole(call: Caller, field: str, wish: Any) -> None:
    assert call("POST", f"/v1/fields/{field}/values", wish, headers=KEY).status_code == 400
    assert call("GET", f"/v1/fields/{field}/values").json()["items"] == []


def test_an_update_changes_what_is_there_and_nothing_else(call: Caller, field: str, world: World) -> None:
    value = world.brex.fields.add_value(field, "Old", "606100")["brex_id"]
    path = f"/v1/fields/{field}/values"
    put = {"items": [{"remote_id": "606100", "data": {"value": "New", "is_disabled": True}}]}
    assert call("PUT", path, put).json()["items"][0] | {"updated_at": ""} == {
        "brex_id": value, "field_id": field, "value": "New", "remote_id": "606100", "value_id": None,
        "is_disabled": True, "updated_at": "",
    }  # fmt: skip
    assert call("PUT", path, {"items": [{"brex_id": "efo_none", "data": {}}]}).status_code == 404
    both = {"items": [{"brex_id": value, "remote_id": "606100", "data": {}}]}
    assert call("PUT", path, both).status_code == 400


def test_pages_hold_a_thousand_at_most_and_show_each_value_once(call: Caller, field: str, world: World) -> None:
    for number in range(7):
        world.brex.fields.add_value(field, str(number), str(number))
    path, found, cursor = f"/v1/fields/{field}/values?limit=3", [], None
    while True:
        page = call("GET", path + (f"&cursor={cursor}" if cursor else "")).json()
        found += [one["value"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == [str(number) for number in range(7)]
    assert call("GET", f"/v1/fields/{field}/values?limit=1001").status_code == 400


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("fields.read", "POST", "/v1/fields"),
        ("fields.write", "GET", "/v1/fields/{}/values"),
        ("field_values.read", "POST", "/v1/fields/{}/values"),
        ("field_values.write", "DELETE", "/v1/fields/{}/values"),
        ("field_values.write", "GET", "/v1/fields"),
    ],
)
def test_each_call_needs_its_own_scope(
    call: Caller, world: World, field: str, scope: str, method: str, path: str
) -> None:
    token = world.brex.new_token(scope)

    assert call(method, path.format(field), {}, token=token, headers=KEY).status_code == 403


@pytest.mark.skipif(not SPECS.exists(), reason="Brex's OpenAPI files are not beside this repository")
def test_answers_conform_and_every_published_path_is_served(call: Caller, world: World, integration: str) -> None:
    spec = Spec("fields")

    def conforms(schema: str, body: Any) -> Any:
        assert spec.mistakes({"$ref": f"#/components/schemas/{schema}"}, body) == []
        return body

    wish = FIELD | {"integration_id": integration}
    field = conforms("Field", call("POST", "/v1/fields", conforms("FieldCreateBody", wish), headers=key(1)).json())
    path = f"/v1/fields/{field['brex_id']}"
    conforms("Page_Field_", call("GET", "/v1/fields?limit=5").json())
    conforms("Field", call("GET", path).json())
    conforms("Field", call("PUT", path, conforms("FieldUpdateBody", {"is_disabled": True})).json())
    values = {"items": [{"value": "606100 Meals", "remote_id": "606100", "value_id": "606100", "is_disabled": False}]}
    conforms("CreateFieldValueListBody", values)
    made = conforms("CreateFieldValueListResponse", call("POST", f"{path}/values", values, headers=key(2)).json())
    brex_id = made["items"][0]["brex_id"]
    change = conforms("UpdateFieldValueListBody", {"items": [{"brex_id": brex_id, "data": {"is_disabled": True}}]})
    conforms("UpdateFieldValueListResponse", call("PUT", f"{path}/values", change).json())
    conforms("Page_FieldValue_", call("GET", f"{path}/values?remote_id[]=606100").json())
    conforms("FieldValue", call("GET", f"{path}/values/{brex_id}").json())
    gone = {"items": [{"brex_id": brex_id}]}
    conforms("DeletedFieldValueListResponse", call("DELETE", f"{path}/values", gone).json())
    assert call("DELETE", path).status_code == 200

    rules = create_app(world.brex).url_map.iter_rules()
    paths = [(rule.rule.replace("<field_id>", "{}"), rule.methods or ()) for rule in rules]
    served = {(method.lower(), path) for path, methods in paths for method in methods}
    for published, methods in spec.paths.items():
        flat = published.replace("{field_id}", "{}").replace("{id}", "{}").replace("{brex_id}", "<brex_id>")
        assert {(method, flat) for method in methods} <= served
