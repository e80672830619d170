from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from docvlm.errors import UsageError
from docvlm.ui.login import login_check, logins_in
from tests.ui.http_browser import SECONDS, callback_of, join, keep_document, messages_of, upload


@pytest.fixture(scope="module")
def app_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        "DOCVLM_MODEL": str(tmp_path_factory.mktemp("none") / "no-model"),
        "DOCVLM_LOGIN": "anna:first: pass\nbela:second",
    }


def test_only_a_right_name_and_password_fit(tmp_path: Path) -> None:
    file = tmp_path / "logins"
    file.write_text("# people\n\nanna:a:b\nbela:c\n")
    is_right = login_check(file, {"DOCVLM_LOGIN": "carl:d"})
    assert is_right is not None
    assert is_right("anna", "a:b") and is_right("bela", "c")
    assert not any(is_right(*pair) for pair in (("anna", "c"), ("carl", "d"), ("", ""), ("nobody", "")))
    assert login_check(None, {}) is None


@pytest.mark.parametrize("text", ["", "# none\n", "anna", "anna:", ":x", "anna:x\nanna:y"])
def test_wrong_logins_are_told_without_a_password(text: str) -> None:
    with pytest.raises(UsageError) as told:
        logins_in(text)
    assert "anna" not in str(told.value)
    with pytest.raises(UsageError):
        login_check(None, {"DOCVLM_LOGIN": text})


def test_a_login_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        login_check(tmp_path / "nowhere", {})


def _logged_in(address: str, name: str, password: str) -> httpx.Client:
    browser = httpx.Client(base_url=address, timeout=SECONDS)
    browser.get("/")
    reply = browser.post("login", data={"username": name, "password": password})
    assert reply.status_code == 200, reply.text
    return browser


def test_documents_belong_to_the_person_and_strangers_see_nothing(address: str, samples: Path) -> None:
    with httpx.Client(base_url=address, timeout=SECONDS) as stranger:
        assert stranger.get("config").status_code == 401
        assert upload(stranger, "a.pdf").status_code == 401
        assert join(stranger, 0, [], None, "tab").status_code == 401
        wrong = stranger.post("login", data={"username": "anna", "password": "second"})
        assert wrong.status_code == 400
    first, second = (_logged_in(address, "anna", "first: pass") for _ in range(2))
    bela = _logged_in(address, "bela", "second")
    opened = callback_of(first, "documents", "select")
    keep_document(first, samples / "receipt.jpg", "one")
    assert "receipt.jpg" in messages_of(first, "one")
    told = {}
    for name, browser in (("anna", second), ("bela", bela)):
        join(browser, opened, [], {"choice": "document:1"}, name)
        told[name] = messages_of(browser, name)
        browser.close()
    assert "receipt.jpg" in told["anna"]
    assert "receipt.jpg" not in told["bela"] and "no longer kept" in told["bela"]


def test_whoever_is_logged_in_is_named_and_can_log_out(address: str) -> None:
    browser = _logged_in(address, "anna", "first: pass")
    config = browser.get("config").json()
    (person,) = (one["id"] for one in config["components"] if one["props"].get("elem_id") == "person")
    greetings = [one for one in config["dependencies"] if person in one["outputs"]]
    (greet,) = (one["id"] for one in greetings if "load" in str(one["targets"]))
    join(browser, greet, [], None, "tab")
    told = messages_of(browser, "tab")
    assert "<span>anna</span>" in told and 'href=\\"logout\\"' in told
    assert browser.get("logout", follow_redirects=True).status_code == 200
    assert browser.get("config").status_code == 401
    browser.close()
