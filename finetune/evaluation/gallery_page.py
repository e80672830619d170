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
from finetune.evaluation.gallery import PICTURES, GalleryEntry, Outcome
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
    totals = {
        Outcome.BROKEN: len(comparison.broken),
        Outcome.FIXED: len(comparison.fixed),
        Outcome.STILL_WRONG: len(comparison.still_wrong),
    }
    shown = Counter(entry.outcome for entry in entries)
    parts = [
        "<h1>Before and after</h1>",
        f'<p class="{"good" if verdict.wins else "bad"}"><strong>{escape(verdict.reason)}</strong></p>',
        f"<p>{comparison.documents} held-out documents. In the pictures the right words are framed in green, "
        "other words that were given in red.</p>",
        _figures(comparison),
    ]
    for outcome, total in totals.items():
        parts.append(f"<h2>{_TITLES[outcome]} ({total})</h2>")
        if shown[outcome] < total:
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
        ("label", _said(" / ".join(entry.labels) if entry.labels else None), ""),
        ("before", _said(entry.before), _colour(entry.outcome is Outcome.BROKEN)),
        ("after", _said(entry.after) + escape(sure), _colour(entry.outcome is Outcome.FIXED)),
    ]
    values = "".join(
        f'<dt>{name}</dt><dd class="{colour}" dir="auto">{value}</dd>' for name, value, colour in lines
    )
    return (
        f'<article><h3 dir="auto">{escape(entry.name)}</h3><p dir="auto">{escape(entry.document)}{page}</p>'
        f"{_picture(entry, folder)}<dl>{values}</dl></article>"
    )


def _colour(right: bool) -> str:
    return "good" if right else "bad"


def _said(text: str | None) -> str:
    return "<em>not found</em>" if text is None else escape(text)


def _picture(entry: GalleryEntry, folder: Path) -> str:
    file = folder / PICTURES / entry.picture if entry.picture else None
    if file is None or not file.is_file():
        return ""
    data = base64.b64encode(file.read_bytes()).decode()
    alternative = escape(f"{entry.name} on {entry.document}", quote=True)
    return f'<img src="data:image/png;base64,{data}" alt="{alternative}">'
