"""The contracts against transformers' own processors: same crops, same order, same prompt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    Idefics2ImageProcessorPil,
    Idefics2Processor,
    Idefics3ImageProcessorPil,
    Idefics3Processor,
    PreTrainedTokenizerFast,
    ProcessorMixin,
    Qwen2_5_VLProcessor,
    SmolVLMImageProcessorPil,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.smolvlm.processing_smolvlm import get_image_prompt_string

from docvlm.errors import ModelError, UsageError
from docvlm.tiling.contracts import Contract, contract_for
from docvlm.types import RgbImage

TOKENS_PER_VIEW = 5
PAGES = [(1400, 2000), (386, 386), (364, 200), (60, 1500), (701, 703)]
PROMPT_PAGES = [(700, 400), (60, 900), (364, 364)]
PROCESSORS = {
    "idefics2": Idefics2ImageProcessorPil(do_image_splitting=True),
    "idefics2 unsplit": Idefics2ImageProcessorPil(
        do_image_splitting=False, size={"shortest_edge": 100, "longest_edge": 300}
    ),
    "idefics3": Idefics3ImageProcessorPil(),
    "idefics3 unsplit": Idefics3ImageProcessorPil(do_image_splitting=False),
    "smolvlm": SmolVLMImageProcessorPil(size={"longest_edge": 1024}, max_image_size={"longest_edge": 512}),
    "qwen2_5_vl": Qwen2VLImageProcessorPil(),
    "qwen2_5_vl small": Qwen2VLImageProcessorPil(
        size={"shortest_edge": 112 * 112, "longest_edge": 28 * 28 * 64}, image_mean=[0.1, 0.2, 0.3]
    ),
}


def noise(width: int, height: int) -> RgbImage:
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def contract(name: str) -> Contract:
    return contract_for(name.split()[0], PROCESSORS[name].to_dict(), TOKENS_PER_VIEW)


def tokenizer() -> PreTrainedTokenizerFast:
    """Words are single letters; the special tokens are those of the checkpoints."""
    special = ["<unk>", "<fake_token_around_image>", "<image>", "<end_of_utterance>", "<global-img>", "\n"]
    special += ["<|image_pad|>", "<|video_pad|>"]
    special += [f"<row_{row}_col_{column}>" for row in range(1, 8) for column in range(1, 8)]
    vocabulary = {token: index for index, token in enumerate([*special, *"abcdefg"])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="<unk>", additional_special_tokens=special
    )


class QwenImageProcessor(Qwen2_5_VLProcessor):
    """The real processor without its video half, which cannot be made without torchvision."""

    def __init__(self, image_processor: Any, tokenizer: Any) -> None:
        self.image_token, self.video_token = "<|image_pad|>", "<|video_pad|>"
        self.image_token_id, self.video_token_id = tokenizer.convert_tokens_to_ids(
            [self.image_token, self.video_token]
        )
        ProcessorMixin.__init__(self, image_processor, tokenizer)


@pytest.mark.parametrize("page_size", PAGES)
@pytest.mark.parametrize("name", PROCESSORS)
def test_pixels_are_those_of_transformers(name: str, page_size: tuple[int, int]) -> None:
    page = noise(*page_size)
    theirs = PROCESSORS[name](Image.fromarray(page), return_tensors="np")
    ours = contract(name).tensors(page, contract(name).plan(*page_size))
    np.testing.assert_array_equal(ours.pixel_values, theirs["pixel_values"])
    if ours.image_grid_thw is None:
        np.testing.assert_array_equal(ours.pixel_attention_mask, theirs["pixel_attention_mask"])
    else:
        np.testing.assert_array_equal(ours.image_grid_thw, theirs["image_grid_thw"])


@pytest.mark.parametrize("page_size", PROMPT_PAGES)
@pytest.mark.parametrize("name", ["idefics2", "idefics2 unsplit"])
def test_idefics2_prompt(name: str, page_size: tuple[int, int]) -> None:
    processor = Idefics2Processor(PROCESSORS[name], tokenizer(), image_seq_len=TOKENS_PER_VIEW)
    check_prompt(processor, contract(name), page_size, "<image>")


@pytest.mark.parametrize("page_size", PROMPT_PAGES)
@pytest.mark.parametrize("name", ["idefics3", "idefics3 unsplit"])
def test_idefics3_prompt(name: str, page_size: tuple[int, int]) -> None:
    processor = Idefics3Processor(PROCESSORS[name], tokenizer(), image_seq_len=TOKENS_PER_VIEW)
    two_breaks = len(processor.tokenizer("\n\n", add_special_tokens=False)["input_ids"])
    settings = PROCESSORS[name].to_dict()
    check_prompt(
        processor, contract_for("idefics3", settings, TOKENS_PER_VIEW, two_breaks), page_size, "<image>"
    )


@pytest.mark.parametrize("page_size", PROMPT_PAGES)
@pytest.mark.parametrize("name", ["qwen2_5_vl", "qwen2_5_vl small"])
def test_qwen_prompt(name: str, page_size: tuple[int, int]) -> None:
    processor = QwenImageProcessor(PROCESSORS[name], tokenizer())
    check_prompt(processor, contract(name), page_size, "<|image_pad|>")


@pytest.mark.parametrize("page_size", PROMPT_PAGES)
def test_smolvlm_prompt(page_size: tuple[int, int]) -> None:
    processor = PROCESSORS["smolvlm"]
    page = Image.fromarray(noise(*page_size))
    grid = processor(page, return_tensors="np", return_row_col_info=True)
    expected = get_image_prompt_string(
        grid["rows"][0][0],
        grid["cols"][0][0],
        TOKENS_PER_VIEW,
        fake_token_around_image="<fake_token_around_image>",
        image_token="<image>",
        global_image_token="<global-img>",
    )
    plan = contract("smolvlm").plan(*page_size)
    assert contract("smolvlm").prompt(plan) == expected
    assert (plan.rows, plan.columns) == (grid["rows"][0][0], grid["cols"][0][0])


def check_prompt(processor: Any, ours: Contract, page_size: tuple[int, int], placeholder: str) -> None:
    """Their token ids with the page in the prompt are ours with the contract's text in its place."""
    theirs = processor(images=Image.fromarray(noise(*page_size)), text=f"a {placeholder} b")["input_ids"][0]
    plan = ours.plan(*page_size)
    assert list(theirs) == processor.tokenizer(f"a {ours.prompt(plan)} b")["input_ids"]
    assert len(theirs) - 2 == plan.tokens


def test_idefics3_upscales_as_its_authors_do() -> None:
    """docvlm's own strategy shows a page of 386 pixels in one view; Idefics3 takes 17."""
    plan = contract("idefics3").plan(386, 386)
    assert len(plan.tiles) == 17


@pytest.mark.parametrize(("name", "width", "height"), [("idefics2", 1, 500), ("qwen2_5_vl", 3, 900)])
def test_pages_that_a_checkpoint_cannot_take_are_refused(name: str, width: int, height: int) -> None:
    with pytest.raises(UsageError):
        contract(name).plan(width, height)


def test_unknown_families_and_damaged_settings_are_refused() -> None:
    settings = PROCESSORS["idefics2"].to_dict()
    with pytest.raises(ModelError, match="blip"):
        contract_for("blip", settings, TOKENS_PER_VIEW)
    del settings["size"]["longest_edge"]
    with pytest.raises(ModelError, match="not understood"):
        contract_for("idefics2", settings, TOKENS_PER_VIEW)


def test_idefics3_shrinks_what_is_larger_than_its_authors_allow() -> None:
    processor = SmolVLMImageProcessorPil(size={"longest_edge": 4500}, max_image_size={"longest_edge": 512})
    plan = contract_for("smolvlm", processor.to_dict(), TOKENS_PER_VIEW).plan(90, 200)
    rows, columns = processor.get_number_of_image_patches(200, 90)[1:]
    assert (plan.rows, plan.columns) == (rows, columns) == (8, 4)
