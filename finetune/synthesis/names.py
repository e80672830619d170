"""Made-up people, firms and addresses."""

from __future__ import annotations

import string
import textwrap
from random import Random

from finetune.synthesis.values import make_code
from finetune.synthesis.vocabulary import faker_for, words


def make_person(rng: Random, language: str) -> str:
    """A first and a last name, or two or three Asian ones."""
    if language == "en" and rng.random() < 0.25:
        return _asian_name(rng, rng.choice((2, 3, 3)))
    faker = faker_for(rng, language)
    return f"{faker.first_name()} {faker.last_name()}"


def make_company(rng: Random, language: str) -> str:
    """A firm's or a shop's name."""
    if language == "en" and rng.random() < 0.75:
        return _english_company(rng)
    faker = faker_for(rng, language)
    if rng.random() < 0.3:
        return f"{rng.choice(words('shops', language))} {faker.last_name()}"
    return str(faker.company())


def make_bank(rng: Random, language: str) -> str:
    place = make_company(rng, language).split()[0]
    return rng.choice(words("bank_names", language)).format(place)


def make_address(rng: Random, language: str) -> list[str]:
    """An address as one to five lines."""
    if language == "en" and rng.random() < 0.45:
        return _singapore_address(rng) if rng.random() < 0.15 else _asian_address(rng)
    faker = faker_for(rng, language)
    street = faker.street_address().replace("\n", ", ")
    postcode, city = faker.postcode(), make_city(rng, language)
    town = f"{postcode} {city}"
    if language == "en":
        state = faker.state_abbr() if hasattr(faker, "state_abbr") else ""
        town = f"{city}{rng.choice((', ', ', ', ' ', ',', '.'))}{state} {postcode}"
        if rng.random() < 0.15:
            town = town.removesuffix(f" {postcode}")
    lines = [street, town]
    if language == "en" and rng.random() < 0.12:
        lines.insert(rng.choice((0, 1)), _unit(rng))
    if rng.random() < 0.25:
        lines.insert(0, f"{rng.choice(words('buildings', language))} {faker.last_name()}")
    if rng.random() < 0.2:
        lines.append(faker.current_country())
    one_line = ", ".join(lines)
    if rng.random() < 0.12:
        return _wrapped(lines, rng)
    lines = [one_line] if len(one_line) < 45 and rng.random() < 0.3 else lines
    return [line.upper() for line in lines] if rng.random() < 0.35 else lines


def _unit(rng: Random) -> str:
    """Where in a building or among branches a shop is."""
    return rng.choice(
        (
            f"Suite {rng.randint(1, 900)}",
            f"Shop {make_code(rng, '##@')}, Level {rng.randint(1, 9)}",
            f"Unit {rng.randint(1, 90)}",
            f"Store #{rng.randint(1, 9999)}",
            f"{rng.randint(1, 40)}/F",
            f"Terminal {rng.randint(1, 5)}",
        )
    )


def make_city(rng: Random, language: str) -> str:
    # Faker draws Italian cities from a set, whose order changes from process to process.
    if language == "it":
        return rng.choice(words("cities", "it"))
    return str(faker_for(rng, language).city())


def make_domain(name: str) -> str:
    """An internet domain made of a firm's name."""
    letters = "".join(letter for letter in name.casefold() if letter.isascii() and letter.isalpha())
    return f"{letters[:14] or 'shop'}.com"


def _asian_name(rng: Random, count: int) -> str:
    return " ".join(rng.choice(words("asian_names")) for _ in range(count))


def _english_company(rng: Random) -> str:
    """Owner or brand, trade, perhaps a branch in brackets, perhaps a legal form."""
    faker = faker_for(rng, "en")
    name = rng.choice(
        (
            faker.last_name(),
            faker.city(),
            f"{faker.last_name()} & {rng.choice(('Sons', 'Co', faker.last_name()))}",
            f"{rng.choice(string.ascii_uppercase)}.{rng.choice(string.ascii_uppercase)}. {faker.last_name()}",
            f"{rng.choice(words('brand_starts'))}{rng.choice(words('brand_ends'))}",
            f"{rng.choice(words('shops', 'en'))} {_asian_name(rng, 2)}",
            _asian_name(rng, 2),
            make_code(rng, "@@@"),
            make_sign(rng),
            make_sign(rng),
        )
    )
    if rng.random() < 0.12:
        return f"{name.upper()} {rng.choice(('#', 'NO. ', 'STORE ', ''))}{rng.randint(2, 4999)}"
    branch = f"({rng.choice((faker.city(), _town(rng)[1], 'M'))})" if rng.random() < 0.2 else ""
    trade, ending = rng.choice(("", *words("trades"))), rng.choice(words("company_endings"))
    return " ".join(f"{name} {trade} {branch} {ending}".split())


def make_firm(rng: Random) -> str:
    """A firm with its legal form, as behind the sign of a shop."""
    start = rng.choice((_asian_name(rng, 2), make_sign(rng), faker_for(rng, "en").last_name()))
    trade = rng.choice(("", *words("trades")))
    return " ".join(f"{start} {trade} {rng.choice(words('legal_forms'))}".split())


def make_sign(rng: Random) -> str:
    """A name on a sign: plain words, possessives, no legal form."""
    first, second = rng.sample(words("sign_words"), 2)
    faker = faker_for(rng, "en")
    name = rng.choice(
        (
            f"{first} {second}",
            f"The {first} {second}",
            f"{first} & {second}",
            f"{faker.first_name()}'s",
            f"{faker.last_name()}'s {second}",
            f"{first}{second.lower()}",
            f"{rng.randint(2, 99)} {first}",
            f"{faker.first_name()} & {faker.first_name()}",
        )
    )
    return str(name)


def _town(rng: Random) -> tuple[str, str, str]:
    postcode, town, state = rng.choice(words("towns")).split("|")
    return postcode, town, state


def _singapore_address(rng: Random) -> list[str]:
    street = (
        f"{rng.randint(1, 900)} {rng.choice(words('streets'))} {rng.choice(('ROAD', 'AVENUE', 'STREET'))}"
    )
    unit = f"#{make_code(rng, '0#-##')}"
    return [f"{street} {unit}", f"SINGAPORE {make_code(rng, '######')}"]


def _asian_address(rng: Random) -> list[str]:
    """Malaysian and Indian ways of writing an address, broken into lines anywhere."""
    postcode, town, state = _town(rng)
    road = rng.choice(("JALAN", "JALAN", "JLN", "Jalan", "LORONG", "Persiaran"))
    number = make_code(rng, rng.choice(words("code_styles", "road_number")))
    parts = [
        _house_number(rng),
        f"{road} {rng.choice(words('streets'))} {number}".strip(),
        *([f"{rng.choice(words('areas'))} {rng.choice(words('streets'))}"] if rng.random() < 0.7 else []),
        *_postcode_and_town(rng, postcode, town, state),
    ]
    if rng.random() < 0.2:
        parts.append("MALAYSIA")
    if rng.random() < 0.35:
        return _wrapped(parts, rng)
    # Where a line ends without one, the next may still be of the address.
    comma = rng.choice((",", ",", "", "", "", "."))
    breaks = rng.choice((0.3, 0.6, 1.0))
    lines = [parts[0]]
    for place, part in enumerate(parts[1:], start=1):
        # The number stays with its street, as a rule.
        if rng.random() < (0.15 if place == 1 else breaks):
            lines[-1] += comma
            lines.append(part)
        else:
            lines[-1] += f", {part}"
    lines[-1] += rng.choice(("", "", "."))
    return [line.upper() for line in lines] if rng.random() < 0.7 else lines


def _house_number(rng: Random) -> str:
    """A number after one of the patterns; of several, each is a little more than the one before."""
    number = rng.randint(1, rng.choice((40, 399)))
    first, *others = rng.choice(words("house_numbers")).split("{}")
    return first + "".join(f"{number + 2 * place}{text}" for place, text in enumerate(others))


def _postcode_and_town(rng: Random, postcode: str, town: str, state: str) -> list[str]:
    """What ends an address: the postcode with the town, or the town and then the postcode with the state."""
    if rng.random() < 0.1:
        return [town, f"{postcode} {state}"]
    return [f"{postcode} {town}", *([state] if rng.random() < 0.6 else [])]


def _wrapped(parts: list[str], rng: Random) -> list[str]:
    """The parts as running text, broken wherever the paper ends."""
    text = rng.choice((", ", ", ", ",", " ")).join(parts) + rng.choice(("", "", "."))
    lines = textwrap.wrap(text, rng.randint(20, 44), break_long_words=False, break_on_hyphens=False)
    return [line.upper() for line in lines] if rng.random() < 0.7 else lines
