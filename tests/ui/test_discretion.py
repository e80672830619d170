from __future__ import annotations

import pytest

from docvlm.errors import InputError, ModelError
from docvlm.model_names import short_name
from docvlm.models.protocol import Engine
from docvlm.ui.discretion import discreet, without_folders
from docvlm.ui.engine_loader import EngineLoader

AS_THEY_ARE = [
    "Give 'embedded', an existing folder or a Hub name such as HuggingFaceTB/SmolVLM-256M-Instruct.",
    "The model server at http://127.0.0.1:8000/v1#name and/or https://example.org/a does not answer.",
    "Run 'python -m docvlm setup' and wait 15 s / 40 s.",
]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("There is no model folder at '/srv/secret/no-model'.", "There is no model folder at 'no-model'."),
        ("The model in '/srv/my models/x' is damaged.", "The model in 'x' is damaged."),
        ("The adapter in /srv/adapters/bills does not fit.", "The adapter in bills does not fit."),
        ("Loading /srv/secret/smolvlm.", "Loading smolvlm."),
        ("It lies in ~/models/x, or in (C:\\models\\y).", "It lies in x, or in (y)."),
        ("No such file: '../secret/config.json'", "No such file: 'config.json'"),
        *((text, text) for text in AS_THEY_ARE),
    ],
)
def test_paths_are_cut_to_their_last_part(text: str, told: str) -> None:
    assert without_folders(text) == told


def test_a_folder_goes_by_its_last_part_and_other_names_stay() -> None:
    assert short_name("/srv/my models/smol vlm") == "smol vlm"
    assert short_name("~/models/x/") == "x"
    for name in ("embedded", "org/model", "http://127.0.0.1:8000/v1#model"):
        assert short_name(name) == name


def test_the_whole_path_is_in_the_log_only(caplog: pytest.LogCaptureFixture) -> None:
    loader = EngineLoader()
    loader.report("Loading /srv/secret/no-model.")
    assert loader.line == "Loading no-model."

    def fail() -> Engine:
        raise ModelError("There is no model folder at '/srv/secret/no-model'.", "Check the path.")

    loader.start(fail)
    assert loader.wait(10)
    assert str(loader.failure) == "There is no model folder at 'no-model'. Check the path."
    assert "/srv/secret/no-model" in caplog.text


def test_what_names_no_path_is_the_same_error() -> None:
    error = InputError("This is no PDF.", "Open another file.")
    assert discreet(error) is error
