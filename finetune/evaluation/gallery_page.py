"""The gallery as one HTML file that needs nothing else: verdict, figures of fields, values with pictures.

Whatever comes from a document or a label is escaped, and the page may load and run nothing.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path

from finetune.evaluation.compare import Comparison
from finetune.evaluation.gallery import PICTURES, GalleryEntry, Outcome, by_outcome
from finetune.promotion import Verdict

_STYLE = """
:root { color-scheme: light dark; --line: #cbd5e1; --good: #15803d; --bad: #b91c1c; }
@media (prefers-color-scheme: dark) { :root { --line: #475569; --good: #4ade80; --bad: #f87171; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } th, td { padding: .2rem .8rem .2rem 0; text-align: left; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tr { border-bottom: 1px solid var(--line); }
article { border-top: 1px solid var(--line); padding: 1rem 0; break-inside: avoid; }
article h3 { margin: 0; overflow-wrap: anywhere; } article p { margin: .2rem 0 .5rem; }
img { max-width: 100%; border: 1px solid var(--line); background: #fff; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .5rem 0 0; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); }
"""

_TITLES = {
    Outcome.BROKEN: "Broken: right before, wrong now",
    Outcome.FIXED: "Fixed: wrong before, right now",
    Outcome.STILL_WRONG: "Still wrong",
}


def gallery_page(
    comparison: Comparison, verdict: Verdict, entries: Sequence[GalleryEntry], folder: Path
) -> str:
    """The page.

    Args:
        folder: the comparison's, which holds the pictures; one that is gone is left out.
    """
    shown = Counter(entry.outcome for entry in entries)
    parts = [
        "<h1>Before and after</h1>",
        f'<p class="{"good" if verdict.wins else "bad"}"><strong>{escape(verdict.reason)}</strong></p>',
        f"<p>{comparison.documents} held-out documents. In the pictures the right words are framed in green, "
        "other words that were given in red.</p>",
        _figures(comparison),
    ]
    for outcome, changes in by_outcome(comparison).items():
        parts.append(f"<h2>{_TITLES[outcome]} ({len(changes)})</h2>")
        if shown[outcome] < len(changes):
            parts.append(f"<p>{shown[outcome]} of them are shown; all are in comparison.json.</p>")
        parts += [_article(entry, folder) for entry in entries if entry.outcome is outcome]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        f"<title>Before and after</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _figures(comparison: Comparison) -> str:
    rows = []
    for name, change in comparison.headline.items():
        gain = change.difference.value
        colour = "good" if gain > 0 else "bad" if gain < 0 else ""
        cells = [f"{change.before:.3f}", f"{change.after:.3f}", f'<span class="{colour}">{gain:+.3f}</span>']
        cells.append(f"{change.difference.low:+.3f} to {change.difference.high:+.3f}")
        numbers = "".join(f'<td class="number">{cell}</td>' for cell in cells)
        rows.append(f"<tr><td>{escape(name)}</td>{numbers}</tr>")
    heads = "".join(
        f'<th class="number">{head}</th>' for head in ("before", "after", "difference", "95 % interval")
    )
    return f"<table><tr><th>share right</th>{heads}</tr>{''.join(rows)}</table>"


def _article(entry: GalleryEntry, folder: Path) -> str:
    page = f", page {entry.page}" if entry.page else ""
    sure = "" if entry.confidence is None else f" ({entry.confidence:.0%} sure)"
    lines = [
        ("label", said_html(" / ".join(entry.labels) if entry.labels else None), ""),
        ("before", said_html(entry.before), colour_class(entry.outcome is Outcome.BROKEN)),
        ("after", said_html(entry.after) + escape(sure), colour_class(entry.outcome is Outcome.FIXED)),
    ]
    values = "".join(
        f'<dt>{name}</dt><dd class="{colour}" dir="auto">{value}</dd>' for name, value, colour in lines
    )
    return (
        f'<article><h3 dir="auto">{escape(entry.name)}</h3><p dir="auto">{escape(entry.document)}{page}</p>'
        f"{_picture(entry, folder)}<dl>{values}</dl></article>"
    )


def _picture(entry: GalleryEntry, folder: Path) -> str:
    url = picture_url(entry, folder)
    alternative = escape(f"{entry.name} on {entry.document}", quote=True)
    return f'<img src="{url}" alt="{alternative}">' if url else ""


# Shared with the page of a run


def colour_class(right: bool) -> str:
    """The style of a value that is right, or wrong."""
    return "good" if right else "bad"


def said_html(text: str | None) -> str:
    """What was said, or that nothing was found."""
    return "<em>not found</em>" if text is None else escape(text)


def picture_url(entry: GalleryEntry, folder: Path) -> str | None:
    """The picture of a value as a ``data:`` URL; None where there is none, or it is gone."""
    file = folder / PICTURES / Path(entry.picture).name if entry.picture else None
    if file is None or not file.is_file():
        return None
    return f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode('ascii')}"
