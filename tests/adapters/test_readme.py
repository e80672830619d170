from __future__ import annotations

from docvlm.adapters import AdapterCard, Figure
from docvlm.adapters.readme import readme

HUB = AdapterCard("bills", "HuggingFaceTB/SmolVLM-256M-Instruct", "abc", tiling="idefics3", documents=20)


def test_an_adapter_over_a_published_model_names_it_to_the_hub() -> None:
    text = readme(HUB)
    assert text.startswith(
        "---\nlibrary_name: peft\nbase_model: HuggingFaceTB/SmolVLM-256M-Instruct\n---\n\n# bills\n"
    )
    assert "on 20 labelled documents" in text and "`idefics3` tiles" in text
    assert 'from_pretrained("HuggingFaceTB/SmolVLM-256M-Instruct")' in text
    assert "not judged" in text


def test_a_folder_of_this_machine_is_no_model_of_the_hub() -> None:
    assert "base_model:" not in readme(AdapterCard("bills", "/home/me/checkpoint", "abc"))


def test_the_embedded_base_is_said_to_be_more_than_its_language_model() -> None:
    text = readme(AdapterCard("bills", "embedded", "abc"))
    assert "not SmolLM2 alone" in text and "adapters merge none BASE" in text
    assert "AutoModelForCausalLM" in text


def test_figures_say_whether_it_won() -> None:
    card = AdapterCard("bills", "embedded", "abc", figures=(Figure("total", 0.5, 0.75),))
    assert "did not win" in readme(card)
    won = readme(AdapterCard("bills", "embedded", "abc", figures=card.figures, promoted=True))
    assert "It won over its base" in won and "| total | 0.500 | 0.750 |" in won
