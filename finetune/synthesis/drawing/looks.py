"""Chains of effects: how a page came into the computer."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from random import Random

from docvlm.types import GrayImage, RgbImage
from finetune.synthesis.drawing import effects
from finetune.synthesis.drawing.paint import Picture
from finetune.synthesis.drawing.warp import bend, photographed, turn


class Look(StrEnum):
    """The way a page was taken."""

    DIGITAL = "digital"
    SCAN = "scan"
    COPY = "copy"
    FAX = "fax"
    PHOTO = "photo"


_SHARES = {
    "receipt": (8, 40, 8, 2, 42),
    "id_card": (10, 25, 15, 2, 48),
    "ticket": (30, 20, 5, 2, 43),
    "screenshot": (90, 0, 0, 0, 10),
}
_USUAL_SHARES = (28, 37, 12, 7, 16)


def choose_look(kind: str, rng: Random) -> Look:
    """A look by how often documents of a kind come that way."""
    looks: list[Look] = [*Look]
    return rng.choices(looks, _SHARES.get(kind, _USUAL_SHARES))[0]


def apply_look(picture: Picture, kind: str, look: Look, rng: Random) -> Picture:
    """The picture as it looks once it was taken that way; boxes follow."""
    chain = {
        Look.DIGITAL: _digital,
        Look.SCAN: _scan,
        Look.COPY: _copy,
        Look.FAX: _fax,
        Look.PHOTO: _photo,
    }[look]
    if kind == "receipt" and look is not Look.DIGITAL and rng.random() < 0.7:
        picture = _pixels(picture, effects.thermal(picture.image, rng, rng.uniform(0.1, 0.55)))
    return chain(picture, rng)


def _digital(picture: Picture, rng: Random) -> Picture:
    if rng.random() < 0.4:
        return _pixels(picture, effects.jpeg(picture.image, rng, rng.randint(55, 92)))
    return picture


def _scan(picture: Picture, rng: Random) -> Picture:
    """Flat light, a little skewed, sometimes folded or stained before."""
    picture = _used(picture, rng, 0.3)
    if rng.random() < 0.75:
        level = rng.randint(225, 255)
        picture = turn(picture, _bell(rng, 0.8, 2.5), (level, level, level))
    image = effects.contrast(picture.image, rng.randint(0, 60), rng.randint(228, 255))
    if rng.random() < 0.5:
        image = effects.tint(image, rng, 0.12)
    if rng.random() < 0.3:
        image = effects.edges(image, rng, rng.uniform(0.2, 0.7))
    if rng.random() < 0.4:
        image = effects.dirt(image, rng, rng.random())
    if rng.random() < 0.6:
        image = effects.blur(image, rng, rng.uniform(0.4, 0.9))
    image = effects.noise(image, rng, rng.uniform(1.0, 7.0))
    return _pixels(picture, effects.jpeg(image, rng, rng.randint(40, 92)))


def _copy(picture: Picture, rng: Random) -> Picture:
    picture = turn(picture, _bell(rng, 0.9, 2.5), (250, 250, 250))
    image = effects.blur(picture.image, rng, rng.uniform(0.5, 0.9))
    image = effects.wear(image, rng, rng.uniform(0.0, 0.12))
    image = effects.photocopy(image, rng, rng.random())
    image = effects.edges(image, rng, rng.uniform(0.3, 0.9))
    image = effects.dirt(image, rng, rng.uniform(0.3, 1.0))
    return _pixels(picture, effects.jpeg(image, rng, rng.randint(45, 90)))


def _fax(picture: Picture, rng: Random) -> Picture:
    picture = turn(picture, _bell(rng, 0.6, 1.5), (255, 255, 255))
    image = effects.contrast(picture.image, 0, 255)
    image = effects.blur(image, rng, 0.6)
    image = effects.fax(image, rng, rng.random())
    if rng.random() < 0.5:
        image = effects.dirt(image, rng, rng.random() * 0.6)
    return _pixels(picture, image)


def _photo(picture: Picture, rng: Random) -> Picture:
    """On a desk, from a hand, in the light of a room."""
    picture = _used(picture, rng, 0.45)
    paper = None
    if rng.random() < 0.35:
        picture, paper = bend(picture, rng, rng.uniform(0.004, 0.02))
    picture = _on_ground(picture, paper, rng)
    image = picture.image
    if rng.random() < 0.8:
        image = effects.light(image, rng, rng.uniform(0.1, 0.4))
    if rng.random() < 0.4:
        image = effects.shadow(image, rng, rng.uniform(0.15, 0.45))
    image = effects.tint(image, rng, rng.uniform(0.0, 0.2))
    if rng.random() < 0.75:
        image = effects.blur(image, rng, rng.uniform(0.4, 1.1))
    image = effects.noise(image, rng, rng.uniform(1.0, 8.0))
    return _pixels(picture, effects.jpeg(image, rng, rng.randint(40, 90)))


def _used(picture: Picture, rng: Random, share: float) -> Picture:
    """Folded or worn before it was taken, in ``share`` of cases each."""
    image = picture.image
    if rng.random() < share:
        image = effects.fold(image, rng, rng.uniform(0.06, 0.22))
    if rng.random() < share / 2:
        image = effects.wear(image, rng, rng.uniform(0.02, 0.1))
    return _pixels(picture, image)


def _on_ground(picture: Picture, paper: GrayImage | None, rng: Random) -> Picture:
    """Laid on a ground a little larger, turned and seen from the side."""
    height, width = picture.image.shape[:2]
    rim = round(min(height, width) * rng.uniform(0.02, 0.12))
    below = effects.ground(height + 2 * rim, width + 2 * rim, rng)
    sway = min(height, width) * rng.uniform(0.0, 0.05)

    def corner(x: float, y: float) -> tuple[float, float]:
        return (
            min(max(x + rng.uniform(-sway, sway), 2), width + 2 * rim - 3),
            min(max(y + rng.uniform(-sway, sway), 2), height + 2 * rim - 3),
        )

    places = ((rim, rim), (rim + width, rim), (rim + width, rim + height), (rim, rim + height))
    return photographed(picture, below, [corner(x, y) for x, y in places], paper)


def _bell(rng: Random, spread: float, most: float) -> float:
    return max(-most, min(most, rng.gauss(0, spread)))


def _pixels(picture: Picture, image: RgbImage) -> Picture:
    return replace(picture, image=image)
