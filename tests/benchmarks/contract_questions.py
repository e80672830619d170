"""What the embedded model finds in running text: questions about four contracts written by hand.

    python -m tests.benchmarks.contract_questions --adapter docvlm/weights/adapter

Three contracts lie below, the fourth is the sample that ships. None of their sentences is one of those of
the generator (``finetune/synthesis/clauses.toml``); most of the questions are asked there, too. An answer is
right when its letters and digits are those of an accepted one; one that holds an accepted answer and more is
counted apart.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pymupdf

from docvlm.config import Settings
from docvlm.models.embedded import EmbeddedEngine
from docvlm.models.shipped import SHIPPED_ADAPTER
from finetune.data.documents import LabelledDocument, QuestionLabel
from finetune.data.readings import Readings
from finetune.evaluation.evaluate import evaluate_documents

Questions = Mapping[str, tuple[str, ...]]
"""Accepted answers by question; none where the contract does not say."""

SAMPLE = Path(__file__).parents[2] / "ui_assets/samples/scanned-contract.pdf"

SAMPLE_QUESTIONS: Questions = {
    "When does it begin?": ("1 February 2026",),
    "How long does the agreement run?": ("twenty-four months",),
    "What is the notice period?": ("three months' written notice", "three months'"),
    "What is the annual fee?": ("8,640.00", "EUR 8,640.00"),
    "What is the hourly rate for extra work?": ("92.00", "EUR 92.00"),
    "Who is the Client?": ("Brackwater Property Management GmbH",),
    "Who is the Provider?": ("Kestrel Building Services OHG",),
    "What is the liability limit?": ("50,000.00", "EUR 50,000.00"),
    "Where is the place of jurisdiction?": ("Nordhaven",),
    "By when must the Provider attend to faults?": ("eight working hours",),
    "Within what time must invoices be paid?": ("fourteen days",),
    "How long does confidentiality last?": ("two years",),
    "What is the penalty for late payment?": (),
    "Which law applies?": (),
}

CONSULTING = """CONSULTANCY CONTRACT
Ref. CC-7719

(1) Halden Marine plc, 4 Quay Road, Aberdeen AB11 5RT ("Halden"); and
(2) Dr Imogen Farrow, 17 Birch Lane, Leeds LS6 2BD ("the Expert").

A. Engagement
Halden appoints the Expert from 3 March 2025. Unless brought to an end
sooner, the appointment lasts nine months. The parties may agree in writing
on a further period of three months.

B. Money
In return for the work Halden will transfer GBP 4,750.00 at the end of every
calendar month. Where more than twelve days in a month are worked, each
further hour is paid at GBP 95.50. Bills are settled no later than 21 days
after they arrive. A bill left open after that grows by 0.8 % a month.

C. Leaving early
Should either side wish to stop, it tells the other in a letter four weeks
ahead. Theft and fraud allow Halden to stop without waiting.

D. If things go wrong
The Expert answers for damage up to GBP 250,000.00 and no further. She holds
a policy over GBP 1,000,000.00 with an insurer of good standing.

E. Secrets
What is learned on board stays private, and remains so for six years
after the last day of work.

F. Courts
Scots law decides on this contract, and the Sheriff Court in Aberdeen
hears all quarrels.
"""

CONSULTING_QUESTIONS: Questions = {
    "What is the contract number?": ("CC-7719",),
    "Who is the Expert?": ("Dr Imogen Farrow",),
    "When does it begin?": ("3 March 2025",),
    "What is the term of the agreement?": ("nine months",),
    "By how long can it be extended?": ("three months",),
    "What is paid each month?": ("4,750.00", "GBP 4,750.00"),
    "What is the hourly rate?": ("95.50", "GBP 95.50"),
    "Within what time must invoices be paid?": ("21 days",),
    "What interest is charged on late payment?": ("0.8 % a month", "0.8 %"),
    "What is the notice period?": ("four weeks", "four weeks ahead"),
    "What is the limit of liability?": ("250,000.00", "GBP 250,000.00"),
    "How long does confidentiality last?": ("six years",),
    "Which law applies?": ("Scots law", "Scots"),
    "How much is the deposit?": (),
    "What is the response time?": (),
}

LEASE = """TENANCY OF A FLAT

Landlady: Mrs Oonagh Keane, 9 Harbour View, Cobh, Co. Cork
Tenant: Mr Tomasz Wilk, at present of 31 Mill Street, Cork

Flat 2B, Slate House, Penrose Quay, Cork, is let for living in from
15 September 2024 until 14 September 2026.

The rent comes to EUR 1,385.00 and is sent by standing order on the first
day of each month. Before the keys are handed over the tenant lodges
EUR 2,770.00, which is given back within 28 days of moving out if nothing
is broken. Heating costs about EUR 140.00 a month and is not included.

Whoever wants to leave before the end tells the other two months before.
Small repairs up to EUR 80.00 are for the tenant. The landlady sees to
burst pipes within six hours of hearing of them.

Pets are not kept without leave. Quarrels go to the tenancies board in
Dublin.

Cork, 2 September 2024
"""

LEASE_QUESTIONS: Questions = {
    "Who is the Tenant?": ("Mr Tomasz Wilk",),
    "Who is the Landlady?": ("Mrs Oonagh Keane",),
    "When does it begin?": ("15 September 2024",),
    "When does it end?": ("14 September 2026",),
    "What is the monthly rent?": ("1,385.00", "EUR 1,385.00"),
    "How much is the deposit?": ("2,770.00", "EUR 2,770.00"),
    "What is the notice period?": ("two months",),
    "What is the response time?": ("six hours",),
    "When was it signed?": ("2 September 2024",),
    "What is the limit of liability?": (),
    "What is the contract number?": (),
    "What is the hourly rate?": (),
}

GERMAN = """Vertrag über die Pflege einer Grünanlage

Auftraggeberin ist die Wohnbau Selm eG, Am Markt 3, 59379 Selm,
ausführender Betrieb ist Gartenbau Petra Lohse, Feldweg 12, 59348 Lüdinghausen.

1. Der Betrieb pflegt die Anlage ab dem 1. April 2025. Vereinbart sind
zunächst 18 Monate.
2. Für die Pflege erhält der Betrieb monatlich 1.240,00 EUR. Weitere
Arbeiten kosten 46,00 EUR die Stunde. Rechnungen werden in 20 Tagen bezahlt.
3. Wer den Vertrag nicht fortsetzen will, teilt dies acht Wochen vor dem
Ende mit.
4. Für Schäden steht der Betrieb bis zu 300.000,00 EUR ein.
5. Zuständig ist das Amtsgericht Lüdinghausen.
"""

GERMAN_QUESTIONS: Questions = {
    "Wann beginnt der Vertrag?": ("1. April 2025",),
    "Wie lange läuft der Vertrag?": ("18 Monate",),
    "Wie hoch ist die Vergütung?": ("1.240,00", "1.240,00 EUR"),
    "Wie hoch ist der Stundensatz?": ("46,00", "46,00 EUR"),
    "Wie lang ist die Kündigungsfrist?": ("acht Wochen",),
    "Auf welchen Betrag ist die Haftung begrenzt?": ("300.000,00", "300.000,00 EUR"),
    "Wo ist der Gerichtsstand?": ("Amtsgericht Lüdinghausen", "Lüdinghausen"),
    "Innerhalb welcher Frist sind Rechnungen zu zahlen?": ("20 Tagen",),
    "Wie hoch ist die Kaution?": (),
    "Welches Recht gilt?": (),
}


def plain(text: str) -> str:
    """Letters and digits only, in lower case."""
    return re.sub(r"[\W_]", "", text.casefold())


def verdict(answer: str | None, accepted: tuple[str, ...]) -> str:
    if answer is None or not accepted:
        return "right" if answer is None and not accepted else "wrong"
    if plain(answer) in map(plain, accepted):
        return "right"
    return "more than asked" if any(plain(one) in plain(answer) for one in accepted) else "wrong"


def write_page(text: str, file: Path) -> None:
    document = pymupdf.open()
    document.new_page().insert_text((60, 70), text, fontsize=10.5, fontname="tiro")
    document.save(file)


def documents_in(folder: Path) -> list[LabelledDocument]:
    """The four contracts, the three written ones as PDFs in ``folder``."""
    written = (
        ("consulting", CONSULTING, CONSULTING_QUESTIONS),
        ("lease", LEASE, LEASE_QUESTIONS),
        ("german", GERMAN, GERMAN_QUESTIONS),
    )
    files = [(SAMPLE, SAMPLE_QUESTIONS)]
    for name, text, questions in written:
        file = folder / f"{name}.pdf"
        write_page(text, file)
        files.append((file, questions))
    return [
        LabelledDocument(
            hashlib.sha256(file.read_bytes()).hexdigest(),
            file.stem,
            file,
            questions=tuple(QuestionLabel(question, answers) for question, answers in questions.items()),
        )
        for file, questions in files
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--adapter", type=Path, default=SHIPPED_ADAPTER, help="instead of the shipped one")
    options = parser.parse_args()
    settings = Settings.from_environment()
    engine = EmbeddedEngine(settings.model_cache, threads=settings.threads, shipped_adapter=options.adapter)
    with tempfile.TemporaryDirectory() as folder, Readings.open(settings) as readings:
        documents = documents_in(Path(folder))
        evaluation = evaluate_documents(engine, documents, readings, None, budget=settings.budget)
    told: Counter[tuple[bool, str]] = Counter()
    for result in evaluation.documents:
        for value in result.values:
            found = verdict(value.raw, value.labels)
            told[bool(value.labels), found] += 1
            if found != "right":
                print(f"  {result.name}, {value.name} {value.raw} ({value.confidence:.2f})")
    for is_there, name in ((True, "there"), (False, "not there")):
        asked = sum(count for (there, _), count in told.items() if there == is_there)
        more = told[is_there, "more than asked"]
        print(f"{name}: {told[is_there, 'right']} of {asked} right, {more} more hold the answer and more")


if __name__ == "__main__":
    main()
