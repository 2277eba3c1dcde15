"""Do the pictures of docs/tour.md and of the README show what the pages say now?"""

from __future__ import annotations

import json
import re
from pathlib import Path

from pictures import MADE_FROM, PICTURES, ROOT, fingerprint, page_of_the_tour
from tour import TOUR, pages, text_of, the_world

_MOST_BYTES = 2_500_000


def test_each_picture_is_of_what_its_page_says_now(tmp_path: Path) -> None:
    recorded = json.loads(MADE_FROM.read_text(encoding="utf-8"))
    with the_world(tmp_path) as world:
        now = {shot.name: fingerprint(answer.text) for shot, _, answer in pages(world)}
    changed = sorted(name for name in now.keys() | recorded.keys() if now.get(name) != recorded.get(name))
    assert changed == [], "run make pictures, and look at them"


def test_the_tour_has_each_picture_once_and_no_other(tmp_path: Path) -> None:
    tour = ROOT / "docs" / "tour.md"
    assert tour.read_text(encoding="utf-8") == page_of_the_tour(), "run make pictures"
    assert {path.stem for path in PICTURES.glob("*.png")} == {shot.name for shot in TOUR}
    assert sum(path.stat().st_size for path in PICTURES.glob("*.png")) < _MOST_BYTES
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for says, shown in re.findall(r"!\[([^\]]*)\]\(([^)]+\.png)\)", page.read_text(encoding="utf-8")):
            assert says and (page.parent / shown).exists(), (page.name, shown)


def test_what_a_page_says_is_its_words_and_not_the_names_of_its_rows() -> None:
    page = "<head><title>x</title></head><h1>Due</h1> <p>Reference 261117-9F3A, seal <code>0a1b2c3d4e5f</code></p>"
    other = page.replace("9F3A", "0000").replace("0a1b", "ffff").replace("<h1>", "<h1 class='a'>")
    assert text_of(page) == text_of(other) == "Due Reference …, seal …"
    assert fingerprint(page) == fingerprint(other) != fingerprint(page.replace("Due", "Overdue"))
