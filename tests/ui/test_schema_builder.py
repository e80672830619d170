from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from docvlm.errors import SchemaError
from docvlm.schemas import FieldSpec, FieldType, Schema, load_schema, template_names
from docvlm.ui.schema_builder import builder_html, schema_of_rows

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE = 60_000


def test_rows_become_fields_lists_and_choices() -> None:
    rows = [
        {"name": "seller", "type": "text", "hint": "who sells"},
        {"name": "status", "type": "enum", "hint": "open | paid"},
        {"name": "items", "type": "list", "hint": "description, price:amount"},
    ]
    schema = schema_of_rows("my bills", rows)
    assert schema.field("seller").hint == "who sells"
    assert schema.field("status").choices == ("open", "paid")
    assert [column.type for column in schema.field("items").columns] == [FieldType.TEXT, FieldType.AMOUNT]


@pytest.mark.parametrize(
    "rows",
    [[], None, [{"name": "x", "type": "evil"}], [{"name": "<b>", "type": "text"}], [{"name": "a"}] * 101],
)
def test_what_is_no_schema_is_refused_in_a_sentence(rows: object) -> None:
    with pytest.raises(SchemaError):
        schema_of_rows("mine", rows)


def test_checks_stay_as_long_as_their_fields_do() -> None:
    receipt = load_schema("receipt")
    kept = [
        {"name": "subtotal", "type": "amount"},
        {"name": "tax", "type": "amount"},
        {"name": "total", "type": "amount"},
    ]
    sums = [check for check in receipt.checks if check.parts == ("subtotal", "tax")]
    without_tip = [type(sums[0])(sums[0].kind, sums[0].parts, sums[0].results)]
    assert len(schema_of_rows("mine", kept, without_tip).checks) == 1
    assert schema_of_rows("mine", kept[:1], without_tip).checks == ()


def test_the_table_shows_every_field_once() -> None:
    text = builder_html(load_schema("receipt"), 'mine" onclick="x')
    assert text.count('data-of="name"') == len(load_schema("receipt").fields) + 1  # and the row to copy
    assert '" onclick="' not in text


class _Rows(HTMLParser):
    """The rows of the table as the browser sends them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[dict[str, str]] = []
        self._is_wanted, self._is_selected = True, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self._is_wanted = self._is_wanted and tag != "template"
        self._is_selected = tag == "option" and "selected" in values
        kind = values.get("data-of")
        if self._is_wanted and kind == "name":
            self.rows.append({"name": values["value"]})
        elif self._is_wanted and kind == "hint":
            self.rows[-1]["hint"] = values["value"]

    def handle_data(self, data: str) -> None:
        if self._is_wanted and self._is_selected:
            self.rows[-1]["type"] = data
            self._is_selected = False


def _rows(schema: Schema) -> list[dict[str, str]]:
    parser = _Rows()
    parser.feed(builder_html(schema, "mine"))
    return parser.rows


CLASS = FieldSpec("class", FieldType.ENUM, "tax class", ("reduced rate", "full"))
FULL = Schema(
    "full",
    "full",
    (
        FieldSpec("state", FieldType.ENUM, "stamped on it, in red", ("open", "paid")),
        FieldSpec(
            "items",
            hint="what was bought",
            columns=(
                FieldSpec("what", hint="as printed (not the code), one line"),
                CLASS,
                FieldSpec("price", FieldType.AMOUNT, "with tax"),
            ),
        ),
    ),
)


@pytest.mark.parametrize("schema", [*map(load_schema, template_names()), FULL], ids=lambda each: each.name)
def test_what_is_loaded_and_saved_again_is_the_same(schema: Schema) -> None:
    again = schema_of_rows(schema.name, _rows(schema), schema.checks, schema.fields)
    assert again.fields == schema.fields and again.checks == schema.checks


def test_a_column_more_leaves_the_others_as_they_were() -> None:
    rows = _rows(FULL)
    rows[1]["hint"] += ", count:integer"
    items = schema_of_rows("full", rows, shown=FULL.fields).field("items")
    assert items.columns == (*FULL.field("items").columns, FieldSpec("count", FieldType.INTEGER))
    assert items.hint == "what was bought"


def test_a_hint_and_choices_of_a_column_can_be_typed_and_taken_out() -> None:
    rows = _rows(FULL)
    assert "class:enum(reduced rate|full) - tax class" in rows[1]["hint"]
    rows[1]["hint"] = rows[1]["hint"].replace("(reduced rate|full) - tax class", "(none|full)")
    found = schema_of_rows("full", rows, shown=FULL.fields).field("items").columns[1]
    assert found == FieldSpec("class", FieldType.ENUM, choices=("none", "full"))


# In the browser


def _table(page: Page) -> list[tuple[str, str, str]]:
    """Name, type and details of each row."""
    rows = page.locator("#builder tbody tr").all()
    return [
        (
            row.locator("[data-of=name]").input_value(),
            row.locator("[data-of=type]").input_value(),
            row.locator("[data-of=hint]").input_value(),
        )
        for row in rows
    ]


def _wait_until_chosen(page: Page, name: str) -> None:
    """What was drawn before the click may be shown for a moment after it."""
    from playwright.sync_api import expect

    expect(page.locator("#extract-bar select[name=schema] option:checked")).to_have_text(name)


@pytest.fixture
def builder(page: Page) -> Page:
    """The table in the browser, filled with the fields for the sample invoice."""
    page.set_default_timeout(PATIENCE)
    page.click('[data-choice="sample:invoice.pdf"]')
    page.click("role=tab[name=Extract]")
    page.click('[data-choice="build:"]')
    page.wait_for_selector("#builder table")
    return page


@pytest.mark.browser
@pytest.mark.slow
def test_fields_are_added_and_removed_in_the_table(builder: Page) -> None:
    before = _table(builder)
    assert [name for name, *_ in before] == [spec.name for spec in load_schema("invoice").fields]
    builder.focus(f"#builder tbody tr:has(input[value='{before[0][0]}']) >> [data-build=remove]")
    builder.keyboard.press("Enter")
    assert builder.evaluate("document.activeElement.value") == before[1][0], "the focus is not lost"
    builder.click("#builder [data-build=add]")
    builder.keyboard.type("stamped")  # the new row's name is in focus
    row = builder.locator("#builder tbody tr").last
    row.locator("[data-of=type]").select_option("enum")
    row.locator("[data-of=hint]").fill("open | paid")
    row.locator("[data-of=hint]").press("Enter")  # one more row, which stays empty
    assert len(_table(builder)) == len(before) + 1
    builder.fill("#builder [data-of=schema]", "my bills")
    builder.click("#builder [data-build=save]")
    builder.wait_for_selector("#builder table", state="detached")
    _wait_until_chosen(builder, "my bills")
    builder.click('[data-choice="build:"]')
    builder.wait_for_selector("#builder table")
    assert _table(builder) == [*before[1:], ("stamped", "enum", "open | paid")]


@pytest.mark.browser
@pytest.mark.slow
def test_a_schema_is_deleted_after_a_second_click_and_what_is_typed_stays_where_there_is_none(
    builder: Page,
) -> None:
    builder.fill("#builder [data-of=schema]", "short lived")
    builder.click("#builder [data-build=save]")
    builder.wait_for_selector("#builder table", state="detached")
    _wait_until_chosen(builder, "short lived")
    builder.click('[data-choice="build:"]')
    builder.fill("#builder [data-of=schema]", "another")
    builder.fill("#builder tbody tr:first-child [data-of=hint]", "just typed")
    builder.click("#builder [data-build=delete]")
    builder.click("#builder .confirming")
    builder.wait_for_selector("text=There is no saved schema 'another'")
    assert builder.input_value("#builder tbody tr:first-child [data-of=hint]") == "just typed"
    builder.fill("#builder [data-of=schema]", "short lived")
    builder.click("#builder [data-build=delete]")
    builder.wait_for_selector("#builder .confirming:text('Delete for good')")
    builder.wait_for_timeout(1000)
    assert builder.locator("#extract-bar option:text-is('short lived')").count() == 1
    builder.click("#builder .confirming")
    builder.wait_for_selector("#extract-bar option:text-is('short lived')", state="detached")


@pytest.mark.browser
@pytest.mark.slow
def test_a_pasted_json_schema_fills_the_table(builder: Page) -> None:
    schema = {
        "properties": {
            "seller": {"type": "string", "description": "who sells"},
            "total": {"type": "number", "format": "amount"},
            "status": {"enum": ["open", "paid"]},
        }
    }
    fields = [("seller", "text", "who sells"), ("total", "amount", ""), ("status", "enum", "open | paid")]
    _import(builder, json.dumps(schema, indent=2))
    builder.wait_for_selector("#builder input[value='open | paid']")
    assert _table(builder) == fields
    builder.fill("#builder [data-of=schema]", "imported")
    builder.click("#builder [data-build=save]")
    builder.wait_for_selector("#builder table", state="detached")
    _wait_until_chosen(builder, "imported")
    builder.click('[data-choice="build:"]')
    builder.wait_for_selector("#builder table")
    for text in ('{"properties": ', '{"properties": {"a": {"enum": 7}}}', "/etc/passwd"):
        _import(builder, text)
        builder.wait_for_selector("#builder .error")
        assert "Traceback" not in builder.content() and "root:x" not in builder.content()
        assert _table(builder) == fields
        builder.click("#builder [data-build=close]")
        builder.wait_for_selector("#builder table", state="detached")
        builder.click('[data-choice="build:"]')
        builder.wait_for_selector("#builder table")


def _import(page: Page, text: str) -> None:
    if not page.locator("#builder [data-of=json]").is_visible():
        page.click("#builder summary")
    page.fill("#builder [data-of=json]", text)
    page.click("#builder [data-build=import]")


@pytest.mark.browser
@pytest.mark.slow
def test_the_table_stays_open_while_the_page_is_read_and_one_looks_elsewhere(builder: Page) -> None:
    builder.fill("#builder tbody tr:first-child [data-of=hint]", "printed at the top")
    builder.wait_for_selector('[data-read="1"]')
    builder.click("role=tab[name=Ask]")
    builder.click("role=tab[name=Extract]")
    builder.wait_for_timeout(1500)
    assert builder.input_value("#builder tbody tr:first-child [data-of=hint]") == "printed at the top"
