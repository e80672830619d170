import pytest

from docvlm.schemas import FieldSpec
from finetune.data.names import field_name


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("invoice_date", "invoice_date"),
        ("Name / Phone Ext. :", "Name Phone Ext"),
        ("1. Name of Treasurer", "Name of Treasurer"),
        ("14(d)", "d"),
        ("14", "field 14"),
        (":", "field"),
        ("% WHITE =", "WHITE"),
        ("Émetteur n°", "Émetteur n"),
    ],
)
def test_a_printed_label_becomes_a_name(printed: str, name: str) -> None:
    assert field_name(printed) == name
    FieldSpec(name)


def test_a_long_label_ends_with_a_whole_word() -> None:
    name = field_name("Please place the following order for golf bags and umbrellas for my Section:")
    assert name == "Please place the following order for golf bags and umbrellas for"
    FieldSpec(name)
    FieldSpec(field_name("x" * 200 + "!"))
