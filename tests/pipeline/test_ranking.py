from docvlm.pipeline.ranking import rank_texts

PAGES = [
    "cover page of the agreement",
    "termination: notice period of three months",
    "fees: échéance 30 days",
]


def test_the_page_with_the_rare_words_comes_first() -> None:
    assert rank_texts("What is the notice period?", PAGES)[0] == 1


def test_accents_and_case_do_not_matter() -> None:
    assert rank_texts("ECHEANCE", PAGES)[0] == 2


def test_without_a_match_the_order_of_pages_stays() -> None:
    assert rank_texts("zebra", PAGES) == [0, 1, 2]


def test_nothing_to_rank() -> None:
    assert rank_texts("total", []) == []
