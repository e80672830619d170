"""Things for sale, with quantities, prices and the sums of a bill."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from finetune.synthesis.values import make_code
from finetune.synthesis.vocabulary import words


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a bill; amounts in cents."""

    code: str
    description: str
    quantity: int
    unit_price: int

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class Bill:
    """Items and what follows from them; amounts in cents, tax on the net amount."""

    items: tuple[Item, ...]
    discount: int
    shipping: int
    tax_percent: int

    @property
    def subtotal(self) -> int:
        return sum(item.amount for item in self.items)

    @property
    def net(self) -> int:
        return self.subtotal - self.discount + self.shipping

    @property
    def tax(self) -> int:
        return round(self.net * self.tax_percent / 100)

    @property
    def total(self) -> int:
        return self.net + self.tax


def make_bill(rng: Random, language: str, max_items: int, dear: bool) -> Bill:
    """A bill; ``dear`` ones have the prices of invoices rather than of shops."""
    things = words("things", language)
    count = min(max_items, len(things), 1 + int(rng.expovariate(0.2)))
    items = tuple(_item(rng, thing, dear) for thing in rng.sample(things, count))
    least = min(item.amount for item in items)
    return Bill(
        items,
        discount=rng.randrange(least // 2 + 1) if rng.random() < 0.15 else 0,
        shipping=rng.choice((500, 990, 1500, 2500)) if dear and rng.random() < 0.2 else 0,
        tax_percent=rng.choice((0, 6, 6, 7, 10))
        if language == "en"
        else rng.choice((19, 20, 21, 22, 23, 10, 7)),
    )


def _item(rng: Random, thing: str, dear: bool) -> Item:
    description = f"{thing} {rng.choice(words('additions'))}".strip()
    code = rng.choice(words("code_styles", "article"))
    price = rng.choice((5, 10, 90, 99, 100)) * rng.randint(1, 60) if not dear else rng.randint(500, 90000)
    quantity = 1 if rng.random() < 0.55 else rng.randint(2, 12)
    return Item(make_code(rng, code), description, quantity, price)
