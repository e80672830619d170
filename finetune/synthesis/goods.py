"""Things for sale, with quantities, prices and the sums of a bill."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from finetune.synthesis.values import make_code

_THINGS = {
    "en": "Chopping Board|Air Spray|Kiddy Clay|LED Bulb 9W|Nasi Lemak|Teh Tarik|Ice Lemon Tea|Chicken Chop|Roti Canai|"
    "A4 Paper|Ball Pen|Cable Tie|Wall Paint 5L|Screw M6|Door Hinge|Mineral Water|White Bread|Full Cream Milk|Eggs 10s|"
    "Unleaded 95|Parking Fee|Latte|Cappuccino|Mocha Frappe|Set Lunch A|Fried Rice|Seafood Soup|Office Chair|Desk Lamp|"
    "USB Cable 2m|HDMI Adapter|Consulting Services|Web Design|Hosting 12 months|Engine Oil 4L|Brake Pads|Labour|Oil Filter|"
    "Paracetamol 500mg|Vitamin C|Shampoo 400ml|Toothpaste|Basmati Rice 5kg|Sunflower Oil|Green Apples|Bananas|Steel Pipe 2in|"
    "Cement 50kg|Tape Measure|Extension Cord|Garden Hose|Photo Frame|Gift Wrap|Notebook B5|Ring File|Glue Stick|Printer Toner",
    "fr": "Baguette|Croissant|Café crème|Eau minérale|Menu du jour|Ramette papier A4|Cartouche d'encre|Prestation de conseil|"
    "Maintenance annuelle|Clavier sans fil|Chaise de bureau|Huile moteur|Main d'œuvre|Peinture blanche 5L|Vis inox|Tomates|Fromage",
    "de": "Brötchen|Kaffee|Apfelschorle|Tagesgericht|Kopierpapier A4|Druckerpatrone|Beratung|Wartung|Tastatur|Bürostuhl|Motoröl|"
    "Arbeitslohn|Wandfarbe 10L|Schrauben M8|Kartoffeln 2kg|Vollmilch|Schreibtischlampe|Montage|Kabel 5m",
    "es": "Pan|Café con leche|Menú del día|Agua mineral|Papel A4|Tinta negra|Servicio de consultoría|Mantenimiento|Teclado|Silla|"
    "Aceite de motor|Mano de obra|Pintura 5L|Tornillos|Tomates|Queso|Lámpara",
    "it": "Pane|Espresso|Menù pranzo|Acqua minerale|Carta A4|Toner|Consulenza|Manutenzione|Tastiera|Sedia ufficio|Olio motore|"
    "Manodopera|Pittura 5L|Viti|Pomodori|Formaggio|Lampada",
    "nl": "Brood|Koffie|Dagschotel|Mineraalwater|Kopieerpapier|Inktpatroon|Advies|Onderhoud|Toetsenbord|Bureaustoel|Motorolie|"
    "Arbeidsloon|Muurverf 5L|Schroeven|Tomaten|Kaas|Lamp",
    "pt": "Pão|Café|Prato do dia|Água mineral|Papel A4|Tinteiro|Consultoria|Manutenção|Teclado|Cadeira|Óleo de motor|Mão de obra|"
    "Tinta 5L|Parafusos|Tomate|Queijo|Candeeiro",
    "pl": "Chleb|Kawa|Zestaw obiadowy|Woda mineralna|Papier A4|Toner|Usługa doradcza|Serwis|Klawiatura|Krzesło biurowe|Olej silnikowy|"
    "Robocizna|Farba 5L|Śruby|Pomidory|Ser żółty|Lampa",
}
_ADDITIONS = ("", "", "", "XL", "500G", "1.5L", "10PCS", "Black", "PRO", "2/PK", "30CM", "SX-575", "#12", "(S)", "No.3", "12V")


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
    things = _THINGS[language].split("|")
    count = min(max_items, len(things), 1 + int(rng.expovariate(0.45)))
    items = tuple(_item(rng, thing, dear) for thing in rng.sample(things, count))
    least = min(item.amount for item in items)
    return Bill(
        items,
        discount=rng.randrange(least // 2 + 1) if rng.random() < 0.15 else 0,
        shipping=rng.choice((500, 990, 1500, 2500)) if dear and rng.random() < 0.2 else 0,
        tax_percent=rng.choice((0, 6, 6, 7, 10)) if language == "en" else rng.choice((19, 20, 21, 22, 23, 10, 7)),
    )


def _item(rng: Random, thing: str, dear: bool) -> Item:
    description = f"{thing} {rng.choice(_ADDITIONS)}".strip()
    code = rng.choice(("9#########", "#######", "@@-###", "####", "@###", "95###########"))
    price = rng.choice((5, 10, 90, 99, 100)) * rng.randint(1, 60) if not dear else rng.randint(500, 90000)
    quantity = 1 if rng.random() < 0.55 else rng.randint(2, 12)
    return Item(make_code(rng, code), description, quantity, price)
