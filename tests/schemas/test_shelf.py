from __future__ import annotations

from pathlib import Path

import pytest

from docvlm.errors import SchemaError
from docvlm.schemas import SchemaShelf, load_schema, schemas_by_key, template_names
from docvlm.schemas.sources import parse_field_list


def test_a_saved_schema_is_found_again_by_name_and_by_key(tmp_path: Path) -> None:
    shelf = SchemaShelf(tmp_path / "schemas")
    schema = parse_field_list("seller, total:amount", name="bills")
    shelf.save(schema)
    assert shelf.schemas()["bills"] == schema
    assert SchemaShelf(tmp_path / "schemas").find(schema.key) == schema
    assert shelf.find("0" * 16) is None


def test_templates_come_first_and_cannot_be_replaced_or_deleted(tmp_path: Path) -> None:
    shelf = SchemaShelf(tmp_path)
    with pytest.raises(SchemaError):
        shelf.save(load_schema("receipt"))
    assert not shelf.delete("receipt")
    assert tuple(shelf.schemas()) == template_names()


def test_a_damaged_file_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    shelf = SchemaShelf(tmp_path)
    shelf.save(parse_field_list("seller", name="bills"))
    assert "bills" in shelf.schemas() and "broken" not in shelf.schemas()
    assert shelf.delete("bills")
    assert "bills" not in shelf.schemas()
    assert not shelf.delete("../../etc/passwd")


def test_schemas_of_all_owners_are_found_by_key(tmp_path: Path) -> None:
    bills, forms = (parse_field_list("seller, total:amount", name=name) for name in ("bills", "forms"))
    SchemaShelf(tmp_path / "mine").save(bills)
    SchemaShelf(tmp_path / "yours").save(forms)
    known = schemas_by_key(tmp_path)
    assert known[bills.key] == bills and known[forms.key] == forms
    assert set(schemas_by_key(tmp_path / "nowhere")) == {load_schema(name).key for name in template_names()}
