from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from docvlm.ingest.resolution import (
    HIGHEST_DPI,
    LEGIBLE_EM_PIXELS,
    LONGEST_SIDE_PIXELS,
    plan_rendering,
    smallest_common_font_size,
)

A4 = (595.0, 842.0)
PIXELS = 16_000_000
sides = st.floats(0.5, 100_000)


@given(
    sides,
    sides,
    st.integers(1_000, 50_000_000),
    st.none() | st.integers(10, 1200),
    st.none() | st.floats(0.5, 500),
    st.none() | st.floats(1, 4000),
)
def test_a_plan_keeps_within_its_limits(width, height, pixels, dpi, font, scan) -> None:
    plan = plan_rendering(width, height, pixels, dpi=dpi, smallest_font_points=font, scan_dpi=scan)
    if plan is None:
        at_one_dpi = max(1, round(width / 72)), max(1, round(height / 72))
        assert at_one_dpi[0] * at_one_dpi[1] > pixels or max(at_one_dpi) > LONGEST_SIDE_PIXELS
        return
    assert plan.dpi >= 1 and plan.width >= 1 and plan.height >= 1
    assert plan.width * plan.height <= pixels
    assert max(plan.width, plan.height) <= LONGEST_SIDE_PIXELS
    assert abs(plan.width - width / plan.points_per_pixel) <= 1
    assert abs(plan.height - height / plan.points_per_pixel) <= 1
    assert plan.limited_from is None or plan.limited_from > plan.dpi


def test_small_print_gets_more_dots_than_large_print() -> None:
    small = plan_rendering(*A4, PIXELS, smallest_font_points=6)
    large = plan_rendering(*A4, PIXELS, smallest_font_points=12)
    assert small is not None and large is not None
    assert 6 * small.dpi / 72 >= LEGIBLE_EM_PIXELS
    assert 150 <= large.dpi < small.dpi <= HIGHEST_DPI


def test_a_scan_is_never_drawn_finer_than_it_was_scanned() -> None:
    for scan_dpi in (72, 96, 150, 204):
        plan = plan_rendering(*A4, PIXELS, scan_dpi=scan_dpi)
        assert plan is not None and plan.dpi == scan_dpi


def test_a_fine_scan_under_a_printed_header_keeps_its_resolution() -> None:
    plan = plan_rendering(*A4, PIXELS, scan_dpi=300, smallest_font_points=12)
    assert plan is not None and plan.dpi == 300


def test_a_huge_page_is_bounded_and_says_what_was_wanted() -> None:
    plan = plan_rendering(14_400, 14_400, PIXELS)
    assert plan is not None
    assert plan.width * plan.height <= PIXELS
    assert plan.limited_from == 200


def test_a_tiny_page_gets_more_dots() -> None:
    plan = plan_rendering(100, 50, PIXELS, smallest_font_points=12)
    assert plan is not None and plan.dpi == HIGHEST_DPI


def test_what_was_asked_for_is_kept_when_it_fits() -> None:
    plan = plan_rendering(*A4, PIXELS, dpi=97, smallest_font_points=4)
    assert plan is not None and plan.dpi == 97


def test_one_tiny_footnote_does_not_decide_but_a_tenth_of_the_text_does() -> None:
    assert smallest_common_font_size([(2.0, 3), (10.0, 500)]) == 10.0
    assert smallest_common_font_size([(6.0, 100), (10.0, 900)]) == 6.0
    assert smallest_common_font_size([]) is None
