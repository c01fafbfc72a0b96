"""The entity sets served are F&O's own, name by name and type by type."""

from typing import Any

import pytest

from sandbox.d365.schema import ENUMS, SETS, EntitySet
from tests.sandbox import metadata as published


@pytest.fixture(scope="module")
def metadata() -> Any:
    if not published.METADATA.exists():
        pytest.skip("F&O's metadata is not at hand")
    return published.metadata()


@pytest.mark.parametrize("entity", SETS.values(), ids=SETS.keys())
def test_a_set_has_the_keys_and_properties_of_the_metadata(entity: EntitySet, metadata: Any) -> None:
    told = metadata["entities"][entity.name]
    assert list(entity.keys) == told["keys"]
    assert {prop.name: prop.type for prop in entity.properties.values()} == {
        prop["name"]: prop["type"] for prop in told["properties"]
    }


def test_the_enums_have_the_members_of_the_metadata(metadata: Any) -> None:
    assert {name: metadata["enums"][name] for name in ENUMS} == ENUMS


def test_every_key_is_a_property_and_every_enum_is_known() -> None:
    for entity in SETS.values():
        assert set(entity.keys) <= set(entity.properties)
        assert {prop.type for prop in entity.properties.values() if prop.is_enum} <= set(ENUMS)
