from transformers import DynamicCache

from docvlm.models.prefix_cache import Prefix, PrefixCache


def prefix(length: int) -> Prefix:
    return Prefix(DynamicCache(), length)


def test_the_page_used_least_recently_goes_first() -> None:
    cache = PrefixCache(max_tokens=100)
    cache.put("a", prefix(40))
    cache.put("b", prefix(40))
    assert cache.get("a") is not None
    cache.put("c", prefix(40))
    assert cache.get("b") is None
    assert cache.get("a") is not None
    assert cache.tokens == 80


def test_a_page_larger_than_the_bound_is_kept_alone() -> None:
    cache = PrefixCache(max_tokens=100)
    cache.put("a", prefix(40))
    cache.put("b", prefix(400))
    assert cache.get("a") is None
    assert cache.get("b") is not None
