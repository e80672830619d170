from __future__ import annotations

import re
from dataclasses import fields, replace
from html import unescape

import pytest

from docvlm.errors import UsageError
from finetune.page.settings_form import HELD_OUT_SHARES, form_html, held_out_of, settings_of
from finetune.training.settings import PRESETS, Method, TrainingSettings
from finetune.training.settings_text import parse_setting, setting_text

UNUSUAL = TrainingSettings(
    base_model="some/model",
    method=Method.DORA,
    vision=False,
    targets=("q_proj", "v_proj"),
    minutes=3.5,
    learning_rate=2e-4,
    threads=2,
    seed=7,
)


def _sent(html: str) -> dict[str, str]:
    """What a browser sends of the form as it stands."""
    sent = {}
    for tag in re.findall(r"<input [^>]+>", html):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            sent[name[1]] = unescape(value[1] if value else "")
    for name, options in re.findall(r'<select [^>]*name="([^"]+)">(.*?)</select>', html):
        chosen = re.search(r"<option selected>([^<]+)", options)
        assert chosen is not None
        sent[name] = chosen[1]
    return sent


def _form(settings: TrainingSettings, preset: str = "balanced") -> str:
    return form_html(settings, preset, None, "labels", {}, may_start=True, who_may="anna")


@pytest.mark.parametrize("settings", [*PRESETS.values(), UNUSUAL])
def test_what_the_form_shows_is_what_is_trained_with(settings: TrainingSettings) -> None:
    assert settings_of(_sent(_form(settings)), "embedded", "balanced") == settings


def test_every_setting_stands_in_the_form_once_with_its_help() -> None:
    html = _form(TrainingSettings())
    for item in fields(TrainingSettings):
        assert html.count(f'name="set.{item.name}"') == 1
        assert str(item.metadata["help"])[:30] in unescape(html)


def test_a_form_without_settings_is_the_preset_over_the_model_in_use() -> None:
    found = settings_of({"preset": "quick"}, "some/model", "fast")
    assert found == replace(PRESETS["quick"], base_model="some/model", tiles="fast")


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"set.rank": "many"}, "rank"),
        (_sent(_form(TrainingSettings())) | {"set.rank": "0"}, "rank"),
        ({"set.learning_rate": "nan"}, "learning_rate"),
        ({"set.method": "magic"}, "magic"),
        ({"preset": "huge"}, "huge"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(sent: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        settings_of(sent, "embedded", "balanced")


def test_names_that_are_no_settings_are_passed_over() -> None:
    sent = _sent(_form(TrainingSettings())) | {"set.__class__": "x", "other": "y"}
    assert settings_of(sent, "embedded", "balanced") == TrainingSettings()


def test_settings_as_text_come_back() -> None:
    for item in fields(TrainingSettings):
        value = getattr(UNUSUAL, item.name)
        assert parse_setting(item.name, setting_text(value)) == value
    assert parse_setting("targets", "none") == () and parse_setting("minutes", "none") is None


def test_the_share_held_back_is_one_of_those_offered() -> None:
    for share in HELD_OUT_SHARES:
        assert held_out_of(f"{share:g}") == share
    assert held_out_of("0.99") is held_out_of("") is held_out_of("all") is None


def test_presets_say_how_long_they_take_and_who_may_start() -> None:
    html = form_html(
        TrainingSettings(),
        "quick",
        0.25,
        "<x>",
        {"quick": "about 2 min"},
        may_start=False,
        who_may="an administrator",
    )
    assert "about 2 min" in html and 'data-choice="preset:quick" aria-pressed="true"' in html
    assert 'id="tune-start"' not in html and "Only an administrator can train" in html
    assert "<x>" not in html
