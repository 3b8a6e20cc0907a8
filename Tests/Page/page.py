"""The page at / in a browser, against a server of its own; status 0 when all goes right.

What is right is what the server itself answers, asked without the page.
"""
import argparse
import base64
import contextlib
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Benchmarks/serving"))
from server import MODEL, SOFTMOE, serving  # noqa: E402

PHOTO = ROOT / "models/samples/cat.jpg"
SAMPLES = [ROOT / f"models/page-samples/{name}.webp" for name in ("cat", "coffee", "rocket")]
KEY = "a-key-that-is-long-enough"

DROP = """([base64, name, type]) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, {type}));
  document.body.dispatchEvent(new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: transfer}));
}"""
PASTE = """(base64) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "image.png", {type: "image/png"}));
  document.dispatchEvent(new ClipboardEvent("paste", {bubbles: true, cancelable: true, clipboardData: transfer}));
}"""
# Milliseconds from each click on an expert, or change of layer, until its frame has been painted.
TIMED = """async (selector) => {
  const times = [];
  for (const target of [...document.querySelectorAll(selector)].slice(1, 33)) {
    const start = performance.now();
    target.click();
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    times.push(performance.now() - start);
  }
  return times;
}"""
# A machine that does other things too is slow, and the page not wrong.
PATIENCE = 300_000


@contextlib.contextmanager
def server(model: pathlib.Path, *options):
    """The address of a server on a free port."""
    with serving(*options, model=model) as running:
        yield f"http://127.0.0.1:{running.port}"


@contextlib.contextmanager
def opened(browser, url: str, expects_errors: bool = False, **options):
    """The page; afterwards, that it broke no policy, asked no other host and, unless errors were asked for, logged none."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    asked, logged = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: logged.append(message.text))
    page.on("pageerror", lambda error: logged.append(f"uncaught: {error}"))
    page.add_init_script(
        "window.violations = [];"
        "addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));")
    page.goto(url)
    yield page
    assert page.evaluate("violations") == []
    assert [a for a in asked if not a.startswith((url, "data:", "blob:"))] == []
    assert [text for text in logged if not (expects_errors and "Failed to load resource" in text)] == []
    context.close()


def classified(url: str, body: bytes, query: str) -> dict:
    request = urllib.request.Request(f"{url}/classify{query}", data=body)
    try:
        return json.load(urllib.request.urlopen(request))
    except urllib.error.HTTPError as error:
        return json.load(error)


def drop(page: Page, body: bytes, name: str = "photo.jpg", kind: str = "image/jpeg"):
    page.evaluate(DROP, [base64.b64encode(body).decode(), name, kind])


def picture(page: Page) -> str:
    return page.evaluate("document.querySelector('#stage').toDataURL()")


def percentage(text: str) -> float:
    return float(text.removesuffix("\u00a0%")) / 100


def shows(page: Page, answer: dict):
    """Waits until the page shows the classes of that answer."""
    expect(page.locator("#classes li > span:first-child")).to_have_text([p["label"] for p in answer["predictions"]])
    shown = page.locator("#classes li > span:last-child").all_inner_texts()
    for text, prediction in zip(shown, answer["predictions"], strict=True):
        assert abs(percentage(text) - prediction["probability"]) < 6e-4, (text, prediction)


def is_whole_and_small(url: str):
    page = urllib.request.urlopen(url).read()
    assert len(page) < 100_000, len(page)
    embedded = [base64.b64decode(data) for data in re.findall(rb'src="data:image/webp;base64,([^"]+)"', page)]
    assert embedded == [sample.read_bytes() for sample in SAMPLES]


def shows_an_answer(page: Page, url: str):
    answer = classified(url, PHOTO.read_bytes(), "?top_k=5&explain=1&experts=all")
    drop(page, PHOTO.read_bytes())
    shows(page, answer)
    expect(page.locator("#doing")).to_contain_text(answer["predictions"][0]["label"])
    expect(page.locator("#timings")).to_contain_text(re.compile(r"Answered in [\d.]+\sms"))
    layers = answer["explanation"]["layers"]
    expect(page.locator("#layers label")).to_have_text([str(layer["layer"]) for layer in layers])
    shows_layer(page, layers[0])
    first = picture(page)

    page.locator("#layers label").nth(1).click()
    shows_layer(page, layers[1])
    second = picture(page)
    page.keyboard.press("ArrowRight")
    shows_layer(page, layers[2])
    assert len({first, second, picture(page)}) == 3
    return layers[2]["experts"]


def shows_layer(page: Page, layer: dict):
    tiles = page.locator(".expert")
    expect(tiles.locator("p span:first-child")).to_have_text([str(e["expert"]) for e in layer["experts"]])
    shares = [percentage(text) for text in tiles.locator("p span:last-child").all_inner_texts()]
    assert all(abs(share - e["mass"]) < 6e-4 for share, e in zip(shares, layer["experts"], strict=True))


def browses_experts(page: Page, experts: list):
    """By mouse and by arrow keys; the picture, the words, the numbers and the focus follow."""
    tiles = page.locator(".expert")
    columns = page.evaluate("getComputedStyle(document.querySelector('#experts')).gridTemplateColumns.split(' ').length")
    seen = {picture(page)}
    tiles.nth(2).click()
    for press, place in ((None, 2), ("ArrowRight", 3), ("ArrowDown", 3 + columns), ("ArrowLeft", 2 + columns),
                         ("ArrowUp", 2), ("End", len(experts) - 1), ("ArrowRight", len(experts) - 1), ("Home", 0)):
        if press:
            page.keyboard.press(press)
            expect(tiles.nth(place)).to_be_focused()
        expect(tiles.nth(place)).to_have_attribute("aria-selected", "true")
        assert page.locator(".expert[aria-selected=true]").count() == page.locator(".expert[tabindex='0']").count() == 1
        name = f"Expert {experts[place]['expert']} looks "
        expect(page.locator("#said")).to_contain_text(name)
        expect(page.locator("#stage")).to_have_attribute(
            "aria-label", re.compile(f"expert {experts[place]['expert']} looks: (at|along|mostly|all) .+"))
        seen.add(picture(page))
    assert len(seen) == 6, "every expert has its own picture"
    page.locator("summary").click()
    assert abs(sum(map(percentage, page.locator("#ninths td").all_inner_texts())) - 1) < .01
    page.locator("summary").click()
    for place in (1, 2, 0):
        page.locator("#views label").nth(place).click()
        seen.add(picture(page))
    assert len(seen) == 8, "the photo and the model's pixels are other pictures"


def takes_photos(page: Page, url: str, folder: pathlib.Path):
    """Chosen, pasted, and its own samples; an error of the server stands in its words."""
    page.locator("input[type=file]").first.set_input_files(SAMPLES[2])
    shows(page, classified(url, SAMPLES[2].read_bytes(), "?top_k=5"))
    Image.open(PHOTO).resize((90, 60)).save(folder / "pasted.png")
    pasted = (folder / "pasted.png").read_bytes()
    page.evaluate(PASTE, base64.b64encode(pasted).decode())
    shows(page, classified(url, pasted, "?top_k=5"))
    page.locator(".sample").nth(1).click()
    shows(page, classified(url, SAMPLES[1].read_bytes(), "?top_k=5"))
    drop(page, b"no image", "notes.txt", "text/plain")
    expect(page.get_by_role("alert")).to_have_text(classified(url, b"no image", "")["error"])


def shows_the_load(page: Page, url: str):
    usage = json.load(urllib.request.urlopen(f"{url}/v1/experts"))
    expect(page.locator("#seen")).to_contain_text(f"since the start: {usage['lifetime_images']}.")
    for layer, caption in zip(usage["layers"], page.locator(".load p:first-of-type").all_inner_texts(), strict=True):
        assert str(layer["layer"]) in caption and f"{layer['window']['effective_experts']:.1f} of" in caption
    classified(url, PHOTO.read_bytes(), "")
    expect(page.locator("#seen")).to_contain_text(f"since the start: {usage['lifetime_images'] + 1}.")


def asks_for_a_key(browser, folder: pathlib.Path):
    (folder / "keys").write_text(KEY + "\n")
    with server(MODEL, "--api-keys", folder / "keys") as url, opened(browser, url, expects_errors=True) as page:
        # A form that was just sent keeps its focus for a moment: what it says tells that the server has answered.
        for text, note in (("another key, which is wrong", "wants an API key"), (KEY, "does not know that key")):
            expect(page.locator("#key-note")).to_contain_text(note)
            expect(page.get_by_label("API key")).to_be_focused()
            page.keyboard.type(text)
            page.keyboard.press("Enter")
        expect(page.locator("#key")).to_be_hidden()
        page.locator(".sample").first.click()
        expect(page.locator("#classes li")).to_have_count(5)
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0 and page.context.cookies() == []


def shows_other_models(browser, folder: pathlib.Path, is_timed: bool):
    """One without experts, one with six layers of 128, and two whose routers choose."""
    for experts in (0, 128):
        model = folder / f"{experts}.smoe"
        subprocess.check_output([SOFTMOE, "synthesize", "--variant", "Ti/16", "--dtype", "int8",
                                 "--experts", str(experts), "--output", model])
        with server(model) as url, opened(browser, url) as page:
            drop(page, PHOTO.read_bytes())
            expect(page.locator("#classes li")).to_have_count(5)
            if experts == 0:
                expect(page.locator("#said")).to_contain_text("no experts")
                expect(page.locator(".experts")).to_be_hidden()
                continue
            expect(page.locator(".expert")).to_have_count(128)
            page.locator(".expert").last.click()
            expect(page.locator(".expert").last).to_have_attribute("aria-selected", "true")
            page.locator("#layers label").last.click()
            expect(page.locator(".expert")).to_have_count(128)
            if is_timed:
                expert, layer = (statistics.median(page.evaluate(TIMED, each)) for each in (".expert", "#layers input"))
                print(f"128 experts in 6 layers: another expert is painted after {expert:.0f} ms, another layer after {layer:.0f} ms")
        model.unlink()
    for router, chooses in (("tokens_choice", "Each patch chooses 2"), ("experts_choice", "Each expert chooses")):
        model = folder / f"{router}.smoe"
        subprocess.check_output([SOFTMOE, "synthesize", "--variant", "Ti/16", "--dtype", "int8", "--experts", "8",
                                 "--router", router, "--capacity-factor", "0.25", "--output", model])
        with server(model) as url, opened(browser, url) as page:
            drop(page, PHOTO.read_bytes())
            expect(page.locator(".expert")).to_have_count(8)
            expect(page.locator("#lead")).to_contain_text(chooses)
            expect(page.locator("#said")).to_contain_text("of the 196 patches")
            expect(page.locator("#said")).not_to_contain_text("blend")
            expect(page.locator("#sorted")).to_contain_text("no expert")
            expect(page.locator("#load")).to_contain_text("unmet")
        model.unlink()


def screenshots(browser, url: str, folder: pathlib.Path):
    """What docs/page shows, in 128 colours."""
    folder.mkdir(parents=True, exist_ok=True)
    for device, options in {
        "desktop": {"viewport": {"width": 1280, "height": 1860}},
        "phone": {"viewport": {"width": 390, "height": 1760}, "has_touch": True, "is_mobile": True},
    }.items():
        for scheme in ("light", "dark"):
            with opened(browser, url, color_scheme=scheme, reduced_motion="reduce", **options) as page:
                page.locator(".sample").first.click()
                expect(page.locator(".expert")).to_have_count(32)
                expect(page.locator("#load .marked").first).to_have_attribute("d", re.compile("M"))
                path = folder / f"{device}-{scheme}.png"
                page.screenshot(path=path)
                Image.open(path).convert("RGB").quantize(128, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)
                assert path.stat().st_size < 250_000, path


def main():
    parser = argparse.ArgumentParser(description="Uses the page in Chromium.")
    parser.add_argument("--url", help="a running server instead of one of its own; then without keys and other models")
    parser.add_argument("--screenshots", type=pathlib.Path, metavar="DIR", help="also write pictures of the page there (docs/page)")
    parser.add_argument("--times", action="store_true", help="also print how soon the page shows another expert and another layer")
    options = parser.parse_args()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright, contextlib.ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = options.url or stack.enter_context(server(MODEL))
        is_whole_and_small(url)
        with opened(browser, url) as page:
            browses_experts(page, shows_an_answer(page, url))
            shows_the_load(page, url)
        with opened(browser, url, expects_errors=True) as page:
            takes_photos(page, url, folder)
        if options.screenshots:
            screenshots(browser, url, options.screenshots)
        if not options.url:
            asks_for_a_key(browser, folder)
            shows_other_models(browser, folder, options.times)
        browser.close()
    print("Tests/Page: the page shows the server's answers, by mouse, keyboard, drop and paste")


if __name__ == "__main__":
    main()
