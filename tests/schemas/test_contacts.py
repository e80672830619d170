"""Telephone numbers, e-mail addresses and IBANs."""

import pytest

from docvlm.schemas.contacts import find_emails, find_ibans, parse_phone


@pytest.mark.parametrize(
    ("printed", "compact"),
    [
        ("+49 (0)89 / 461-693", "+4989461693"),
        ("0049 89 123456", "+4989123456"),
        ("(705)745-3381", "7057453381"),
        ("#(609)-298-4650", "6092984650"),
        ("Tel:089-46169340", "08946169340"),
        ("03-1234 5678", "0312345678"),
        ("617.318.1141 x12", "6173181141"),
        ("12.50", None),
        ("617-318-1141, 617-318-1142", None),
        ("+123456789012345678", None),
        ("", None),
    ],
)
def test_phones(printed: str, compact: str | None) -> None:
    assert parse_phone(printed) == compact


def test_emails_are_found_though_ocr_put_spaces_in() -> None:
    text = "mail: Info @ Shop.com, a.b+c@x-y.co.uk. foo@bar @home"
    assert [email.value for email in find_emails(text)] == ["Info@Shop.com", "a.b+c@x-y.co.uk"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Write to billing@acme.com. Please pay", "billing@acme.com"),
        ("SALES@ACME.COM. TEL 12", "SALES@ACME.COM"),
        ("info@firma.de. sie", "info@firma.de"),
        ("name@acme. com", "name@acme.com"),
        ("NAME@ACME. COM", "NAME@ACME.COM"),
        ("name@mail.acme. com", "name@mail.acme.com"),
        ("name@acme.co. uk", "name@acme.co.uk"),
        ("name@acme.com. my", "name@acme.com.my"),
        ("name@acme.com .my", "name@acme.com.my"),
        ("name @ acme . com .", "name@acme.com"),
        ("name@acme. Please", None),
    ],
)
def test_an_email_ends_with_its_sentence(text: str, address: str | None) -> None:
    assert [email.value for email in find_emails(text)] == ([address] if address else [])


@pytest.mark.parametrize(
    ("printed", "value", "valid"),
    [
        ("IBAN:DE89 3704 0044 0532 0130 00 BIC COBADEFF", "DE89370400440532013000", True),
        ("GB29NWBK60161331926819", "GB29NWBK60161331926819", True),
        ("DE89 3704 0044 0532 0130 01", "DE89370400440532013001", False),
        ("NL91 ABNA 0417 1643 00", "NL91ABNA0417164300", True),
    ],
)
def test_ibans(printed: str, value: str, valid: bool) -> None:
    (iban,) = find_ibans(printed)
    assert (iban.value, iban.valid, iban.repaired) == (value, valid, False)


def test_letters_in_place_of_an_ibans_digits_are_repaired() -> None:
    (iban,) = find_ibans("DE89 37O4 0044 0532 0l30 00")
    assert (iban.value, iban.valid, iban.repaired) == ("DE89370400440532013000", True, True)


@pytest.mark.parametrize(
    "text", ["DE89 3704", "XX89 3704 0044 0532 0130 00", "INV2019", "DE8937040044053201300012"]
)
def test_what_is_no_iban_is_not_read_as_one(text: str) -> None:
    assert find_ibans(text) == ()
