"""A model with what it has seen: forks go their own ways and grow in place."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from docvlm.models.cached_model import CachedModel
from docvlm.models.roomy_cache import ROOM
from tests.finetune.tiny import tiny_llama

PAGE = list(range(3, 23))


@pytest.fixture
def model() -> Any:
    torch.manual_seed(0)
    return tiny_llama(64)


@pytest.fixture
def page(model: Any) -> CachedModel:
    cached = CachedModel(model)
    cached.forward(PAGE)
    return cached


def at_once(model: Any, token_ids: list[int]) -> torch.Tensor:
    return CachedModel(model).forward(token_ids)


def keys(cached: CachedModel) -> torch.Tensor:
    return cached._cache.layers[0].keys


def test_a_fork_leaves_its_origin_as_it_is(model: Any, page: CachedModel) -> None:
    first, second = page.fork(), page.fork()
    first.forward([5, 6, 7])
    torch.testing.assert_close(second.forward([8]), at_once(model, [*PAGE, 8]))
    torch.testing.assert_close(first.forward([9]), at_once(model, [*PAGE, 5, 6, 7, 9]))
    torch.testing.assert_close(page.forward([10]), at_once(model, [*PAGE, 10]))
    assert (page.length, first.length, second.length) == (len(PAGE) + 1, len(PAGE) + 4, len(PAGE) + 1)


def test_a_fork_of_a_fork_keeps_what_its_origin_takes_back(model: Any, page: CachedModel) -> None:
    reply = page.fork()
    reply.forward([5, 6, 7])
    later = reply.fork()
    reply.drop(2)
    reply.forward([11, 12])
    torch.testing.assert_close(later.forward([9]), at_once(model, [*PAGE, 5, 6, 7, 9]))
    torch.testing.assert_close(reply.forward([9]), at_once(model, [*PAGE, 5, 11, 12, 9]))


def test_a_fork_of_nothing_begins_like_any_other(model: Any) -> None:
    torch.testing.assert_close(CachedModel(model).fork().forward(PAGE), at_once(model, PAGE))


def test_tokens_that_were_taken_back_are_forgotten(model: Any, page: CachedModel) -> None:
    reply = page.fork()
    reply.forward([5, 6, 7])
    reply.drop(2)
    assert reply.token_ids == (*PAGE, 5)
    torch.testing.assert_close(reply.forward([9]), at_once(model, [*PAGE, 5, 9]))


def test_a_reply_is_written_beside_its_page_and_not_copied_at_every_token(page: CachedModel) -> None:
    reply = page.fork()
    assert keys(reply).data_ptr() == keys(page).data_ptr()
    reply.forward([5])
    place = keys(reply).data_ptr()
    assert place != keys(page).data_ptr()
    for token in range(6, 16):
        reply.forward([token])
        assert keys(reply).data_ptr() == place


def test_a_reply_outgrows_its_room(model: Any, page: CachedModel) -> None:
    reply, tokens = page.fork(), [token % 60 for token in range(ROOM + 40)]
    for start in range(0, len(tokens), 16):
        last = reply.forward(tokens[start : start + 16])
    torch.testing.assert_close(last, at_once(model, [*PAGE, *tokens]))
