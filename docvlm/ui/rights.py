"""What people may do beyond their own documents: change the model for all, name folders of this machine.

Only the person at this machine may, told from where the app listens and from each request. Whoever comes
through a network, a proxy or a page of another site may not.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from docvlm.errors import UsageError
from docvlm.ui.folder_offers import folders_within

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@dataclass(frozen=True, slots=True)
class Rights:
    """Nothing by default.

    Attributes:
        is_own_machine: the app serves the person who started it, and nobody else.
        folders: those whose files may be read by path; only with ``is_own_machine``.
        closed: a folder that is never read by path, whatever it lies in: docvlm's own data.
        behind_own_door: only the person who started the app reaches it, from wherever: a private Space.
        admins: names of people who log in and may change the model, from wherever.
    """

    is_own_machine: bool = False
    folders: tuple[Path, ...] = ()
    closed: Path | None = None
    behind_own_door: bool = False
    admins: frozenset[str] = frozenset()

    @staticmethod
    def at(host: str, is_public: bool, data: Path, folders: tuple[Path, ...] = ()) -> Rights:
        """The rights of an app that listens on ``host``.

        Args:
            is_public: shared through a link, behind a login or in a Space.
            data: docvlm's data folder.
            folders: those that may be read; the person's home folder by default.
        """
        if is_public or not _is_loopback(host):
            return Rights()
        return Rights(True, folders or (Path.home(),), data)

    @staticmethod
    def of_admins(names: Iterable[str]) -> Rights:
        """Those of an app with a login: named people may train and choose the model, nobody names folders."""
        return Rights(admins=frozenset(names))

    @staticmethod
    def in_private_space() -> Rights:
        """Those of the person whose Space it is: to train and to choose the model, not to name folders."""
        return Rights(True, behind_own_door=True)

    @property
    def who_may(self) -> str:
        """Who may change the model and train, as sentences say it."""
        return "an administrator" if self.admins else "the person at the machine that runs docvlm"

    def may_change(self, request: gr.Request) -> bool:
        """Whether the request comes from the person at this machine, or from an administrator."""
        if self.admins:
            return getattr(request, "username", None) in self.admins
        return self.is_own_machine and (self.behind_own_door or _is_direct(request))

    def may_name_folders(self, request: gr.Request) -> bool:
        """Whether folders of this machine may be named at all."""
        return bool(self.folders) and self.may_change(request)

    def offered_folders(self, request: gr.Request) -> list[Path]:
        """Folders that may be named, to choose from; not all there are, and none for anybody else."""
        if not self.may_name_folders(request):
            return []
        closed = self.closed.resolve() if self.closed is not None else None
        known = folders_within(folder.resolve() for folder in self.folders)
        return [folder for folder in known if closed is None or not _overlap(folder, closed)]

    def demand(self, request: gr.Request, what: str) -> None:
        """Refuse the request of anybody else.

        Raises:
            UsageError: naming ``what`` they may not do.
        """
        if not self.may_change(request):
            own_machine = "Start docvlm on your own machine to do this."
            remedy = "Log in as one named with --admin." if self.admins else own_machine
            raise UsageError(f"Only {self.who_may} can {what}.", remedy)

    def folder(self, typed: str, request: gr.Request) -> Path:
        """A folder of this machine that was typed in.

        Raises:
            UsageError: when it does not exist or may not be read from here.
        """
        self._demand_folders(request, "folder")
        if not typed.strip():
            raise UsageError("No folder is named.", f"Type its path, such as {self.folders[0]}.")
        try:
            path = Path(typed.strip()).expanduser().resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            path = None
        if path is None or not path.is_dir():
            raise UsageError(f"There is no folder {typed.strip()[:200]}.", "Check the path.")
        self._refuse_outside(path, path)
        if self.closed is not None and _overlap(path, self.closed.resolve()):
            raise UsageError(f"{path} holds docvlm's own data.", "Choose a folder of documents.")
        return path

    def file(self, typed: str, request: gr.Request) -> Path:
        """A file of this machine that a program named.

        Raises:
            UsageError: when it does not exist or may not be read from here.
        """
        self._demand_folders(request, "file")
        if not typed.strip():
            raise UsageError("No file is named.", "Give its path, or the file as a data: address.")
        try:
            path = Path(typed.strip()).expanduser().resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            path = None
        if path is None or not path.is_file():
            raise UsageError(f"There is no file {typed.strip()[:200]}.", "Check the path.")
        self._refuse_outside(path, path.parent)
        if self.closed is not None and path.is_relative_to(self.closed.resolve()):
            raise UsageError(f"{path} is docvlm's own data.", "Choose another file.")
        return path

    def _demand_folders(self, request: gr.Request, kind: str) -> None:
        if self.folders or not self.admins:  # administrators may name none either: nobody is sent to them
            self.demand(request, f"name a {kind} of it")
        if not self.folders:
            raise UsageError(f"{kind.capitalize()}s cannot be named here.", "Drop the files into the page.")

    def _refuse_outside(self, path: Path, folder: Path) -> None:
        if any(path.is_relative_to(known.resolve()) for known in self.folders):
            return
        known = ", ".join(map(str, self.folders))
        raise UsageError(
            f"{path} lies outside the folders that may be read from here.",
            f"Choose one in {known}, or start app.py with --folders {folder}.",
        )


NO_RIGHTS = Rights()


def _overlap(path: Path, closed: Path) -> bool:
    """Whether a walk through ``path`` comes to ``closed``; hidden folders are not walked into."""
    if path.is_relative_to(closed):
        return True
    return closed.is_relative_to(path) and not any(
        part.startswith(".") for part in closed.relative_to(path).parts
    )


def _is_direct(request: gr.Request) -> bool:
    headers = {
        str(name).lower(): str(value) for name, value in dict(getattr(request, "headers", None) or {}).items()
    }
    # A page of another site that reaches this address under a name of its own (DNS rebinding) is refused too.
    host = headers.get("host", "").rsplit(":", 1)[0] if "host" in headers else ""
    client: Any = getattr(request, "client", None)
    return (
        not any(name in headers for name in _FORWARDED)
        and _is_loopback(host)
        and _is_loopback(str(getattr(client, "host", "")))
    )


def _is_loopback(host: str) -> bool:
    host = host.strip("[]").lower()
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
