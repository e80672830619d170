"""What is wanted of a run, kept in its folder so that it can be done, resumed and looked at by anybody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docvlm.batch.feed import Selection
from docvlm.batch.find import NamedFile
from docvlm.batch.results import Wanted, check_form
from docvlm.batch.run import BatchOptions, plan_for
from docvlm.batch.units import Task
from docvlm.config import Settings
from docvlm.errors import UsageError
from docvlm.model_names import EMBEDDED
from docvlm.schemas import Schema, load_schema
from docvlm.schemas.json_schema import dump_schema

REQUEST_FILE = "request.json"
REPORT_FILE = "report.html"
RESULTS_FOLDER = "results"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A batch as it was asked for.

    Attributes:
        title: what the user calls it.
        task: with ``question`` for ASK and ``schema_json`` for EXTRACT.
        folder: a folder of this machine, or empty where ``files`` are named.
        files: files with the names that they are called by.
        owner: whose documents they become.
        created: ISO 8601 in UTC.
        model, adapter, budget: as in ``Settings``, at the time it was asked for.
        output: the name of the file that is written when the run ends; its ending names the form.
    """

    title: str
    task: Task
    created: str
    question: str = ""
    schema_json: str = ""
    folder: str = ""
    files: tuple[NamedFile, ...] = ()
    pages: str = "all"
    owner: str = ""
    model: str = EMBEDDED
    adapter: str | None = None
    budget: str = "balanced"
    output: str = ""

    def __post_init__(self) -> None:
        if self.task is Task.ASK and not self.question.strip():
            raise UsageError("The question is empty.", "Say what to ask of every file.")
        if self.task is Task.EXTRACT and not self.schema_json:
            raise UsageError("No schema is chosen.", "Choose what to extract.")
        if not self.folder and not self.files:
            raise UsageError("There are no files to work on.", "Tick documents, add files or name a folder.")
        if self.output:
            check_form(Path(self.output), self.task)
            if Path(self.output).name != self.output:
                raise UsageError("The name of the file names a folder, too.", "Leave the folder out.")

    @property
    def schema(self) -> Schema | None:
        return load_schema(self.schema_json) if self.schema_json else None

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.task, self.question, self.schema, self.pages, self.owner)

    def options(
        self, run_folder: Path, settings: Settings, retry_failed: bool = False, password: str | None = None
    ) -> BatchOptions:
        """What the batch is run with; takes 0.3 s to see what the machine has room for.

        Args:
            settings: what ``settings`` below returns.
            password: opens encrypted PDFs; it is never kept, so that each start needs it anew.
        """
        plan = plan_for(self.task, settings)
        return BatchOptions(
            sources=(self.folder,) if self.folder else self.files,
            task=self.task,
            question=self.question,
            schema=self.schema,
            pages=self.pages,
            out=self.out(run_folder),
            report=run_folder / REPORT_FILE,
            selection=Selection(retry_failed=retry_failed),
            workers=plan.workers,
            threads=plan.threads,
            model_workers=plan.model_workers,
            plan=plan.reason,
            password=password,
            owner=self.owner,
        )

    def out(self, run_folder: Path) -> Path | None:
        """Where the results go, in the run's folder, which is made for them; None where no file is wanted."""
        if not self.output:
            return None
        folder = run_folder / RESULTS_FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / self.output

    def settings(self, settings: Settings) -> Settings:
        """The machine's settings with the model that was chosen for the run."""
        return replace(settings, model=self.model, adapter=self.adapter, budget=self.budget)

    def write(self, run_folder: Path) -> None:
        (run_folder / REQUEST_FILE).write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")

    @staticmethod
    def read(run_folder: Path) -> RunRequest:
        """The request of the run in a folder.

        Raises:
            UsageError: when there is none, or it is damaged.
        """
        try:
            values: dict[str, Any] = json.loads((run_folder / REQUEST_FILE).read_text(encoding="utf-8"))
            files = tuple(NamedFile(**file) for file in values.pop("files"))
            return RunRequest(**(values | {"task": Task(values["task"]), "files": files}))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UsageError(
                f"The batch in {run_folder} cannot be read.", "Delete it and start it again."
            ) from error


def new_request(
    task: Task,
    settings: Settings,
    owner: str,
    schema: Schema | None = None,
    question: str = "",
    folder: str = "",
    files: Sequence[NamedFile] = (),
    pages: str = "all",
    output: str = "",
) -> RunRequest:
    """A request made now, called by what is wanted and of what.

    Raises:
        UsageError: when something that the task needs is missing.
    """
    what = schema.title if schema is not None else question or "Text"
    count = "1 file" if len(files) == 1 else f"{len(files)} files"
    return RunRequest(
        title=f"{what} · {folder.rstrip('/').rsplit('/', 1)[-1] or '/' if folder else count}",
        task=task,
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        question=question,
        schema_json=schema_text(schema) if schema is not None else "",
        folder=folder,
        files=tuple(files),
        pages=pages,
        owner=owner,
        model=settings.model,
        adapter=settings.adapter,
        budget=settings.budget,
        output=output,
    )


def schema_text(schema: Schema) -> str:
    """A schema as ``RunRequest.schema_json`` keeps it."""
    return json.dumps(dump_schema(schema), ensure_ascii=False)
