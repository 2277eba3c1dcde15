"""Do people find the receipt as page, PDF and JSON, and can anybody check it in a browser?"""

from __future__ import annotations

import re
from datetime import timedelta

import visits
from pdf_text import pdf_text
from sqlmodel import select
from visits import LIAISON, MANAGER, WA, World, submission_form

from duecourse.calendar.standing import Standing
from duecourse.models import Receipt, Submission
from duecourse.models.database import writing
from duecourse.tracking.proof.receipts import content_of
from duecourse.tracking.proof.signed_documents import RECEIPT, read_document, signed_document
from duecourse.tracking.proof.signing import fingerprint, new_private_key, private_key, public_key, public_keys
from duecourse.tracking.proof.signing_keys import KEY_FILE, remember_key, server_key

filled, make_world, world = visits.filled, visits.make_world, visits.world

PDF = ("Enrollment “October”, José.pdf", b"%PDF-1.7\nenrolled: 42", "application/pdf")


def handed_in(world: World, **fields: str) -> Receipt:
    """Submit an overdue report with a file on its page, and return its receipt."""
    report = world.find(WA, Standing.OVERDUE)
    form = submission_form(note="Seen “twice”: Łódź, 報告 & <b>.", **fields)
    answer = world.visitor(MANAGER).post(f"/deliverables/{report.uid}/submit", form, files={"file": PDF})
    assert answer.status_code == 303, answer.text
    return world.rows(select(Receipt).order_by(Receipt.number))[-1]


def upload(world: World, data: bytes) -> tuple[int, str]:
    """Have a file checked by somebody without an account."""
    answer = world.visitor().post("/verify", files={"file": ("receipt.json", data, "application/json")})
    return answer.status_code, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


def test_the_deliverables_page_leads_to_the_receipt_in_all_three_forms(world: World) -> None:
    receipt, visit = handed_in(world), world.visitor(LIAISON)
    deliverable = content_of(receipt)["deliverable"]["uid"]
    page = visit.get(f"/deliverables/{deliverable}").text
    assert all(f'href="/receipts/{receipt.uid}{ending}"' in page for ending in ("", ".pdf", ".json"))
    shown = visit.get(f"/receipts/{receipt.uid}").text
    assert f"<h1>Receipt {receipt.number}" in shown and receipt.sha256 in shown
    for said in ("Tue Nov 29, 2022, 4:30 PM Pacific", "Pacific time (America/Los_Angeles)", "PSRS-4711", "&lt;b&gt;"):
        assert said in shown
    assert all(step in shown for step in content_of(receipt)["due"]["why"])


def test_the_json_is_the_receipt_signed_with_the_servers_key(world: World) -> None:
    receipt, visit = handed_in(world), world.visitor(MANAGER)
    answer = visit.get(f"/receipts/{receipt.uid}.json")
    assert answer.headers["content-disposition"] == f'attachment; filename="receipt-{receipt.number}.json"'
    found = read_document(answer.content, format=RECEIPT)
    assert (found.content, found.sha256) == (content_of(receipt), receipt.sha256)
    pem = world.visitor().get("/verify/key").content
    assert public_keys(pem, source="server.pem") == [found.public]
    assert found.fingerprint.encode() in pem
    assert public_key(server_key(world.settings.data)) == found.public


def test_the_pdf_has_the_same_words_with_their_quotes_and_accents(world: World) -> None:
    receipt, visit = handed_in(world), world.visitor(MANAGER)
    answer = visit.get(f"/receipts/{receipt.uid}.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert visit.get(f"/receipts/{receipt.uid}.pdf").content == answer.content
    words = re.sub(r"\s+", "", pdf_text(answer.content))
    said = content_of(receipt)
    key = fingerprint(public_key(server_key(world.settings.data)))
    for wanted in (
        f"Receipt {receipt.number}",
        said["deliverable"]["report"],
        "Enrollment “October”, José.pdf",
        said["submission"]["files"][0]["sha256"],
        "Tue Nov 29, 2022, 4:30 PM Pacific (2022-11-30T00:30:00Z)",
        said["due"]["in_words"],
        *said["due"]["why"],
        said["rule"]["definition_sha256"],
        # What the type lacks is printed as its number, and a line says so.
        "Seen “twice”: Łód[U+017A], [U+5831][U+544A] & <b>.",
        "stands for a character",
        f"{world.settings.address}/verify/{receipt.uid}/{receipt.sha256}",
        f"{world.settings.address}/verify/key",
        "duecourse verify receipt.json",
        f"SHA-256 of the receipt: {receipt.sha256}",
        f"Fingerprint of the key: {key}",
    ):
        assert wanted.replace(" ", "") in words, wanted


def test_a_day_before_the_submission_shows_no_receipt_of_it(world: World) -> None:
    receipt, visit = handed_in(world), world.visitor(MANAGER)
    assert visit.post("/showing", {"day": "2022-11-01", "back": "/"}).status_code == 303
    assert [visit.get(f"/receipts/{receipt.uid}{end}").status_code for end in ("", ".pdf", ".json")] == [404, 404, 404]


def test_somebody_without_an_account_has_a_receipt_checked(world: World) -> None:
    receipt = handed_in(world)
    data = world.visitor(MANAGER).get(f"/receipts/{receipt.uid}.json").content
    status, says = upload(world, data)
    assert status == 200
    assert (
        "This receipt is genuine. It was signed with a key of this server, no byte was changed, and it is recorded "
        in says
    )
    assert "Tue Nov 29, 2022, 4:30 PM Pacific" in says


def test_the_pages_for_everybody_lead_on_whoever_is_signed_in_and_show_others_the_door(world: World) -> None:
    nowhere = f"/verify/00000000-0000-4000-8000-000000000000/{'0' * 64}"
    for path in ("/verify", nowhere, "/no-such-page", "/deliverables/none"):
        page = world.visitor(MANAGER).get(path).text
        assert 'aria-label="Pages"' in page and "Sign out" in page, path
    for path in ("/verify", nowhere):
        page = world.visitor().get(path).text
        assert 'aria-label="Pages"' not in page and '<a href="/sign-in">Sign in</a>' in page, path


def test_a_receipt_may_be_pasted_as_browsers_send_text(world: World) -> None:
    receipt = handed_in(world)
    text = world.visitor(MANAGER).get(f"/receipts/{receipt.uid}.json").text
    answer = world.visitor().post("/verify", {"pasted": text.replace("\n", "\r\n").strip()})
    assert answer.status_code == 200 and "This receipt is genuine." in answer.text
    answer = world.visitor().post("/verify", {"pasted": text.replace("PSRS-4711", "PSRS-4712")})
    assert answer.status_code == 422 and "was changed after it was signed" in answer.text


def test_what_was_changed_made_up_or_empty_is_refused_in_plain_words(world: World) -> None:
    receipt = handed_in(world)
    data = world.visitor(MANAGER).get(f"/receipts/{receipt.uid}.json").content
    later = data.replace(b"2022-11-30T00:30:00Z", b"2022-07-30T00:30:00Z")
    assert later != data
    assert upload(world, later)[1].count("was changed after it was signed") == 1
    forger = private_key(new_private_key(), source="test")
    status, says = upload(world, signed_document(RECEIPT, content_of(receipt), forger))
    assert status == 422 and "not signed with a key of this server" in says and "genuine" not in says
    assert "no receipt of Duecourse" in upload(world, b"%PDF-1.7")[1]
    assert "Choose the JSON receipt" in upload(world, b"")[1]


def test_a_signed_receipt_that_is_not_recorded_is_told_apart(world: World) -> None:
    receipt = handed_in(world)
    world.visitor().get("/verify/key")
    unknown = content_of(receipt) | {"number": 4711}
    status, says = upload(world, signed_document(RECEIPT, unknown, server_key(world.settings.data)))
    assert status == 200 and "but not recorded here" in says and "genuine" not in says


def test_a_receipt_signed_with_an_earlier_key_stays_genuine(world: World) -> None:
    receipt = handed_in(world)
    old = private_key(new_private_key(), source="test")
    data = signed_document(RECEIPT, content_of(receipt), old)
    assert upload(world, data)[0] == 422
    with writing(world.engine) as session:
        remember_key(session, old, now=world.clock.now() - timedelta(days=400))
    status, says = upload(world, data)
    assert status == 200 and "This receipt is genuine." in says and "earlier key of this server" in says
    keys = public_keys(world.visitor().get("/verify/key").content, source="server.pem")
    assert keys == [public_key(server_key(world.settings.data)), public_key(old)]


def test_the_address_on_paper_tells_only_whether_that_hash_is_recorded(world: World) -> None:
    receipt, guest = handed_in(world), world.visitor()
    yes = guest.get(f"/verify/{receipt.uid}/{receipt.sha256}")
    assert yes.status_code == 200 and "This receipt is recorded here" in yes.text
    assert "Ruiz" not in yes.text and content_of(receipt)["deliverable"]["report"] not in yes.text
    missing = "00000000-0000-4000-8000-000000000000"
    for path in (f"{receipt.uid}/{'0' * 64}", f"{missing}/{receipt.sha256}", "x/y"):
        no = guest.get(f"/verify/{path}")
        assert no.status_code == 404 and "issued no receipt with this name and this hash" in no.text


def test_a_file_that_is_too_large_to_be_a_receipt_is_not_read(world: World) -> None:
    assert upload(world, b" " * 70_000)[0] == 413


def test_what_came_in_before_there_were_receipts_is_shown_without_one(world: World) -> None:
    (submission,) = world.rows(select(Submission))
    with world.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER receipt_no_delete")
        connection.exec_driver_sql("DELETE FROM receipt")
    report = world.find(WA, Standing.SUBMITTED)
    page = world.visitor(MANAGER).get(f"/deliverables/{report.uid}")
    assert submission.deliverable_id == report.id
    assert page.status_code == 200 and "/receipts/" not in page.text


def test_the_key_file_is_not_served_and_stays_private(world: World) -> None:
    world.visitor().get("/verify/key")
    assert (world.settings.data / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in world.visitor().get("/verify/key").text
