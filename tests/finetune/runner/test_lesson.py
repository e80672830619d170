"""What is learnt and what is held back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from docvlm.config import Settings
from docvlm.errors import Cancelled, InputError
from docvlm.pipeline import Workspace
from docvlm.store import Label, LabelKind
from finetune.data.documents import FieldLabel, LabelledDocument
from finetune.data.readings import Readings
from finetune.runner import RunRequest
from finetune.runner.lesson import (
    Lesson,
    documents_held_out,
    load_lesson,
    make_lesson,
)
from finetune.runner.on_the_way import MOST_WATCHED, OnTheWay, on_the_way
from finetune.runner.watched_readings import WatchedReadings
from finetune.training.events import Event, Progressed, Warned
from finetune.training.settings import PRESETS, TrainingSettings
from tests.finetune.data.pages import pdf_of
from tests.finetune.runner.conftest import write_cases, write_slip


def lesson_of(request: RunRequest, folder: Path, settings: Settings, events: list[Event]) -> Lesson:
    folder.mkdir(exist_ok=True)
    with Readings.open(settings) as readings:
        return make_lesson(request, folder, settings, readings, events.append)


@pytest.mark.parametrize(
    ("total", "wanted"), [(1, 0), (2, 1), (8, 4), (10, 5), (20, 5), (40, 10), (100, 25), (900, 60)]
)
def test_as_many_are_held_out_as_a_win_needs(total: int, wanted: int) -> None:
    assert documents_held_out(total) == wanted


@pytest.mark.parametrize(("left", "wanted"), [(1, 0), (2, 1), (5, 1), (15, 4), (300, 12)])
def test_few_are_taken_from_training_to_tell_when_to_stop(left: int, wanted: int) -> None:
    assert on_the_way(left, left, True, TrainingSettings(evaluations=4)).documents == wanted
    assert on_the_way(left, left, True, TrainingSettings(evaluations=0)) == OnTheWay(0)


@pytest.mark.parametrize(
    ("preset", "labelled", "wanted"),
    [("balanced", 29, 0), ("balanced", 30, 4), ("balanced", 40, 5), ("thorough", 30, 4), ("quick", 30, 0)],
)
def test_from_thirty_labels_on_some_tell_when_to_stop(preset: str, labelled: int, wanted: int) -> None:
    left = labelled - documents_held_out(labelled)
    found = on_the_way(labelled, left, True, PRESETS[preset])
    assert found.documents == wanted
    too_few = PRESETS[preset].evaluations_wanted > 0 and labelled < 30
    assert ("takes 30 labelled documents, here are 29" in found.why_not) is too_few
    assert bool(found.why_not) is too_few
    assert found.watched == (0 if wanted else MOST_WATCHED)


def test_why_nothing_is_measured_on_the_way() -> None:
    assert "only questions are labelled" in on_the_way(90, 70, False, TrainingSettings()).why_not
    assert "only 2 are left to learn from" in on_the_way(62, 2, True, TrainingSettings()).why_not
    assert on_the_way(9, 7, False, PRESETS["quick"]).watched == 0
    assert on_the_way(90, 70, True, TrainingSettings(minutes=5.0)) == OnTheWay(0)  # would add to the time


def test_a_lesson_is_kept_as_it_was_made(tmp_path: Path, settings: Settings) -> None:
    request = RunRequest("invoices", cases=write_cases(tmp_path / "labelled"))
    events: list[Event] = []
    lesson = lesson_of(request, tmp_path / "run", settings, events)
    assert load_lesson(tmp_path / "run") == lesson
    assert load_lesson(tmp_path) is None
    assert (len(lesson.train), len(lesson.validation), len(lesson.held_out)) == (2, 0, 2)
    assert lesson.watched == lesson.held_out
    assert lesson.schema is not None and [spec.name for spec in lesson.schema.fields] == [
        "reference",
        "total",
    ]
    assert events[:-1] == [Progressed("Reading the documents", number, 4) for number in range(5)]
    assert "here are 4" in lesson.not_on_the_way and events[-1] == Warned(lesson.not_on_the_way)


def test_the_choice_follows_from_the_seed(tmp_path: Path, settings: Settings) -> None:
    cases = write_cases(tmp_path / "labelled")

    def names(seed: int) -> list[set[str]]:
        request = RunRequest("x", cases=cases, settings=TrainingSettings(seed=seed), limit=3)
        lesson = lesson_of(request, tmp_path / "run", settings, [])
        return [{document.name for document in side} for side in (lesson.train, lesson.held_out)]

    assert names(1) == names(1)
    assert len({str(names(seed)) for seed in range(6)}) > 1


def test_documents_that_stop_a_run_early_are_apart_from_those_that_judge_it(
    tmp_path: Path, settings: Settings
) -> None:
    request = RunRequest(
        "x", cases=write_cases(tmp_path / "labelled"), settings=TrainingSettings(evaluations=2), held_out=1
    )
    lesson = lesson_of(request, tmp_path / "run", settings, [])
    sides = [{document.sha256 for document in side} for side in (lesson.train, lesson.validation)]
    sides.append({document.sha256 for document in lesson.held_out})
    assert [len(side) for side in sides] == [2, 1, 1]
    assert len(set.union(*sides)) == 4


def test_lines_are_remembered_but_not_of_what_is_judged_on(tmp_path: Path, settings: Settings) -> None:
    rows = ("Invoice {0} of Oakfield Trading", "12 Mill Lane", "goods {1} and {2}", "Total {1}.70")
    with Workspace(settings) as workspace:
        for number in range(1, 5):
            for name, copy in (("slip", ""), ("again", ".")):
                path = tmp_path / f"{name}-{number}.pdf"
                numbers = number * 7919, number * 911, number * 6007
                pdf_of(path, *(row.format(*numbers) + copy for row in rows))
                with workspace.open(path) as opened:
                    label = Label(LabelKind.FIELD, "total", f"{number * 911}.70", 1)
                    if copy:
                        label = Label(LabelKind.TRANSCRIPT, "line 1 of page 1", f"Line {number}", 1)
                    workspace.store.save_label(opened.id, label)
    lesson = lesson_of(RunRequest("x"), tmp_path / "run", settings, [])
    learnt = {document.name.replace("slip", "again") for document in lesson.train}
    assert len(learnt) == 2 and {document.name for document in lesson.lines_only} == learnt
    assert sorted(line for document in lesson.lines_only for line in document.lines) == sorted(
        f"Line {name[6]}" for name in learnt
    )


def test_copies_are_compared_on_once_and_not_learnt_either(tmp_path: Path, settings: Settings) -> None:
    """Five copies of one paper would win by one stroke of luck."""
    cases = write_cases(tmp_path / "labelled")
    lines = [json.loads(line) for line in cases.read_text().splitlines()]
    rows = ("Invoice R77 of Oakfield Trading", "12 Mill Lane", "goods 4711 and 8155", "Total 91.70")
    for copy in range(4):
        pdf_of(tmp_path / "labelled" / f"copy-{copy}.pdf", *rows, "." * copy)
        lines.append({**lines[0], "file": f"copy-{copy}.pdf", "fields": {"total": "91.70"}})
    cases.write_text("".join(json.dumps(line) + "\n" for line in lines))
    sides = []
    for seed in range(6):
        request = RunRequest("x", cases=cases, settings=TrainingSettings(seed=seed))
        lesson = lesson_of(request, tmp_path / f"run-{seed}", settings, [])
        assert len(lesson.held_out) == 2  # half of the five papers
        held = [document.name for document in lesson.held_out if document.name.startswith("copy")]
        learnt = [document.name for document in lesson.train if document.name.startswith("copy")]
        sides.append((len(held), len(learnt)))
        left_out = [line for line in lesson.problems if "is a copy of one that is held back" in line]
        assert len(left_out) == 3 * len(held)
    assert set(sides) == {(1, 0), (0, 4)}


def test_labels_of_the_store_and_only_those_chosen(tmp_path: Path, settings: Settings) -> None:
    with Workspace(settings) as workspace:
        for number in (1, 2, 3):
            path = tmp_path / f"slip-{number}.pdf"
            write_slip(path, f"Slip {number} of {number * 77} Total {number}.50")
            with workspace.open(path) as opened:
                workspace.store.save_label(opened.id, Label(LabelKind.FIELD, "total", f"{number}.50", 1))
                last = opened.info.sha256
    lesson = lesson_of(RunRequest("all"), tmp_path / "run", settings, [])
    assert len(lesson.train) + len(lesson.held_out) == 3
    lesson = lesson_of(RunRequest("one", documents=(last,)), tmp_path / "run", settings, [])
    assert [document.sha256 for document in lesson.train] == [last]


def test_what_cannot_be_read_or_learnt_is_told(tmp_path: Path, settings: Settings) -> None:
    cases = write_cases(tmp_path / "labelled")
    lines = [json.loads(line) for line in cases.read_text().splitlines()]
    (tmp_path / "labelled" / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    lines.append({"file": "broken.pdf", "task": "extract", "fields": {"total": "1.00"}})
    for line in lines[:4]:
        line["fields"]["reference"] = "Z99-nowhere"
    cases.write_text("".join(json.dumps(line) + "\n" for line in lines))
    events: list[Event] = []
    lesson = lesson_of(RunRequest("x", cases=cases), tmp_path / "run", settings, events)
    told = [event.sentence for event in events if isinstance(event, Warned)]
    assert any("broken.pdf" in sentence and "left out" in sentence for sentence in told)
    assert sum("reference 'Z99-nowhere' is not found" in sentence for sentence in told) == 2
    # It is judged by what people say, whether it can be learnt or not.
    assert all({label.name for label in document.fields} == {"total"} for document in lesson.train)
    assert all(len(document.fields) == 2 for document in lesson.held_out)


def test_labels_of_other_documents_are_refused(tmp_path: Path, settings: Settings) -> None:
    """Those that stand on no page are left out before training: here they must be counted."""
    lines = []
    for number in range(1, 11):
        printed, labelled = f"{number * 911}.70", f"{(number % 10 + 1) * 911}.70"
        rows = (f"Invoice {number * 7919} of Oakfield Trading", f"goods {number * 6007}", f"Total {printed}")
        pdf_of(tmp_path / f"{number}.pdf", *rows)
        fields = {"total": labelled, "seller": "Oakfield Trading"}
        lines.append(json.dumps({"file": f"{number}.pdf", "task": "extract", "fields": fields}))
    cases = tmp_path / "cases.jsonl"
    cases.write_text("\n".join(lines))
    training = TrainingSettings(lost_share=0.4)
    request = RunRequest("x", cases=cases, settings=training, held_out=1)
    events: list[Event] = []
    with pytest.raises(InputError, match="9 of 18 labels stand on no page") as told:
        lesson_of(request, tmp_path / "run", settings, events)
    assert "mixed up" in (told.value.remedy or "")
    assert sum("is not found" in event.sentence for event in events if isinstance(event, Warned)) == 9
    assert load_lesson(tmp_path / "run") is None
    allowed = replace(request, settings=replace(training, lost_share=0.5))
    assert len(lesson_of(allowed, tmp_path / "allowed", settings, []).train) == 9


def test_nothing_to_learn_from(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(InputError, match="no labels to learn from"):
        lesson_of(RunRequest("nothing"), tmp_path / "run", settings, [])


def write_transcripts(cases: Path, *names: str) -> Path:
    """Add transcripts of documents of which nothing else is labelled."""
    lines = [json.dumps({"file": name, "task": "ocr", "text": "Total 5.00"}) for name in names]
    with cases.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))
    return cases


def test_a_base_that_sees_pixels_learns_from_transcripts_alone(tmp_path: Path, settings: Settings) -> None:
    cases = tmp_path / "cases.jsonl"
    for number in range(3):
        write_slip(tmp_path / f"{number}.pdf", f"Slip {number * 7919} of {number * 911}")
    write_transcripts(cases, "0.pdf", "1.pdf", "2.pdf")
    sees = RunRequest("x", cases=cases, settings=TrainingSettings(base_model="some/model"), limit=2)
    lesson = lesson_of(sees, tmp_path / "run", settings, [])
    assert (len(lesson.train), lesson.held_out, lesson.schema_json) == (2, (), None)
    blind = replace(sees, settings=TrainingSettings())
    with pytest.raises(InputError, match=r"'embedded' has only transcripts.* learns only spellings"):
        lesson_of(blind, tmp_path / "blind", settings, [])


def test_transcripts_beside_other_labels_are_learnt_and_not_judged_on(
    tmp_path: Path, settings: Settings
) -> None:
    cases = write_cases(tmp_path / "labelled")
    rows = ("Slip 8155 of Oakfield Trading", "12 Mill Lane", "goods 4711 and 8155", "Total 91.70")
    pdf_of(cases.parent / "slip.pdf", *rows)
    write_transcripts(cases, "slip.pdf")
    request = RunRequest("x", cases=cases, settings=TrainingSettings(base_model="some/model"))
    lesson = lesson_of(request, tmp_path / "run", settings, [])
    assert [document.name for document in lesson.train][2:] == ["slip.pdf"]
    assert len(lesson.held_out) == 2 and all(document.fields for document in lesson.held_out)
    events: list[Event] = []
    blind = lesson_of(replace(request, settings=TrainingSettings()), tmp_path / "blind", settings, events)
    assert blind.train == lesson.train[:2]
    assert (
        Warned(
            "1 document has a transcript alone and is not trained on: a base that reads words alone learns "
            "only spellings from transcripts."
        )
        in events
    )


def test_no_page_is_copied_that_the_adapter_is_judged_on(tmp_path: Path, settings: Settings) -> None:
    rows = ("Invoice {0} of Oakfield Trading", "12 Mill Lane", "goods {1} and {2}", "Total {1}.70")
    cases = tmp_path / "cases.jsonl"
    for number in range(1, 5):
        numbers = number * 7919, number * 911, number * 6007
        for name, copy in (("slip", ""), ("again", ".")):
            pdf_of(tmp_path / f"{name}-{number}.pdf", *(row.format(*numbers) + copy for row in rows))
        line = {"file": f"slip-{number}.pdf", "task": "extract", "fields": {"total": f"{number * 911}.70"}}
        with cases.open("a") as file:
            file.write(f"{json.dumps(line)}\n")
    write_transcripts(cases, *(f"again-{number}.pdf" for number in range(1, 5)))
    request = RunRequest("x", cases=cases, settings=TrainingSettings(base_model="some/model"))
    lesson = lesson_of(request, tmp_path / "run", settings, [])
    learnt = {document.name for document in lesson.train}
    assert len(learnt) == 4, "two slips and their copies"
    assert {name.replace("slip", "again") for name in learnt} == learnt - {
        name for name in learnt if name.startswith("slip")
    }


def test_forms_with_names_of_their_own_are_asked_for_those_alone(tmp_path: Path) -> None:
    names = [f"field {number}" for number in range(50)]
    schema = RunRequest.schema_text(", ".join(names))
    document = LabelledDocument("ab", "form.pdf", None, fields=(FieldLabel("Field 7", "x"),))
    lesson = Lesson((), (), (document,), schema, ())
    asked = lesson.asked
    assert callable(asked)
    own = asked(document)
    assert own is not None and [spec.name for spec in own.fields] == ["field 7"]
    assert asked(replace(document, fields=())) is None
    few = replace(lesson, schema_json=RunRequest.schema_text("a, b"))
    assert few.asked == few.schema


def test_the_data_hash_knows_labels_and_not_places(tmp_path: Path) -> None:
    document = LabelledDocument("ab", "a.pdf", tmp_path / "a.pdf", fields=(FieldLabel("total", "1.00"),))
    lesson = Lesson((document,), (), (), None, ())
    moved = replace(lesson, train=(replace(document, path=tmp_path / "b.pdf"),))
    corrected = replace(lesson, train=(replace(document, fields=(FieldLabel("total", "7.00"),)),))
    assert moved.data_hash == lesson.data_hash != corrected.data_hash


def test_a_stop_is_heard_between_two_documents(tmp_path: Path, settings: Settings) -> None:
    request = RunRequest("x", cases=write_cases(tmp_path / "labelled"))
    asked: list[bool] = []

    def third_time() -> bool:
        asked.append(True)
        return len(asked) == 3

    (tmp_path / "run").mkdir()
    with WatchedReadings(settings, third_time) as readings, pytest.raises(Cancelled):
        make_lesson(request, tmp_path / "run", settings, readings, lambda _event: None)
    assert load_lesson(tmp_path / "run") is None
