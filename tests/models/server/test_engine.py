"""Replies of a real llama.cpp server, also when it is killed, restarted, silent or locked by a key."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docvlm.config import ServerLimits
from docvlm.errors import Cancelled, ModelError
from docvlm.grounding import PageWords, answer_grammar
from docvlm.models.load import load_engine
from docvlm.models.protocol import GenerationRequest, PageInput
from docvlm.models.server.engine import ServerEngine
from docvlm.pipeline.extract import extract_windows
from docvlm.pipeline.windows import cut_windows
from docvlm.reading import layout_rows, layout_text
from docvlm.schemas import load_schema
from docvlm.types import Extraction
from tests.models.server.servers import ModelServer
from tests.models.server.slow_server import slow_server
from tests.models.server.tiny_gguf import save_tiny_gguf
from tests.pages import reading_of

READING = reading_of(["Invoice 12", "Total 12.50 EUR"])
WORDS = PageWords([line.words for line in READING.lines], layout_rows(READING))
PAGE = PageInput("page", layout_text(READING))
QUESTION = GenerationRequest("Question: What is the total?", "Answer:", answer_grammar(WORDS), 60)
LONG = GenerationRequest("Write.", "", "%llguidance {}\nstart: /[a-z ]{4000}/\n", 5000)
IMPATIENT = ServerLimits(connect_seconds=1, silence_seconds=1, patience_seconds=2)


@pytest.fixture(scope="module")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture
def server(tiny_gguf: Path, tmp_path: Path) -> Iterator[ModelServer]:
    with ModelServer.llama_cpp(tiny_gguf, tmp_path / "log") as running:
        yield running


@pytest.fixture
def engine(server: ModelServer) -> Iterator[ServerEngine]:
    opened = ServerEngine(server.url)
    yield opened
    opened.close()


def text_of(engine: ServerEngine, request: GenerationRequest = QUESTION) -> str:
    return "".join(step.text for step in engine.generate(PAGE, request))


def test_the_reply_is_held_to_the_page(engine: ServerEngine) -> None:
    assert engine.card.follows_grammar and not engine.card.sees_pixels
    assert "127.0.0.1" in engine.card.note
    steps = list(engine.generate(PAGE, QUESTION))
    reply = "".join(step.text for step in steps)
    assert reply.endswith("\n")
    assert reply.strip() == "not found" or WORDS.find(reply)
    assert all(step.probability is not None and 0 < step.probability <= 1 for step in steps)


def test_fields_come_from_the_page(engine: ServerEngine) -> None:
    windows = cut_windows(READING, engine.count_tokens)
    schema = load_schema("number:identifier, total:amount, items[name, price:amount]")
    *_, extraction = extract_windows(engine, windows, schema, lambda window: window.input)
    assert isinstance(extraction, Extraction)
    assert [field.name for field in extraction.fields] == ["number", "total", "items"]
    raw = [field.raw for field in extraction.fields[:2]]
    assert all(value is None or WORDS.find(value) for value in raw)


def test_a_server_killed_before_it_replies_is_asked_again(server: ModelServer, engine: ServerEngine) -> None:
    expected = text_of(engine)
    server.signal(signal.SIGSTOP)  # connections are accepted, nothing is answered
    with ThreadPoolExecutor() as pool:
        reply = pool.submit(text_of, engine)
        time.sleep(0.3)
        server.kill()
        server.start()
        assert reply.result(timeout=60) == expected


def test_a_server_killed_in_the_middle_of_a_reply_goes_on_where_it_was(
    server: ModelServer, engine: ServerEngine
) -> None:
    expected = text_of(engine, LONG)
    steps = engine.generate(PAGE, LONG)
    reply = next(steps).text
    server.kill()
    server.start(wait=False)
    reply += "".join(step.text for step in steps)
    # Far into a reply of random weights another batch size may tip the balance between two tokens.
    assert len(reply) == len(expected) == 4001
    assert reply[:500] == expected[:500]


def test_many_replies_at_once_are_those_of_one_at_a_time(server: ModelServer) -> None:
    engine = ServerEngine(server.url, ServerLimits(concurrency=3))
    expected = text_of(engine)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: text_of(engine), range(24)))
    engine.close()
    assert set(replies) == {expected}


def test_cancelling_ends_the_reply_soon(server: ModelServer, engine: ServerEngine) -> None:
    cancel = threading.Event()
    steps = engine.generate(PAGE, LONG, cancel)
    next(steps)
    server.signal(signal.SIGSTOP)
    threading.Timer(0.2, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        list(steps)
    assert time.monotonic() - started < 5


def test_a_server_that_stays_away_is_told(server: ModelServer) -> None:
    engine = ServerEngine(server.url, IMPATIENT)
    server.kill()
    with pytest.raises(ModelError, match=r"does not answer: there is no connection.*Check that it runs"):
        text_of(engine)
    engine.close()
    with pytest.raises(ModelError, match="does not answer"):
        ServerEngine(server.url, IMPATIENT)


def test_a_server_that_falls_silent_is_told(server: ModelServer) -> None:
    engine = ServerEngine(server.url, IMPATIENT)
    server.signal(signal.SIGSTOP)
    with pytest.raises(ModelError, match="does not answer: it is silent"):
        text_of(engine)
    engine.close()


def test_a_run_that_goes_on_after_another_model_was_chosen_is_told() -> None:
    with slow_server(lambda _prompt: ["12.50"], pause_seconds=0) as server:
        engine = ServerEngine(server.url)
        assert text_of(engine)
        engine.close()
        with pytest.raises(ModelError, match="was closed"):
            text_of(engine)


def test_a_request_longer_than_the_context_is_refused_at_once(engine: ServerEngine) -> None:
    page = PageInput("long", "word " * 20_000)
    with pytest.raises(ModelError, match="refused the request"):
        list(engine.generate(page, QUESTION))


def test_a_key_is_sent_and_never_shown(
    tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer.llama_cpp(tiny_gguf, tmp_path / "log", keys=["right-key"]) as server:
        monkeypatch.setenv("DOCVLM_SERVER_KEY", "wrong-key")
        with pytest.raises(ModelError, match="DOCVLM_SERVER_KEY") as refused:
            ServerEngine(server.url)
        monkeypatch.setenv("DOCVLM_SERVER_KEY", "right-key")
        engine = ServerEngine(server.url)
        assert text_of(engine)
        engine.close()
    assert "wrong-key" not in str(refused.value)
    assert "right-key" not in f"{engine.card}"


def test_a_model_is_chosen_by_the_name_after_the_hash(server: ModelServer, tmp_path: Path) -> None:
    engine = load_engine(f"{server.url}#some-name", tmp_path)
    assert engine.card.name == f"{server.url}#some-name"
    engine.close()
    with pytest.raises(ModelError, match="adapter"):
        load_engine(server.url, tmp_path, adapter=tmp_path)
