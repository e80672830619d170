"""Dates, amounts, codes, names and addresses in the styles that documents print them in."""

from __future__ import annotations

import datetime
import string
from dataclasses import dataclass
from random import Random

from finetune.synthesis.vocabulary import faker_for

_DATE_STYLES = {
    "en": ("%d/%m/%Y", "%d-%m-%Y", "%m/%d/%Y", "%d/%m/%y", "%d-%m-%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y",
           "%B %d, %Y", "%Y-%m-%d", "%d %B %Y", "%d.%m.%Y", "%b %d, %Y", "%d%b%Y", "%Y/%m/%d"),
    "de": ("%d.%m.%Y", "%d.%m.%y", "%d. {month} %Y"),
    "pl": ("%d.%m.%Y", "%Y-%m-%d", "%d {month} %Y"),
    "nl": ("%d-%m-%Y", "%d/%m/%Y", "%d {month} %Y"),
    "fr": ("%d/%m/%Y", "%d.%m.%Y", "%d {month} %Y", "%d/%m/%y"),
    "es": ("%d/%m/%Y", "%d-%m-%Y", "%d de {month} de %Y"),
    "pt": ("%d/%m/%Y", "%d-%m-%Y", "%d de {month} de %Y"),
    "it": ("%d/%m/%Y", "%d.%m.%Y", "%d {month} %Y"),
}  # fmt: skip

_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
}

_CURRENCIES = {
    "en": ("RM", "$", "£", "S$", "USD", "MYR", "SGD", "Rs.", "€", "AUD", "₹"),
    "pl": ("zł", "PLN"),
}
_EURO = ("€", "EUR")


@dataclass(frozen=True, slots=True)
class Style:
    """The habits of one document: its language, how it writes dates and money."""

    language: str
    date_format: str
    decimal: str
    thousands: str
    currency: str

    def date(self, day: datetime.date) -> str:
        months = _MONTHS.get(self.language)
        month = months.split()[day.month - 1] if months else ""
        return day.strftime(self.date_format.replace("{month}", month))

    def amount(self, cents: int) -> str:
        whole, part = divmod(abs(cents), 100)
        grouped = f"{whole:,}".replace(",", self.thousands)
        return f"{'-' if cents < 0 else ''}{grouped}{self.decimal}{part:02d}"


def make_style(rng: Random, language: str) -> Style:
    if language == "en":
        decimal, thousands = ".", rng.choice((",", ",", ""))
    else:
        decimal, thousands = ",", rng.choice((".", "", ""))
    currencies = _CURRENCIES.get(language, _EURO)
    return Style(language, rng.choice(_DATE_STYLES[language]), decimal, thousands, rng.choice(currencies))


def make_date(rng: Random) -> datetime.date:
    return datetime.date(2008, 1, 1) + datetime.timedelta(days=rng.randrange(18 * 365))


def make_time(rng: Random) -> str:
    hour, minute, second = rng.randrange(24), rng.randrange(60), rng.randrange(60)
    if rng.random() < 0.3:
        half = "AM" if hour < 12 else "PM"
        return f"{hour % 12 or 12}:{minute:02d}{rng.choice((f':{second:02d}', ''))}{rng.choice((' ', ''))}{half}"
    return f"{hour:02d}:{minute:02d}{rng.choice((f':{second:02d}', ''))}"


def make_code(rng: Random, pattern: str | None = None) -> str:
    """A code after a pattern: ``#`` stands for a digit, ``@`` for a capital."""
    if pattern is None:
        pattern = rng.choice(_CODES)
    swap = {"#": string.digits, "@": string.ascii_uppercase}
    return "".join(rng.choice(swap[letter]) if letter in swap else letter for letter in pattern)


def make_phone(rng: Random, language: str) -> str:
    if language == "en" and rng.random() < 0.6:
        pattern = rng.choice(
            ("0#-#######", "0#-#### ####", "03-########", "+60 #-#### ####", "(###) ###-####", "0#-####-####",
             "####-######", "6###-####", "+65 6### ####", "07-### ####", "01#-#######", "+91 #####-#####")
        )  # fmt: skip
        return make_code(rng, pattern)
    return faker_for(rng, language).phone_number()


def make_tax_id(rng: Random, language: str) -> str:
    patterns = {
        "en": ("00##########", "GB#########", "##-#######", "##@@@@@####@#Z#", "M#-#######-#", "############"),
        "fr": ("FR###########", "FR ## #########"),
        "de": ("DE#########", "##/###/#####"),
        "es": ("B########", "A########"),
        "it": ("###########", "IT###########"),
        "nl": ("NL#########B0#",),
        "pt": ("5########",),
        "pl": ("###-###-##-##", "##########"),
    }
    return make_code(rng, rng.choice(patterns[language]))


def make_registration(rng: Random) -> str:
    return make_code(rng, rng.choice(("######-@", "#######-@", "#########@", "2###########", "@@#######", "### ### ###")))


def make_iban(rng: Random, language: str) -> str:
    country = {"en": "GB", "fr": "FR", "de": "DE", "es": "ES", "it": "IT", "nl": "NL", "pt": "PT", "pl": "PL"}[language]
    compact = country + make_code(rng, "#" * rng.choice((16, 18, 20, 22)))
    if rng.random() < 0.3:
        return compact
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))


def make_person(rng: Random, language: str) -> str:
    if language == "en" and rng.random() < 0.25:
        return " ".join(rng.choice(_ASIAN_NAMES) for _ in range(rng.choice((2, 3, 3))))
    faker = faker_for(rng, language)
    return f"{faker.first_name()} {faker.last_name()}"


def make_company(rng: Random, language: str) -> str:
    """A firm's or a shop's name."""
    if language == "en" and rng.random() < 0.75:
        return _english_company(rng)
    faker = faker_for(rng, language)
    if rng.random() < 0.3:
        return f"{rng.choice(_SHOPS[language])} {faker.last_name()}"
    return faker.company()


def _english_company(rng: Random) -> str:
    faker = faker_for(rng, "en")
    first = rng.choice(
        (
            faker.last_name(),
            f"{rng.choice(_ASIAN_NAMES)} {rng.choice(_ASIAN_NAMES)}",
            f"{rng.choice(_BRAND_STARTS)}{rng.choice(_BRAND_ENDS)}",
            f"{faker.last_name()} & {rng.choice(('Sons', 'Co', faker.last_name()))}",
            f"{faker.city()}",
            f"{rng.choice(string.ascii_uppercase)}.{rng.choice(string.ascii_uppercase)}. {faker.last_name()}",
            f"{make_code(rng, '@@@')}",
            f"{rng.choice(('Syarikat', 'Perniagaan', 'Kedai', 'Restoran', 'The', 'Pasaraya', 'Kedai Buku'))} "
            f"{rng.choice(_ASIAN_NAMES)} {rng.choice(_ASIAN_NAMES)}",
        )
    )
    branch = f" ({rng.choice((faker.city(), rng.choice(_TOWNS)[1], 'M'))})" if rng.random() < 0.2 else ""
    trade = rng.choice(("", *_TRADES))
    ending = rng.choice(("", "", "Sdn Bhd", "Sdn. Bhd.", "SDN BHD", "Pte Ltd", "Ltd", "Inc.", "LLC", "Enterprise", "Trading", "Pvt. Ltd.", "PLT", "Co."))
    return " ".join(f"{first} {trade}{branch} {ending}".split())


def make_address(rng: Random, language: str) -> list[str]:
    """An address as one to four lines."""
    if language == "en" and rng.random() < 0.6:
        return _asian_address(rng)
    faker = faker_for(rng, language)
    street = faker.street_address().replace("\n", ", ")
    town = f"{faker.postcode()} {faker.city()}" if language != "en" else f"{faker.city()}, {faker.postcode()}"
    lines = [street, town]
    if rng.random() < 0.25:
        lines.insert(0, rng.choice(("Suite", "Unit", "Level", "Shop")) + f" {rng.randint(1, 99)}" if language == "en" else street)
        if language != "en":
            lines[0] = faker.last_name() + " " + rng.choice(_BUILDINGS[language])
    if rng.random() < 0.3:
        lines.append(faker.current_country())
    if rng.random() < 0.3:
        lines = [", ".join(lines)] if len(", ".join(lines)) < 45 else lines
    return lines


def _asian_address(rng: Random) -> list[str]:
    """Malaysian, Singapore and Indian ways of writing an address."""
    postcode, town, state = rng.choice(_TOWNS)
    street_name = rng.choice(_STREETS)
    number = rng.choice(_HOUSE_NUMBERS).replace("{}", str(rng.randint(1, 399)))
    road = rng.choice(("JALAN", "JALAN", "JLN", "Jalan", "LORONG", "Persiaran"))
    street = f"{road} {street_name} {make_code(rng, rng.choice(('', '', '#', '##', '#/#', '#/##', '#/##@')))}".strip()
    area = f"{rng.choice(_AREAS)} {rng.choice(_STREETS)}"
    if rng.random() < 0.15:
        town_line = f"SINGAPORE {rng.randint(100000, 829999)}"
        street = f"{rng.randint(1, 900)} {street_name} {rng.choice(('ROAD', 'AVENUE', 'STREET'))} #{rng.randint(1, 20):02d}-{rng.randint(1, 99):02d}"
        parts = [[street], [town_line]]
    else:
        parts = [[number, street], [area] if rng.random() < 0.7 else [], [f"{postcode} {town}", *([state] if rng.random() < 0.6 else [])]]
    parts = [part for part in parts if part]
    if rng.random() < 0.25:
        parts = [[cell for part in parts[:-1] for cell in part], parts[-1]]
    elif rng.random() < 0.2:
        parts = [[cell] for part in parts for cell in part]
    upper = rng.random() < 0.7
    comma = "," if rng.random() < 0.85 else ""
    lines = [", ".join(part) + (comma if index + 1 < len(parts) else rng.choice(("", "", "."))) for index, part in enumerate(parts)]
    return [line.upper() if upper else line for line in lines]


_CODES = (
    "######", "@@-#####", "@@########", "####-###", "#######", "@####", "####/##", "@@@/####/##", "##-######",
    "@@##@###", "#####", "@@@########", "#/######", "@-####-##", "########-####",
)  # fmt: skip
_ASIAN_NAMES = (
    "Tan Lim Lee Wong Chan Ng Goh Chua Ong Teo Koh Yap Chong Cheng Low Ho Yeo Sim Chin Tang Foo Hock Seng Guan "
    "Huat Heng Kee Soon Wah Yoke Mei Ling Hui Siew Kim Swee Ah Beng Chai Kok Ming Wei Jun Hao Ahmad Bin Siti Nur "
    "Aminah Ali Hassan Ismail Rahman Abdul Razak Kumar Singh Raj Devi Muthu Rajan Priya Anil Sharma Patel Gupta "
    "Iyer Nair Nguyen Tran Maju Jaya Indah Mutiara Bintang Sinar Sentosa Permata Cahaya Bestari Utama Murni"
).split()
_BRAND_STARTS = "Nova Blue Sun Eco Pro Uni Star Max Green Gold City Smart Fresh Prime Alpha Omni Metro Royal Ever Mega".split()
_BRAND_ENDS = "mart tech line wood way land point world zone gas lux net cell parts print works star House Foods Hub".split()
_TRADES = (
    "Hardware|Trading|Restaurant|Cafe|Supermarket|Pharmacy|Bakery|Stationery|Motors|Electronics|Logistics|Services|"
    "Book Store|Mini Market|Gift & Home|Home Decor|Auto Parts|Steak House|Kitchen|Seafood|Petrol Station|Clinic|"
    "Hotel|Solutions|Consulting|Industries|Furniture|Optical|Laundry|Florist|Fashion|Machinery"
).split("|")
_SHOPS = {
    "en": ("Cafe", "Shop"),
    "fr": ("Boulangerie", "Pharmacie", "Garage", "Café", "Restaurant", "Librairie", "Épicerie"),
    "de": ("Bäckerei", "Apotheke", "Metzgerei", "Gasthaus", "Autohaus", "Buchhandlung", "Elektro"),
    "es": ("Panadería", "Farmacia", "Talleres", "Bar", "Restaurante", "Librería", "Ferretería"),
    "it": ("Panificio", "Farmacia", "Officina", "Bar", "Trattoria", "Libreria", "Ferramenta"),
    "nl": ("Bakkerij", "Apotheek", "Garage", "Café", "Slagerij", "Boekhandel"),
    "pt": ("Padaria", "Farmácia", "Oficina", "Café", "Restaurante", "Livraria"),
    "pl": ("Piekarnia", "Apteka", "Sklep", "Restauracja", "Księgarnia", "Hurtownia"),
}
_BUILDINGS = {
    "fr": ("Bâtiment", "Immeuble"),
    "de": ("Haus", "Gewerbepark"),
    "es": ("Edificio", "Planta"),
    "it": ("Palazzo", "Centro"),
    "nl": ("Gebouw", "Centrum"),
    "pt": ("Edifício", "Centro"),
    "pl": ("Centrum", "Budynek"),
}
_TOWNS = (
    ("81100", "JOHOR BAHRU", "JOHOR"), ("43300", "SERI KEMBANGAN", "SELANGOR"), ("40000", "SHAH ALAM", "SELANGOR"),
    ("50250", "KUALA LUMPUR", "W.P. KUALA LUMPUR"), ("10200", "GEORGE TOWN", "PULAU PINANG"), ("93350", "KUCHING", "SARAWAK"),
    ("31400", "IPOH", "PERAK"), ("75000", "MELAKA", "MELAKA"), ("88000", "KOTA KINABALU", "SABAH"), ("25000", "KUANTAN", "PAHANG"),
    ("70200", "SEREMBAN", "NEGERI SEMBILAN"), ("08000", "SUNGAI PETANI", "KEDAH"), ("46050", "PETALING JAYA", "SELANGOR"),
    ("560034", "BENGALURU", "KARNATAKA"), ("400051", "MUMBAI", "MAHARASHTRA"), ("600017", "CHENNAI", "TAMIL NADU"),
    ("110001", "NEW DELHI", "DELHI"), ("41050", "KLANG", "SELANGOR"), ("47100", "PUCHONG", "SELANGOR"),
)  # fmt: skip
_HOUSE_NUMBERS = (
    "NO. {}", "NO {}", "LOT {}", "{}", "No.{}", "NO.{}-G", "{}A", "BLOCK {}", "Lot {}-A & {}-B", "{}, GROUND FLOOR",
)  # fmt: skip
_AREAS = ("TAMAN", "BANDAR", "Taman", "KAWASAN PERINDUSTRIAN", "SEKSYEN", "PUSAT PERDAGANGAN", "KAMPUNG")
_STREETS = (
    "BUNGA RAYA|MERDEKA|KENANGA|MELATI|PERMAS|SETIA|DESA|INDAH|PERDANA|SRI HARTAMAS|MUTIARA|BUKIT|AMPANG|TEKNOLOGI|"
    "INDUSTRI|RAJA|SULTAN|TASEK|CEMPAKA|DAMAI|UTAMA|MAJU|SENTUL|KLANG LAMA|PUDU|BESAR|PASAR|HANG TUAH|ORCHARD|"
    "CLEMENTI|BEDOK|TAMPINES|MAHATMA GANDHI|NEHRU|LAKSHMI"
).split("|")
