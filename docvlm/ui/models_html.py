"""The tab Models as HTML: what is in use, which others can be named, what each tile budget costs here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from docvlm.model_names import EMBEDDED, short_name
from docvlm.models.protocol import EngineCard
from docvlm.models.server.address import is_server_address
from docvlm.pipeline import PageCost
from docvlm.tiling import TilePlan
from docvlm.ui.budget_words import meaning_html
from docvlm.ui.documents_list import day
from docvlm.ui.kept_costs import KeptCost

_NOTICED_SECONDS = 0.05
_UNMEASURED = "What a page costs with another model is not known before: it is measured once it is loaded."
_OTHERS_UNMEASURED = (
    "What it costs with any other model is not known before: it is measured once it is loaded."
)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """One way to name a model. ``example`` is shown where nothing is typed yet."""

    kind: str
    title: str
    hint: str
    example: str = ""


CHOICES = (
    ModelChoice(
        EMBEDDED,
        "Embedded",
        "SmolLM2-135M with docvlm's own training, 93 MB fetched once. Works offline on any laptop.",
    ),
    ModelChoice(
        "hub",
        "From the Hub",
        "Idefics2, Idefics3, SmolVLM or Qwen2.5-VL by name. Fetched once, safetensors only; "
        "how large it is stands on its page there.",
        "HuggingFaceTB/SmolVLM-256M-Instruct",
    ),
    ModelChoice(
        "folder",
        "Local folder",
        "A checkpoint of one of these kinds on this machine. Nothing is fetched.",
        "/models/smolvlm",
    ),
    ModelChoice(
        "server",
        "Server",
        "Any OpenAI-compatible address: vLLM, SGLang, llama.cpp, transformers serve. Nothing is fetched.",
        "http://127.0.0.1:8000/v1#model-name",
    ),
)


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A tile budget and the plan that it makes of the page; ``title`` says how many tiles it allows."""

    name: str
    title: str
    plan: TilePlan


def kind_of(model: str) -> str:
    """Which of ``CHOICES`` a model's name is."""
    if model == EMBEDDED:
        return EMBEDDED
    if is_server_address(model):
        return "server"
    return "folder" if Path(model).expanduser().is_dir() else "hub"


def in_use_html(card: EngineCard | None, line: str, budget: str, is_changing: bool) -> str:
    """What answers at present."""
    if card is None:
        return f'<div class="in-use"><p class="notice busy" role="status">{escape(line)}</p></div>'
    facts = [
        ("Adapter", Path(card.adapter).name if card.adapter else "none"),
        ("Sees", "pictures of the pages and their words" if card.sees_pixels else "the words of the pages"),
        ("Tiles", card.contract or budget if card.sees_pixels else "none"),
        ("Replies", "held to the page by a grammar" if card.follows_grammar else "checked against the page"),
        ("Revision", card.revision[:16]),
    ]
    rows = "".join(f"<div><dt>{title}</dt><dd>{escape(value)}</dd></div>" for title, value in facts)
    note = f'<p class="quiet">{escape(card.note)}</p>' if card.note else ""
    busy = (
        f'<p class="notice busy" role="status">{escape(line.rstrip(". "))}. '
        "The model before goes on answering until then.</p>"
        if is_changing
        else ""
    )
    return (
        '<section class="in-use"><h3>In use</h3>'
        f'<p class="model-name"><b>{escape(short_name(card.name))}</b></p>'
        f'<dl class="facts">{rows}</dl>{note}{busy}</section>'
    )


def choice_html(model: str, may_change: bool, who_may: str) -> str:
    """The form that names another model, or who may change it."""
    if not may_change:
        return (
            '<section><h3>Another model</h3><p class="quiet">The model is the same for everybody here. '
            f"Only {who_may} can change it.</p></section>"
        )
    current = kind_of(model)
    options = "".join(_option(choice, choice.kind == current, model) for choice in CHOICES)
    return (
        '<section><h3>Another model</h3><form class="model-form" data-form="model">'
        f'<fieldset><legend class="visually-hidden">Where the model comes from</legend>{options}</fieldset>'
        '<div class="model-form-bar"><button type="submit" class="primary">Use this model</button>'
        '<span class="quiet">Until the app ends. Start it with DOCVLM_MODEL to keep the choice.</span></div>'
        "</form></section>"
    )


def measured_html(kept: Sequence[KeptCost], may_change: bool) -> str:
    """Below the form: what a page took each model that was measured on this machine.

    Only for those who may change the model: models' names tell what else lies on this machine.
    """
    if not may_change:
        return ""
    if not kept:
        return f'<p class="quiet">{_UNMEASURED}</p>'
    rows = "".join(
        f'<tr><th scope="row">{escape(short_name(cost.name))}</th><td>{cost.extraction_seconds:.1f} s</td>'
        f"<td>{cost.question_seconds:.1f} s</td><td>{escape(day(cost.moment))}</td></tr>"
        for cost in kept
    )
    return (
        '<section class="models-measured"><h3>Measured on this machine</h3>'
        '<div class="rows"><table><thead><tr><th scope="col">Model</th><th scope="col">New receipt</th>'
        '<th scope="col">Further question</th><th scope="col">Date</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
        f'<p class="quiet">For the words of a page, without its picture. {_OTHERS_UNMEASURED}</p></section>'
    )


def budgets_html(
    rows: Sequence[BudgetRow],
    budget: str,
    card: EngineCard | None,
    cost: PageCost | None,
    failure: str,
    page: str,
    may_change: bool,
) -> str:
    """The table of tile budgets.

    Args:
        budget: the one in use.
        cost: what a page takes here; None until it has been measured.
        failure: why it could not be measured.
        page: of which page the figures are.
    """
    body = "".join(_budget(row, row.name == budget, card, cost, failure, may_change) for row in rows)
    return (
        '<section class="budget-room"><h3>Tile budget</h3>'
        f'<p class="quiet">{meaning_html(card, page)}</p>'
        '<div class="rows"><table class="budgets"><thead><tr><th scope="col">Budget</th>'
        '<th scope="col">Views</th><th scope="col">Tokens</th><th scope="col">Extraction</th>'
        '<th scope="col">Further question</th>'
        '<th><span class="visually-hidden">Use</span></th></tr>'
        f"</thead><tbody>{body}</tbody></table></div>{_state(card, cost, failure)}"
        f"{_own_budget(budget) if may_change else ''}</section>"
    )


def _option(choice: ModelChoice, is_chosen: bool, model: str) -> str:
    checked = " checked" if is_chosen else ""
    field = ""
    if choice.example:
        value = escape(model) if is_chosen else ""
        field = (
            f'<input name="{choice.kind}" class="field-input" value="{value}" maxlength="400" '
            f'placeholder="{escape(choice.example)}" aria-label="{escape(choice.title)}" autocomplete="off" '
            'spellcheck="false">'
        )
    return (
        f'<div class="model-option"><label><input type="radio" name="kind" value="{choice.kind}"{checked}>'
        f"<span><b>{choice.title}</b><small>{escape(choice.hint)}</small></span></label>{field}</div>"
    )


def _state(card: EngineCard | None, cost: PageCost | None, failure: str) -> str:
    if failure:
        return f'<p class="notice error" role="alert">{escape(failure)}</p>'
    if card is None:
        return '<p class="quiet">The times are measured once the model is loaded.</p>'
    if cost is None:
        return '<p class="notice busy" role="status">Measuring what a page costs on this machine.</p>'
    probe = cost.engine.probe
    parts = [f"{probe.seconds_per_token * 1000:.2f} ms a token"]
    parts += [f"{probe.seconds_per_tile * 1000:.0f} ms a tile"] if card.sees_pixels else []
    parts += (
        [f"{probe.fixed_seconds:.1f} s at the beginning"] if probe.fixed_seconds >= _NOTICED_SECONDS else []
    )
    picture = " The picture is reckoned on top, by its tiles and tokens." if card.sees_pixels else ""
    return (
        f'<p class="quiet">Measured on this machine: {", ".join(parts)}; seconds for four fields of a new '
        f"receipt with {cost.word_tokens} tokens of words, then for a further question about it.{picture}</p>"
    )


def _budget(
    row: BudgetRow,
    is_used: bool,
    card: EngineCard | None,
    cost: PageCost | None,
    failure: str,
    may_change: bool,
) -> str:
    extraction = question = "–" if failure or card is None else "…"
    if cost is not None:
        extraction, question = f"{cost.extraction_with(row.plan):.1f} s", f"{cost.question_seconds:.1f} s"
    action = '<span class="chip">In use</span>' if is_used else ""
    if not is_used and may_change:
        action = f'<button type="button" class="plain" data-choice="budget:{escape(row.name)}">Use</button>'
    current = ' aria-current="true"' if is_used else ""
    return (
        f'<tr{current}><th scope="row">{escape(row.name)} <small>{escape(row.title)}</small></th>'
        f"<td>{len(row.plan.tiles)}</td><td>{row.plan.tokens}</td><td>{extraction}</td><td>{question}</td>"
        f"<td>{action}</td></tr>"
    )


def _own_budget(budget: str) -> str:
    value = budget if budget.isdecimal() else ""
    return (
        '<form class="own-budget" data-form="budget"><label>Own number of tiles '
        f'<input name="tiles" class="field-input" type="number" min="1" max="64" value="{escape(value)}" '
        'aria-label="Number of tiles"></label>'
        '<button type="submit" class="secondary">Use</button></form>'
    )
