"""How a finished run came out, as HTML: the verdict, figures before and after, values with their pictures."""

from __future__ import annotations

from html import escape
from pathlib import Path

from finetune.evaluation.before_after import BeforeAfter
from finetune.evaluation.gallery import GalleryEntry, Outcome, by_outcome
from finetune.evaluation.gallery_page import colour_class, picture_url, said_html
from finetune.training.events import Kept

MOST_PICTURES = 24
"""A gallery is part of the page, so that no route leads to pictures of documents."""

_TITLES = {Outcome.BROKEN: "Broken", Outcome.FIXED: "Fixed", Outcome.STILL_WRONG: "Still wrong"}


def outcome_html(
    kept: Kept, compared: BeforeAfter | None, folder: Path, is_used: bool, is_there: bool
) -> str:
    """The end of a run.

    Args:
        compared: None where no document was held back.
        folder: that holds the comparison's pictures.
        is_used: the adapter answers now.
        is_there: the adapter is still on the shelf.
    """
    wins = kept.promoted
    reason = compared.verdict.reason if compared is not None else kept.sentence
    actions = _actions(kept.adapter, is_used, is_there, wins)
    body = "" if compared is None else f"{_table(compared)}{_gallery(compared, folder)}"
    return (
        f'<section class="outcome {"wins" if wins else "loses"}" aria-label="Before and after">'
        f'<div class="run-head"><h3>Before and after</h3><div class="run-actions">{actions}</div></div>'
        f'<p class="verdict">{escape(reason)}</p>{body}</section>'
    )


def _actions(raw_name: str, is_used: bool, is_there: bool, wins: bool) -> str:
    name = escape(raw_name)
    if not is_there:
        return '<span class="quiet">Deleted</span>'
    use = (
        '<span class="chip">In use</span>'
        if is_used
        else f'<button type="button" class="{"primary" if wins else "secondary"}" '
        f'data-choice="promote:{name}">Use it</button>'
    )
    return (
        f'{use}<button type="button" class="plain danger" data-choice="discard:{name}" '
        'data-confirm="Delete for good">Delete adapter</button>'
    )


def _table(compared: BeforeAfter) -> str:
    rows = ""
    for name, change in compared.comparison.headline.items():
        gain = change.difference
        colour = "good" if gain.value > 0 else "bad" if gain.value < 0 else ""
        rows += (
            f'<tr><th scope="row">{escape(name.replace("_", " "))}</th><td>{change.before:.2f}</td>'
            f'<td><b>{change.after:.2f}</b></td><td class="{colour}">{gain.value:+.2f}</td>'
            f'<td class="interval">{gain.low:+.2f} to {gain.high:+.2f}</td>'
            f'<td class="bars" aria-hidden="true"><i style="--share: {change.before:.3f}"></i>'
            f'<i class="after" style="--share: {change.after:.3f}"></i></td></tr>'
        )
    documents = compared.comparison.documents
    return (
        '<div class="rows"><table class="before-after"><thead><tr><th scope="col">Share right</th>'
        '<th scope="col">Before</th><th scope="col">After</th><th scope="col">Gain</th>'
        '<th scope="col">95 % interval</th><th></th></tr></thead>'
        f'<tbody>{rows}</tbody></table></div><p class="quiet">On {documents} documents that nothing was '
        "learnt from.</p>"
    )


def _gallery(compared: BeforeAfter, folder: Path) -> str:
    parts, left = "", MOST_PICTURES
    for outcome, changes in by_outcome(compared.comparison).items():
        entries = [entry for entry in compared.gallery if entry.outcome is outcome][: max(4, left // 2)]
        left -= len(entries)
        if entries:
            cards = "".join(_card(entry, folder) for entry in entries)
            is_open = " open" if outcome is Outcome.BROKEN else ""
            parts += (
                f'<details class="gallery {outcome.name.lower()}"{is_open}>'
                f'<summary>{_TITLES[outcome]} <span class="quiet">{len(changes)}</span></summary>'
                f'<div class="cards">{cards}</div></details>'
            )
    return parts


def _card(entry: GalleryEntry, folder: Path) -> str:
    before, after = (
        colour_class(entry.outcome is Outcome.BROKEN),
        colour_class(entry.outcome is Outcome.FIXED),
    )
    label = " / ".join(entry.labels) if entry.labels else None
    page = f", page {entry.page}" if entry.page else ""
    title = escape(entry.name.replace("_", " "))
    return (
        f'<article class="error-card"><h4>{title}</h4>{_picture(entry, folder)}'
        f'<dl><dt>right</dt><dd dir="auto">{said_html(label)}</dd>'
        f'<dt>before</dt><dd class="{before}" dir="auto">{said_html(entry.before)}</dd>'
        f'<dt>after</dt><dd class="{after}" dir="auto">{said_html(entry.after)}</dd></dl>'
        f'<p class="quiet">{escape(entry.document)}{page}</p></article>'
    )


def _picture(entry: GalleryEntry, folder: Path) -> str:
    url = picture_url(entry, folder)
    return f'<img src="{url}" alt="Where it stands on the page" loading="lazy">' if url else ""
