"""Who may change the model and name folders of the machine."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest

from docvlm.errors import UsageError
from docvlm.ui.rights import NO_RIGHTS, Rights


def _request(host: str = "127.0.0.1:7860", client: str = "127.0.0.1", **headers: str) -> gr.Request:
    sent = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    return gr.Request(headers=sent, client=SimpleNamespace(host=client))


@pytest.fixture
def rights(tmp_path: Path) -> Rights:
    for name in ("papers/march", "data/uploads", "papers2"):
        (tmp_path / name).mkdir(parents=True)
    return Rights.at("127.0.0.1", False, tmp_path / "data", (tmp_path / "papers", tmp_path / "data"))


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "localhost", "[::1]:7860"])
def test_the_person_at_the_machine_may(rights: Rights, host: str) -> None:
    assert rights.may_change(_request(host))


@pytest.mark.parametrize(
    "request_",
    [
        _request(client="192.168.1.7"),
        _request(host="docvlm.example.org"),
        _request(host="127.0.0.1.evil.example:7860"),
        _request(x_forwarded_for="203.0.113.9"),
        gr.Request(headers={}, client=SimpleNamespace(host="127.0.0.1")),
        gr.Request(),
    ],
)
def test_nobody_else_may(rights: Rights, request_: gr.Request) -> None:
    assert not rights.may_change(request_)
    with pytest.raises(UsageError, match="Only the person at the machine"):
        rights.folder("papers", request_)


def test_an_app_for_others_gives_nobody_rights(tmp_path: Path) -> None:
    assert Rights.at("0.0.0.0", False, tmp_path) == NO_RIGHTS
    assert Rights.at("127.0.0.1", True, tmp_path) == NO_RIGHTS
    assert not NO_RIGHTS.may_change(_request())


def test_the_owner_of_a_private_space_may_train_and_name_no_folders(tmp_path: Path) -> None:
    asking = _request("someone-docvlm.hf.space", "10.0.0.7", x_forwarded_for="203.0.113.9")
    owner = Rights.in_private_space()
    assert owner.may_change(asking)
    with pytest.raises(UsageError, match="cannot be named here"):
        owner.folder(str(tmp_path), asking)
    with pytest.raises(UsageError, match="cannot be named here"):
        owner.file(str(tmp_path / "a.pdf"), asking)


def test_administrators_who_log_in_may_change_the_model_and_name_no_folders(tmp_path: Path) -> None:
    rights = Rights.of_admins(["anna"])
    anna = gr.Request(headers={"host": "docvlm.example.org"}, username="anna")
    bela = gr.Request(headers={"host": "127.0.0.1:7860"}, client=SimpleNamespace(host="127.0.0.1"))
    assert rights.may_change(anna) and not rights.may_change(bela) and not rights.may_name_folders(anna)
    with pytest.raises(UsageError, match="Only an administrator can train") as refused:
        rights.demand(bela, "train")
    assert refused.value.remedy == "Log in as one named with --admin."
    for asking in (anna, bela):
        with pytest.raises(UsageError, match="cannot be named here"):
            rights.folder(str(tmp_path), asking)


def test_where_nobody_is_an_administrator_the_remedy_is_a_machine_of_one_s_own() -> None:
    with pytest.raises(UsageError, match="Only the person at the machine") as refused:
        NO_RIGHTS.demand(_request(), "train")
    assert refused.value.remedy == "Start docvlm on your own machine to do this."


def test_only_folders_below_the_allowed_ones_are_read(rights: Rights, tmp_path: Path) -> None:
    asking = _request()
    assert rights.folder(f" {tmp_path}/papers/march ", asking) == tmp_path / "papers" / "march"
    (tmp_path / "papers" / "link").symlink_to(tmp_path / "papers2")
    for typed in (f"{tmp_path}/papers2", f"{tmp_path}/papers/../papers2", f"{tmp_path}/papers/link", "/"):
        with pytest.raises(UsageError, match="outside the folders"):
            rights.folder(typed, asking)
    for typed in ("", "  ", f"{tmp_path}/nowhere", "\0", "@list.txt", "-", f"{tmp_path}/papers/*"):
        with pytest.raises(UsageError):
            rights.folder(typed, asking)


def test_a_call_without_a_file_is_told_so(rights: Rights) -> None:
    for typed in ("", "  "):
        with pytest.raises(UsageError, match="No file is named"):
            rights.file(typed, _request())


def test_folders_are_offered_to_the_person_at_the_machine(rights: Rights, tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    for name in ("march/bills/old", ".hidden/inner", "april"):
        (papers / name).mkdir(parents=True)
    (papers / "link").symlink_to(tmp_path / "papers2")
    (papers / "a.pdf").write_bytes(b"%PDF")
    offered = [papers, papers / "april", papers / "march", papers / "march" / "bills"]
    assert rights.offered_folders(_request()) == offered  # docvlm's own data is allowed by no option
    assert [rights.folder(str(folder), _request()) for folder in offered] == offered
    assert rights.offered_folders(_request(client="192.168.1.7")) == []
    assert NO_RIGHTS.offered_folders(_request()) == []


def test_docvlms_own_data_is_never_read_by_path(rights: Rights, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="own data"):
        rights.folder(f"{tmp_path}/data/uploads", _request())
    around = Rights.at("localhost", False, tmp_path / "data", (tmp_path,))
    with pytest.raises(UsageError, match="own data"):
        around.folder(str(tmp_path), _request())
    hidden = Rights.at("localhost", False, tmp_path / ".share" / "docvlm", (tmp_path,))
    assert hidden.folder(str(tmp_path), _request()) == tmp_path  # hidden folders are not walked into
