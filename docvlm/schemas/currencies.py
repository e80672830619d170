"""Currency symbols and codes as printed → ISO 4217 codes."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from babel.core import get_global

from docvlm.schemas.places import US_STATE_AND_ZIP

# Signs that mean one currency, in the cases they are printed in, after CLDR's symbols and usage in print.
_SIGNS = {
    "€": "EUR", "Eur": "EUR", "eur": "EUR", "EURO": "EUR", "Euro": "EUR", "euro": "EUR", "EUROS": "EUR",
    "Euros": "EUR", "euros": "EUR", "£": "GBP", "RM": "MYR", "Rm": "MYR", "Rp": "IDR", "RP": "IDR",
    "R$": "BRL", "₹": "INR", "zł": "PLN", "ZŁ": "PLN", "zl": "PLN", "Kč": "CZK", "KČ": "CZK", "Kc": "CZK",
    "Ft": "HUF", "lei": "RON", "Lei": "RON", "LEI": "RON", "₺": "TRY", "TL": "TRY", "₫": "VND", "đ": "VND",
    "VNĐ": "VND", "฿": "THB", "₱": "PHP", "₩": "KRW", "₪": "ILS", "₽": "RUB", "₴": "UAH", "₦": "NGN",
    "S/": "PEN", "S/.": "PEN", "SFr": "CHF", "SFr.": "CHF", "Fr.": "CHF", "US$": "USD", "C$": "CAD",
    "CA$": "CAD", "A$": "AUD", "AU$": "AUD", "S$": "SGD", "HK$": "HKD", "NT$": "TWD", "NZ$": "NZD",
    "MX$": "MXN", "RMB": "CNY", "元": "CNY", "円": "JPY", "₵": "GHS", "₡": "CRC", "₲": "PYG",
}  # fmt: skip

# Signs that several currencies share, the likeliest first; the page decides between them.
_DOLLARS = ("USD", "CAD", "AUD", "SGD", "HKD", "NZD", "TWD", "MXN", "CLP", "COP", "ARS")
_RUPEES = ("INR", "PKR", "LKR", "NPR", "MUR")
_CROWNS = ("SEK", "NOK", "DKK", "ISK")
_SHARED = {
    "$": _DOLLARS, "¥": ("JPY", "CNY"), "￥": ("JPY", "CNY"), "Rs": _RUPEES, "RS": _RUPEES, "Rs.": _RUPEES,
    "kr": _CROWNS, "Kr": _CROWNS, "KR": _CROWNS, "kr.": _CROWNS, "Kr.": _CROWNS,
}  # fmt: skip

# Codes that are also words of a shopping list or a heading: too often wrong to be read as money.
_CODES_THAT_ARE_WORDS = frozenset({"ALL", "CUP", "GEL", "MAD", "MOP", "PEN", "SOS", "TOP"})

# What a Malaysian company is called ends like Bahrain's code, and its number follows.
_COMPANY_FORM = re.compile(r"\bS[DO0]N\.?\s*BHD\b")

# Words that a page of that country prints and others do not.
_HINTS = {
    "USD": US_STATE_AND_ZIP,
    "CAD": re.compile(r"\b[A-Z]\d[A-Z]\s?\d[A-Z]\d\b|\bHST\b|\bCanada\b", re.IGNORECASE),
    "AUD": re.compile(r"\bA\.?B\.?N\b|\bAustralia\b|\b(?:NSW|VIC|QLD|TAS)\s+\d{4}\b", re.IGNORECASE),
    "SGD": re.compile(r"\bSingapore\b|\bPTE\.?\s+LTD\b", re.IGNORECASE),
    "HKD": re.compile(r"\bHong\s?Kong\b", re.IGNORECASE),
    "NZD": re.compile(r"\bNew\s+Zealand\b", re.IGNORECASE),
    "CNY": re.compile(r"[发为]|\bChina\b", re.IGNORECASE),
    "SEK": re.compile(r"\bmoms\b.*\bsumma\b|\bSverige\b|\bAB\b|\bköp\b", re.IGNORECASE),
    "NOK": re.compile(r"\bmva\b|\bNorge\b|\bOrg\.?\s?nr\b.*\bMVA\b", re.IGNORECASE),
    "DKK": re.compile(r"\bCVR\b|\bDanmark\b|\bApS\b", re.IGNORECASE),
    "ISK": re.compile(r"\bkennitala\b|\bÍsland\b", re.IGNORECASE),
    "PKR": re.compile(r"\bPakistan\b", re.IGNORECASE),
    "LKR": re.compile(r"\bSri\s?Lanka\b", re.IGNORECASE),
}


@cache
def currency_codes() -> frozenset[str]:
    """The ISO 4217 codes in use somewhere today, after CLDR, less those that are everyday English words."""
    territories = get_global("territory_currencies").values()
    return frozenset(
        code for uses in territories for code, _, end, is_tender in uses if is_tender and end is None
    ).difference(_CODES_THAT_ARE_WORDS)


LONGEST_SIGN = 5


@cache
def currency_signs() -> frozenset[str]:
    """Every sign and code that can stand beside an amount, in the cases they are printed in."""
    return frozenset((*_SIGNS, *_SHARED, *currency_codes()))


def currency_of(sign: str, page_currency: str | None = None) -> tuple[str | None, bool]:
    """The ISO code of a printed sign, and whether it was settled (by the sign or by the page).

    ``("USD", False)`` for a lone ``$`` on a page that does not say whose dollar it is; ``(None, False)``
    for ``kr``, which no country can claim before others.
    """
    sign = sign.strip()
    if sign in _SIGNS:
        return _SIGNS[sign], True
    if sign in currency_codes():
        return sign, True
    shared = _SHARED.get(sign)
    if shared is None:
        return None, False
    if page_currency in shared:
        return page_currency, True
    return (None if shared is _CROWNS else shared[0]), False


@cache
def _signs_beside_numbers() -> re.Pattern[str]:
    longest_first = sorted(currency_signs(), key=len, reverse=True)
    sign = "|".join(re.escape(sign) for sign in longest_first)
    return re.compile(
        rf"(?<![^\W\d_])(?P<before>{sign})\s?-?\d|\d[.,]?-?\s?(?P<after>{sign})(?![^\W\d_])"
        rf"|\((?P<within>{sign})\)"
    )


def guess_currency(text: str) -> str | None:
    """The currency most amounts on this page are in; None where the page does not say.

    Only signs beside a number, or in brackets as in a table's heading, are counted. A sign that several
    countries share is settled by what else the page says (addresses, tax words), else left open.
    """
    counts: Counter[str] = Counter()
    shared: Counter[str] = Counter()
    for match in _signs_beside_numbers().finditer(_COMPANY_FORM.sub(" ", text)):
        sign = match["before"] or match["after"] or match["within"]
        if sign in _SHARED:
            shared[sign] += 1
            continue
        code, _ = currency_of(sign)
        if code is not None:
            counts[code] += 1
    for sign, count in shared.items():
        code = _settle(sign, counts, text)
        if code is not None:
            counts[code] += count
    return counts.most_common(1)[0][0] if counts else None


def _settle(sign: str, certain: Counter[str], text: str) -> str | None:
    named = [code for code in _SHARED[sign] if certain[code]]
    if named:
        return max(named, key=lambda code: certain[code])
    hinted = [code for code in _SHARED[sign] if code in _HINTS and _HINTS[code].search(text)]
    return hinted[0] if len(hinted) == 1 else None
