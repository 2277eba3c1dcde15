"""Can a liaison see each kind of mail before it is sent, and an operator whether mail goes out at all?"""

from __future__ import annotations

from pathlib import Path

import pytest
import visits
from command import duecourse
from mail_server import Script, mail_server
from visits import LIAISON, World

from duecourse.clock import Clock
from duecourse.notifications.messages import Sender
from duecourse.notifications.previews import previews

filled, make_world, world = visits.filled, visits.make_world, visits.world
TEMPLATES = Path(__file__).parent.parent / "duecourse/notifications/templates"
ALONE = {"step_missed", "part_due", "nothing_due", "test"}
"""The kinds that the page leaves out."""


def test_the_page_shows_every_kind_of_mail_and_nothing_can_run_in_its_frames(world: World) -> None:
    visit = world.visitor(LIAISON)
    text = visit.get("/mails").text
    shown = previews(sender=Sender("a@b.example", "b.example"), base_url="", now=Clock().now())
    assert set(shown) == {path.stem for path in TEMPLATES.glob("*.subject")} - ALONE
    for name, (said, _) in shown.items():
        assert said in text and f'src="/mails/{name}" sandbox' in text
        frame = visit.get(f"/mails/{name}")
        assert frame.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert "<script" not in frame.text and "ample" in frame.text
    assert visit.get("/mails/none").status_code == 404


@pytest.mark.parametrize(
    ("script", "code", "says"),
    [
        (Script(), 0, "It was taken: 250 2.0.0 taken"),
        (Script(recipient="550 5.1.1 no such mailbox"), 6, "refuses this address for good: 550 5.1.1"),
        (Script(recipient="450 4.2.1 later"), 6, "did not take the mail now: 450"),
        (Script(greeting="554 go away"), 6, "No mail can be sent"),
        (Script(hangs_up_at="body"), 6, "may have been taken or not"),
        (Script(sign_in="535 5.7.8 wrong"), 6, "The name or the password is wrong"),
    ],
)
def test_one_mail_tells_whether_mail_goes_out(tmp_path: Path, script: Script, code: int, says: str) -> None:
    with mail_server(script) as server:
        environment = {
            "DUECOURSE_DATA": str(tmp_path),
            "DUECOURSE_MAIL_FROM": "due@agency.example",
            "DUECOURSE_BASE_URL": "https://due.agency.example",
            "DUECOURSE_SMTP_HOST": "127.0.0.1",
            "DUECOURSE_SMTP_PORT": str(server.port),
            "DUECOURSE_SMTP_SECURITY": "none",
        }
        if script.sign_in:
            environment |= {"DUECOURSE_SMTP_USER": "due", "DUECOURSE_SMTP_PASSWORD": "wrong"}
        done = duecourse("mail", "test", "lee@agency.example", code=code, **environment)
    assert says in done.stdout + done.stderr
    assert "wrong\n" not in done.stdout
    assert len([mail for mail in server.mails if mail.answered]) == (code == 0)
    assert server.sign_ins == bool(script.sign_in)
