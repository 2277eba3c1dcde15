"""Takes the pictures of docs/tour.md: `make pictures`."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from pathlib import Path

from browser import a_browser, a_window
from PIL import Image
from playwright.sync_api import Browser
from tour import AT, TOUR, Shot, pages, text_of, the_world
from visits import Visit, World

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
MADE_FROM = PICTURES / "made-from.json"
_TALLEST = 1400


def fingerprint(page: str) -> str:
    """Return what tells one text of a page from another; how it is styled, does not count."""
    return hashlib.sha256(text_of(page).encode()).hexdigest()[:16]


def take(browser: Browser, world: World, shot: Shot, visit: Visit, page_text: str) -> bytes:
    """Return the picture of a page as a small PNG: what stands in a window, at most so and so high."""
    cookies = [{"name": name, "value": value, "url": world.address} for name, value in visit.client.cookies.items()]
    with a_window(browser, width=shot.width, dark=shot.dark, reduced_motion="reduce") as page:
        page.context.add_cookies(cookies)  # type: ignore[arg-type]
        # What the page was made of is served again as it is: another making would be another state.
        page.route("**/shown", lambda route: route.fulfill(body=page_text, content_type="text/html; charset=utf-8"))
        page.goto(world.address + "/shown", wait_until="networkidle")
        height = min(_TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
        page.set_viewport_size({"width": shot.width, "height": height})
        taken = Image.open(io.BytesIO(page.screenshot()))
    small = io.BytesIO()
    taken.convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()


def page_of_the_tour() -> str:
    """Return what docs/tour.md has to be."""
    shown = [f"{shot.says}\n\n![{shot.says}](pictures/{shot.name}.png)\n" for shot in TOUR]
    return "\n".join([_HEAD, *shown])


_HEAD = f"""# A tour of the pages

Each page of the demonstration as it looked on {AT:%B %d, %Y}. The people and what they sent in are made up.
`make pictures` takes the pictures anew. A test compares what each page says with what it said when its picture was
taken; a change of style alone does not fail it: take them anew after one, too.
"""


def main() -> None:
    """Take every picture, and write down which text each was made from."""
    made = {}
    with tempfile.TemporaryDirectory() as folder, the_world(Path(folder)) as world, a_browser() as browser:
        for shot, visit, answer in pages(world):
            (PICTURES / f"{shot.name}.png").write_bytes(take(browser, world, shot, visit, answer.text))
            made[shot.name] = fingerprint(answer.text)
            print(shot.name, flush=True)
    (ROOT / "docs" / "tour.md").write_text(page_of_the_tour(), encoding="utf-8")
    MADE_FROM.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
