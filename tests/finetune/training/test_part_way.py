"""An adapter part of the way between its base and what was trained."""

from __future__ import annotations

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from torch import nn

from finetune.training.part_way import base_of_full_layers, part_way, part_way_in


class Reader(nn.Module):
    """Two linear layers: one gets low-rank updates, the other learns in full."""

    def __init__(self) -> None:
        super().__init__()
        self.connector = nn.Linear(4, 4)
        self.language = nn.Linear(4, 2)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        told: torch.Tensor = self.language(self.connector(pixels))
        return told


def trained_model() -> PeftModel:
    torch.manual_seed(0)
    model = get_peft_model(Reader(), LoraConfig(target_modules=["language"], modules_to_save=["connector"]))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter))
    return model


def effective_weights(model: PeftModel) -> list[torch.Tensor]:
    """The weights that the two layers compute with."""
    layer = model.base_model.model.language
    return [
        model.base_model.model.connector.modules_to_save["default"].weight,
        layer.base_layer.weight + layer.get_delta_weight("default"),
    ]


def test_the_weights_are_between_the_base_and_the_trained_ones() -> None:
    model = trained_model()
    base = [model.base_model.model.connector.original_module.weight, model.base_model.model.language.weight]
    trained = [weight.clone() for weight in effective_weights(model)]
    kept = part_way(get_peft_model_state_dict(model), 0.25, base_of_full_layers(model))
    set_peft_model_state_dict(model, kept)
    for before, between, after in zip(base, effective_weights(model), trained, strict=True):
        assert not torch.allclose(before, after)
        torch.testing.assert_close(between, before + 0.25 * (after - before))


def test_a_model_in_training_computes_with_what_is_kept_and_goes_on_as_it_was() -> None:
    model = trained_model()
    trained = {name: weight.clone() for name, weight in model.state_dict().items()}
    kept = part_way(get_peft_model_state_dict(model), 0.25, base_of_full_layers(model))
    with part_way_in(model, 0.25):
        found = get_peft_model_state_dict(model)
        assert found.keys() == kept.keys()
        assert all(torch.equal(found[name], weight) for name, weight in kept.items())
    assert all(torch.equal(weight, trained[name]) for name, weight in model.state_dict().items())
    assert any(
        not torch.equal(kept[name], weight) for name, weight in get_peft_model_state_dict(model).items()
    )


def test_all_of_the_way_is_what_was_trained() -> None:
    model = trained_model()
    weights = get_peft_model_state_dict(model)
    kept = part_way(weights, 1.0, base_of_full_layers(model))
    assert all(torch.allclose(kept[name], weight) for name, weight in weights.items())
