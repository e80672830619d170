"""ZeroGPU: replies and training in processes that are lent a GPU, by the real package ``spaces``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docvlm.models.lent_gpu import is_lent
from tests.models.zero_gpu_space import WITHOUT_CUDA, lending, run_in_space

_SPACE = f"""{WITHOUT_CUDA}
import json, os, threading
from docvlm.models import lent_gpu
lent_gpu.prepare()
from docvlm.config import Settings
from docvlm.errors import Cancelled, ModelError
from docvlm.models.device import pick_device
from docvlm.models.protocol import GenerationRequest, PageInput
from docvlm.pipeline import Workspace
workspace = Workspace(Settings.from_environment())
page = PageInput("page", "Receipt 17\\nTotal 22.80\\nThank you")
question = GenerationRequest("Question: What is the total?", max_tokens=40)
"""


@pytest.mark.slow
def test_answers_come_from_a_process_that_was_lent_a_gpu(
    spaces_package: Path, model_home: Path, samples: Path
) -> None:
    script = f"""{_SPACE}
with workspace, workspace.open({str(samples / "receipt.jpg")!r}) as document:
    answers = [document.ask(question).text for question in ("What is the date?", "What is the total?")]
    print(json.dumps([os.getpid(), str(pick_device()), answers]))
"""
    with lending() as lender:
        app, device, answers = json.loads(run_in_space(script, spaces_package, lender, model_home))
    assert device == "cpu"  # the app's own process has no GPU, whatever torch says there
    assert None not in answers
    assert len(lender.processes) == 1 and app not in lender.processes
    assert lender.given_back == len(lender.seconds) >= 2
    assert 0 < min(lender.seconds) <= max(lender.seconds) <= 60


@pytest.mark.slow
def test_stopping_errors_and_a_change_of_model_reach_that_process(
    spaces_package: Path, model_home: Path
) -> None:
    script = f"""{_SPACE}
engine, told = workspace.engine, []
cancel = threading.Event()
steps = engine.generate(page, question, cancel)
first = next(steps)
cancel.set()
try:
    next(steps)
except Cancelled:
    told.append("stopped")
try:
    list(engine.generate(PageInput("long", "word " * 9000), question))
except ModelError as error:
    told.append(str(error))
lent_gpu._engines.clear()  # as in a process that was forked before this model was loaded
told.append("".join(step.text for step in engine.generate(page, question)))
before = engine.card.revision
workspace.use_model("embedded")
told.append("".join(step.text for step in workspace.engine.generate(page, question)))
workspace.close()
print(json.dumps(told))
"""
    with lending() as lender:
        stopped, too_long, reply, after = json.loads(run_in_space(script, spaces_package, lender, model_home))
    assert stopped == "stopped"
    assert "has room for" in too_long and "Ask about fewer pages" in too_long
    assert reply and after == reply
    assert lender.given_back == len(lender.seconds) == 4


@pytest.mark.slow
def test_where_no_gpu_can_be_lent_the_page_says_so(spaces_package: Path, model_home: Path) -> None:
    script = f"""{_SPACE}
from docvlm.ui.callbacks import sentence
try:
    list(workspace.engine.generate(page, question))
except Exception as error:
    print(json.dumps(str(sentence(error))))
workspace.close()
"""
    with lending() as lender:
        lender.refuses = True
        told = json.loads(run_in_space(script, spaces_package, lender, model_home))
    assert told == "ZeroGPU client error: No GPU was available. Try again later."


def test_elsewhere_nothing_is_lent() -> None:
    assert not is_lent({}) and not is_lent({"SPACES_ZERO_GPU": "0", "SPACE_ID": "someone/docvlm"})
    assert is_lent({"SPACES_ZERO_GPU": "true"}) and is_lent({"SPACES_ZERO_GPU": "1"})
