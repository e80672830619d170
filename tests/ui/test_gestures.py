"""What hands do on the page, in a real browser: paste, zoom and pan, click; and light or dark.

A tiny checkpoint of random weights answers; what it says does not matter here.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.desk_steps import open_sample
from tests.ui.test_accessibility import findings
from tests.ui.test_phone import DESKTOP, PHONE, ROOMS

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

PATIENCE = 60_000
COPY = """async (address) => {
  const picture = await (await fetch(address)).blob();
  await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
}"""
SHIFTS = """() => { window.shifts = [];
  const name = (node) => !node ? "gone" : node.id || node.className || node.parentElement?.id;
  const place = (box) => [box.x, box.y, box.width, box.height].map(Math.round).join();
  new PerformanceObserver((list) => {
    for (const one of list.getEntries().filter((one) => !one.hadRecentInput)) window.shifts.push([one.value,
      one.sources.map((of) => [name(of.node), place(of.previousRect), place(of.currentRect)].join(" "))
    ]);
  }).observe({ type: "layout-shift", buffered: true }); }"""
DROP = """async (target, address) => {
  const dropped = new DataTransfer();
  if (address) {
    const picture = await (await fetch(address)).blob();
    dropped.items.add(new File([picture], "dropped.png", { type: picture.type }));
  } else dropped.setData("text/plain", "no file");
  const event = { bubbles: true, cancelable: true, dataTransfer: dropped };
  target.dispatchEvent(new DragEvent("dragover", event));
  return !target.dispatchEvent(new DragEvent("drop", event)); }"""
STROKE = "(node) => getComputedStyle(node).stroke"
MARK = """() => { const card = document.createElement("div");
  Object.assign(card.dataset, { mark: "quiet", page: "1", boxes: "[[20, 20, 90, 60]]" });
  card.textContent = "a value"; document.querySelector("#right #answers").append(card); }"""
MOST_SHIFT = 0.1  # web.dev/articles/cls calls that good
PLACE = """() => { const pane = document.querySelector(".page-scroll");
  return { left: pane.scrollLeft, top: pane.scrollTop, width: pane.querySelector("img").width }; }"""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def app_environment(tiny_model: dict[str, str]) -> dict[str, str]:
    return tiny_model


@pytest.fixture(autouse=True)
def patient(page: Page) -> None:
    page.set_default_timeout(PATIENCE)
    page.wait_for_function("document.querySelector('#model')?.textContent.trim()")  # its scripts have run


def _open(page: Page, name: str = "invoice.pdf") -> None:
    page.click(f'[data-choice="sample:{name}"]')
    page.wait_for_selector(f'.page-title:has-text("{name}")')
    page.wait_for_selector('[data-read="1"]')


def test_a_screenshot_is_pasted_from_the_clipboard(page: Page, samples: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    picture = base64.b64encode((samples / "screenshot.png").read_bytes()).decode()
    page.evaluate(COPY, f"data:image/png;base64,{picture}")
    page.locator("body").press("Control+v")
    page.wait_for_selector('.page-title:has-text("image.png")')
    page.wait_for_selector('[data-read="1"]')
    assert page.locator("#left .document").count() == 1
    assert page.locator(".page-sheet img").evaluate("image => image.naturalWidth") > 200


@pytest.mark.parametrize("place", ["#page-view", "#composer textarea", "#documents"])
def test_a_file_dropped_anywhere_on_the_page_is_opened(page: Page, samples: Path, place: str) -> None:
    picture = base64.b64encode((samples / "screenshot.png").read_bytes()).decode()
    is_taken = page.locator(place).evaluate(DROP, f"data:image/png;base64,{picture}")
    assert is_taken  # else the browser would leave the app and show the file
    page.wait_for_selector('.page-title:has-text("dropped.png")')
    page.wait_for_selector('[data-read="1"]')
    assert page.locator("#left .document").count() == 1
    assert not page.locator("#page-view").evaluate(DROP, None)  # text, say, is left to the browser
    assert page.locator("#left .document").count() == 1


def test_overlays_are_switched_on_and_off(page: Page) -> None:
    _open(page, "scanned-contract.pdf")
    word, doubtful = page.locator(".word").first, page.locator(".word.doubtful")
    strokes = {"words": word, "doubtful": doubtful.first} if doubtful.count() else {"words": word}
    assert page.inner_text("[data-count=doubtful]") == str(doubtful.count())
    assert page.inner_text("[data-count=words]") == str(page.locator(".word").count()) != "0"
    for layer, drawn in strokes.items():
        plain = drawn.evaluate(STROKE)
        page.click(f"[data-layer={layer}]")
        assert drawn.evaluate(STROKE) != plain
        page.click(f"[data-layer={layer}]")
        assert drawn.evaluate(STROKE) == plain
    page.evaluate(MARK)
    page.wait_for_selector('.mark[data-of="quiet"]')
    for is_on in (False, True):
        page.click("[data-layer=marks]")
        assert page.locator('.mark[data-of="quiet"]').is_visible() == is_on


def test_the_page_is_zoomed_and_moved_by_hand(page: Page) -> None:
    _open(page)
    pane = page.locator(".page-scroll")
    box = pane.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    start = page.evaluate(PLACE)
    page.click("[aria-label=Larger]")
    pane.press("+")
    assert page.inner_text(".zoom output") == "150 %"
    larger = page.evaluate(PLACE)
    assert larger["width"] == pytest.approx(1.5 * start["width"], rel=0.02)
    page.mouse.move(x, y)
    page.mouse.down()
    x, y = x - 60, y - 90
    page.mouse.move(x, y, steps=5)
    page.mouse.up()
    moved = page.evaluate(PLACE)
    assert (moved["left"] - larger["left"], moved["top"] - larger["top"]) == (60, 90)
    assert page.locator(".region-box").count() == 0  # a drag is no box
    page.keyboard.down("Control")
    page.mouse.wheel(0, -150)
    page.keyboard.up("Control")
    page.wait_for_function("document.querySelector('.zoom output').textContent !== '150 %'")
    nearer = page.evaluate(PLACE)
    factor = nearer["width"] / moved["width"]
    assert factor > 1.3  # and what was under the pointer is there still
    assert nearer["top"] + y - box["y"] == pytest.approx((moved["top"] + y - box["y"]) * factor, abs=3)
    pane.press("0")
    assert page.inner_text(".zoom output") == "100 %"


@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_nothing_jumps_while_one_works(page: Page, window: ViewportSize) -> None:
    page.set_viewport_size(window)
    page.reload()
    page.evaluate(SHIFTS)
    page.wait_for_selector("#model .ready")
    _open(page)
    page.wait_for_selector(".incoming li", state="detached")
    page.fill("#composer textarea", "What is the total?")
    page.press("#composer textarea", "Enter")
    page.wait_for_selector("#answers .answer:not(.pending)")
    for task in ("Extract", "Label", "Ask"):
        page.click(f"role=tab[name={task}]")
        page.wait_for_timeout(700)  # beyond what still counts as following the click
    for room, shown in ROOMS.items():
        page.click(f"role=tab[name={room}]")
        page.wait_for_selector(shown, state="attached")
        page.wait_for_timeout(700)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < MOST_SHIFT, "\n".join(map(str, shifts))


def test_a_list_longer_than_its_strip_stands_above_the_samples(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 500})
    names = ("invoice.pdf", "receipt.jpg", "screenshot.png", "scanned-contract.pdf")
    for name in names:
        _open(page, name)
    page.wait_for_function(f"document.querySelectorAll('#left .document').length == {len(names)}")
    last, samples = (
        page.locator("#left .document-entry").last.bounding_box(),
        page.locator("#samples").bounding_box(),
    )
    assert last and samples and last["y"] + last["height"] <= samples["y"]


def test_a_tick_is_kept_while_the_list_is_drawn_again(page: Page) -> None:
    for name in ("invoice.pdf", "receipt.jpg"):
        _open(page, name)
    _switch_tick(page, "invoice.pdf")
    page.click('[data-choice="sample:screenshot.png"]')  # comes to the top, and moves the others down
    _switch_tick(page, "receipt.jpg")
    _switch_tick(page, "invoice.pdf")
    page.wait_for_selector('.page-title:has-text("screenshot.png")')
    page.wait_for_selector("#left [aria-label='Select screenshot.png']")
    page.wait_for_selector(".incoming li", state="detached")
    page.wait_for_selector("#left h3:has-text('1 selected')")
    ticked = page.locator("#left .document-entry:has(input:checked)")
    assert [entry.inner_text().split("\n")[0] for entry in ticked.all()] == ["receipt.jpg"]


def _switch_tick(page: Page, name: str) -> None:
    # At once: between finding a box and pressing on its place the list may move.
    page.locator(f"#left [aria-label='Select {name}']").evaluate("box => box.click()")


def test_a_file_that_is_read_looks_like_those_that_wait(page: Page) -> None:
    page.evaluate(
        """() => document.querySelector("#incoming").insertAdjacentHTML("beforeend",
          "<ul class=incoming><li class=waiting><span>a</span></li>"
          + "<li class=working><span>a</span></li></ul>")"""
    )
    looks = """(entries) => entries.map((one) => [getComputedStyle(one).padding,
      getComputedStyle(one.firstElementChild).whiteSpace].join())"""
    waiting, working = page.eval_on_selector_all("#incoming li", looks)
    assert working == waiting


def test_a_hint_in_an_empty_field_does_not_look_like_typed_text(page: Page) -> None:
    alike = page.evaluate(
        """() => [...document.querySelectorAll("[placeholder]")].filter((one) =>
          getComputedStyle(one, "::placeholder").color === getComputedStyle(one).color)
          .map((one) => one.placeholder)"""
    )
    assert alike == []


def test_a_suggested_question_is_asked_with_a_click(page: Page) -> None:
    _open(page)
    chip = page.locator("#composer [data-suggest]").first
    # At once, as other questions may be suggested in a moment, when it is known what the page is.
    question = chip.evaluate("chip => { const said = chip.innerText; chip.click(); return said; }")
    page.wait_for_selector("#answers .answer:not(.pending)")
    assert question in page.inner_text("#answers")
    page.wait_for_selector("#composer [data-suggest]", state="detached")
    assert page.input_value("#composer textarea") == ""


def test_light_and_dark_are_switched_by_keyboard_and_remembered(page: Page, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="light")
    switch = page.locator("#colours select")
    assert switch.input_value() == "system" and not _is_dark(page)
    switch.focus()
    for _ in range(2):
        page.keyboard.press("ArrowDown")  # to the last of the three
    page.wait_for_selector("body.dark", state="attached")
    page.screenshot(path=tmp_path / "dark.png")
    assert findings(page) == []
    page.reload()
    page.wait_for_selector("body.dark .samples")
    page.wait_for_function("document.querySelector('#colours select').value === 'dark'")
    page.emulate_media(color_scheme="dark")
    switch.select_option("light")
    page.wait_for_selector("body:not(.dark)", state="attached")
    page.emulate_media(color_scheme="light")
    page.emulate_media(color_scheme="dark")
    assert not _is_dark(page)  # the system does not overrule the person
    page.screenshot(path=tmp_path / "light.png")
    assert findings(page) == []
    switch.select_option("system")
    page.wait_for_selector("body.dark", state="attached")
    page.emulate_media(color_scheme="light")
    page.wait_for_selector("body:not(.dark)", state="attached")


def test_a_phone_has_no_serious_finding(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size(PHONE)
    _open(page)
    found: dict[str, Any] = {"Ask": findings(page)}
    tasks = {"Extract": "#extract", "Label": "#label-fields .sheet"}
    for name, shown in (tasks | {room: ROOMS[room] for room in ROOMS if room != "Desk"}).items():
        page.click(f"role=tab[name={name}]")
        page.wait_for_selector(shown, state="attached")
        page.screenshot(path=tmp_path / f"{name}.png")
        found[name] = findings(page)
    assert {name: lines for name, lines in found.items() if lines} == {}


def _is_dark(page: Page) -> bool:
    return bool(page.evaluate("document.body.classList.contains('dark')"))


def test_a_tap_picks_a_word_and_a_finger_scrolls(page: Page) -> None:
    assert page.context.browser is not None
    with page.context.browser.new_context(has_touch=True, viewport=PHONE) as context:
        phone = context.new_page()
        phone.set_default_timeout(PATIENCE)
        phone.goto(page.url)
        open_sample(phone, "invoice.pdf")
        phone.evaluate("""() => { window.picked = [];
          document.addEventListener("docvlm:pick", (event) => window.picked.push(event.detail.text)); }""")
        sheet = phone.locator(".page-sheet").bounding_box()
        assert sheet is not None
        scale = sheet["width"] / 595
        phone.touchscreen.tap(sheet["x"] + 70 * scale, sheet["y"] + 201 * scale)
        assert phone.evaluate("window.picked") == ["Larkspur"]
