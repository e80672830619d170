"""Settings from the environment: every limit can be set, and what is no number is told by its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from docvlm.config import Limits, Settings
from docvlm.errors import UsageError


def test_limits_that_are_not_set_are_the_usual_ones() -> None:
    assert Settings.from_environment({"DOCVLM_HOME": "/x"}).limits == Limits()


def test_every_limit_has_its_variable() -> None:
    variables = {f"DOCVLM_LIMIT_{name.upper()}": "7" for name in Limits.__dataclass_fields__}
    limits = Settings.from_environment(variables | {"DOCVLM_HOME": "/x"}).limits
    assert {getattr(limits, name) for name in Limits.__dataclass_fields__} == {7}
    assert isinstance(limits.max_pages, int) and isinstance(limits.page_seconds, float)


@pytest.mark.parametrize("value", ["many", "1.5", "-3", "0"])
def test_a_limit_that_cannot_be_is_told(value: str) -> None:
    with pytest.raises(UsageError, match=r"(?i)max_pages"):
        Settings.from_environment({"DOCVLM_HOME": "/x", "DOCVLM_LIMIT_MAX_PAGES": value})


@pytest.mark.parametrize("value", ["inf", "nan", "-inf", "1e300", "604801"])
@pytest.mark.parametrize("name", ["page_seconds", "open_seconds"])
def test_a_time_limit_is_a_time_that_can_be_waited_for(name: str, value: str) -> None:
    """The worker's alarm clock takes no others: every page would make it crash."""
    variable = f"DOCVLM_LIMIT_{name.upper()}"
    with pytest.raises(UsageError, match=f"{name} must be (above zero|at most 604,800)"):
        Settings.from_environment({"DOCVLM_HOME": "/x", variable: value})
    assert Settings.from_environment({"DOCVLM_HOME": "/x", variable: "604800"}).limits


def test_a_limit_of_memory_is_one_that_the_kernel_takes() -> None:
    with pytest.raises(UsageError, match="worker_bytes"):
        Limits(worker_bytes=2**63)


def test_a_limit_that_is_no_number_is_told_what_to_set() -> None:
    with pytest.raises(UsageError) as refused:
        Settings.from_environment({"DOCVLM_HOME": "/x", "DOCVLM_LIMIT_PAGE_SECONDS": "long"})
    assert str(refused.value) == (
        "DOCVLM_LIMIT_PAGE_SECONDS is 'long', which is not a number. Set it to a number, or unset it."
    )


def test_log_and_run_id() -> None:
    settings = Settings.from_environment(
        {"DOCVLM_HOME": "/x", "DOCVLM_LOG": "/logs/a.jsonl", "DOCVLM_RUN_ID": "7"}
    )
    assert (settings.log_file, settings.run_id) == (Path("/logs/a.jsonl"), "7")


def test_a_home_of_somebody_unknown_is_told() -> None:
    with pytest.raises(UsageError, match=r"DOCVLM_HOME is '~nobody-here/docvlm'"):
        Settings.from_environment({"DOCVLM_HOME": "~nobody-here/docvlm"})
