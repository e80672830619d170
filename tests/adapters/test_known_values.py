from __future__ import annotations

from pathlib import Path

import pytest

from docvlm.adapters import KnownValues, read_known_values, write_known_values
from docvlm.errors import ModelError

FIRM = "Oakfield Trading Sdn Bhd"
ADDRESS = "No. 12 & 14, Jalan Kenanga 3/5, Taman Mutiara, 41050 Klang, Selangor"
KNOWN = KnownValues(
    {"company": (FIRM, "Lotus Mart S/B"), "address": (ADDRESS,), "unit": ("Kedai 16, Blok Seroja",)}
)


@pytest.mark.parametrize(
    ("name", "printed", "spelling"),
    [
        ("company", "Oakfie1d Trading Sdn Bhd", FIRM),
        ("company", "OAKFIELD TRAOING SDN BHD", FIRM),
        ("company", "LOTUS MART 5/B", "Lotus Mart S/B"),
        ("company", "Oak field Trading Sdn. Bhd", FIRM),
        ("address", "No. 12 & 14, Jaian Kenanga 3/5, Tanan Mutiara, 41050 Klang, Selangor", ADDRESS),
        ("company", FIRM, None),
        ("company", FIRM.upper(), None),  # right as it stands
        ("company", "Oakfield Building Sdn Bhd", None),
        ("address", "No. 12 & 16, Jalan Kenanga 3/5, Taman Mutiara, 41050 Klang, Selangor", None),
        ("address", "No. 12 & 14, Jalan Kenanga 3/5, Taman Mutiara", None),
        ("unit", "Kedai 19, Blok Seroja", None),
        ("address", "Oakfie1d Trading Sdn Bhd", None),  # another field's
        ("company", "L0tus", None),
        ("date", FIRM, None),
    ],
)
def test_misread_letters_are_known_and_digits_stay(name: str, printed: str, spelling: str | None) -> None:
    assert KNOWN.spelling(name, printed) == spelling


LINES = KnownValues(
    {"company": ("Oakfield Trading",)}, ("Lotus Mart S/B, Klang", "Oakfield Tracing", "No. 12, Jalan Kenanga")
)


@pytest.mark.parametrize(
    ("name", "printed", "spelling"),
    [
        ("shop", "LOTUS MART 5/B, KLANG", "Lotus Mart S/B, Klang"),  # of whatever field
        ("shop", "LOTUS MART S/B, KLANG", None),
        ("address", "No. 13, Jalan Kenanga", None),  # no digit changes
        ("address", "No. 12, Jaian Kenanga", "No. 12, Jalan Kenanga"),
        ("company", "Oakfield Traoing", "Oakfield Trading"),  # the field's own text before a line
        ("company", "Oakfield Tracing", None),  # a person says that it reads like this
    ],
)
def test_lines_that_a_person_corrected_are_known_as_well(
    name: str, printed: str, spelling: str | None
) -> None:
    assert LINES.spelling(name, printed) == spelling


def test_of_two_that_are_as_near_none_is_taken() -> None:
    known = KnownValues({"company": ("Oakfield Trading", "Oakfiel Trading")})
    assert known.spelling("company", "Oakfielo Trading") is None


def test_of_two_the_nearer_is_taken() -> None:
    known = KnownValues({"address": (ADDRESS, ADDRESS.replace("Mutiara,", "Mutiara."))})
    assert known.spelling("address", ADDRESS.replace("Jalan", "Jaian")) == ADDRESS
    assert known.spelling("address", ADDRESS.replace("Kenanga", "Kenauga")) == ADDRESS


def test_they_are_kept_beside_an_adapter(tmp_path: Path) -> None:
    assert read_known_values(None) == read_known_values(tmp_path) == KnownValues()
    write_known_values(tmp_path, KnownValues())
    assert list(tmp_path.iterdir()) == []
    write_known_values(tmp_path, KNOWN)
    assert read_known_values(tmp_path) == KNOWN
    write_known_values(tmp_path, LINES)
    assert read_known_values(tmp_path) == LINES
    (tmp_path / "known_values.json").write_text("[1")
    with pytest.raises(ModelError, match="Delete it"):
        read_known_values(tmp_path)
