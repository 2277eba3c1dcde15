"""Does a server refuse to start when it would lose reminders, and say the cure?"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import uvicorn
from command import duecourse
from parts import free_port

from duecourse.cli.main import run
from duecourse.errors import NotReady
from duecourse.settings import Settings, check_ready, load_settings
from duecourse.web import door_log

GOOD = {"smtp_host": "mail.agency.gov", "mail_from": "due@agency.gov", "base_url": "https://due.agency.gov"}


@pytest.mark.parametrize(
    ("given", "cure"),
    [
        ({"smtp_host": ""}, "DUECOURSE_SMTP_HOST"),
        ({"mail_from": ""}, "DUECOURSE_MAIL_FROM"),
        ({"base_url": ""}, "DUECOURSE_BASE_URL"),
        ({"smtp_security": "none"}, "DUECOURSE_SMTP_SECURITY"),
        ({"smtp_user": "due"}, "DUECOURSE_SMTP_PASSWORD"),
        ({"mail_folder": Path("mails")}, "DUECOURSE_MAIL_FOLDER"),
        ({"imap_host": "imap.agency.gov"}, "DUECOURSE_IMAP_USER"),
        ({"imap_host": "imap.agency.gov", "imap_user": "reports"}, "DUECOURSE_IMAP_PASSWORD"),
        ({"imap_user": "reports"}, "DUECOURSE_IMAP_HOST"),
        ({"imap_password": "open sesame"}, "DUECOURSE_IMAP_HOST"),
        ({"demo": True, "imap_host": "imap.agency.gov", "imap_user": "r", "imap_password": "p"}, "demonstration"),
    ],
)
def test_a_server_that_would_lose_or_expose_reminders_refuses_to_start(given: dict[str, object], cure: str) -> None:
    with pytest.raises(NotReady, match=cure):
        check_ready(load_settings(**(GOOD | given)))


def test_a_complete_configuration_and_a_demonstration_may_start() -> None:
    check_ready(load_settings(**GOOD))
    check_ready(load_settings(demo=True))


def test_a_mail_server_on_this_machine_may_go_without_encryption() -> None:
    check_ready(load_settings(**(GOOD | {"smtp_host": "127.0.0.1", "smtp_security": "none"})))


def test_a_secret_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    monkeypatch.setenv("DUECOURSE_SMTP_PASSWORD_FILE", str(secret))
    assert load_settings().smtp_password.get_secret_value() == "open sesame"
    monkeypatch.setenv("DUECOURSE_SMTP_PASSWORD_FILE", str(tmp_path / "missing"))
    with pytest.raises(NotReady, match="cannot be read"):
        load_settings()


def test_a_setting_that_makes_no_sense_is_named() -> None:
    with pytest.raises(NotReady, match="DUECOURSE_PORT"):
        load_settings(port="many")


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_a_production_start_without_mail_ends_with_the_cure_and_touches_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    refused = duecourse("serve", "--data", str(data), code=6)
    assert "No mail is configured" in refused.stderr
    assert not data.exists()


@pytest.mark.parametrize("command", [("serve",), ("run-job", "reminders")])
def test_what_sends_real_reminders_keeps_the_real_time(command: tuple[str, ...], tmp_path: Path) -> None:
    environment = {f"DUECOURSE_{name.upper()}": value for name, value in GOOD.items()}
    refused = duecourse(*command, "--data", str(tmp_path), "--as-of", "2022-11-30", code=6, **environment)
    assert "demonstrations" in refused.stderr


def test_a_server_keeps_an_idle_connection_longer_than_whoever_asks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a request meets the end of its connection now and then, and is lost; nginx keeps one for 60 seconds."""
    kept: list[int] = []

    def serve_nothing(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        kept.append(server.config.timeout_keep_alive)
        for each in sockets:
            each.close()

    monkeypatch.setattr(uvicorn.Server, "run", serve_nothing)
    monkeypatch.setattr(door_log, "log_in_utc", lambda: None)
    for name, value in GOOD.items():
        monkeypatch.setenv(f"DUECOURSE_{name.upper()}", value)
    assert run(["serve", "--data", str(tmp_path / "data"), "--port", str(free_port()), "--no-prefect"]) == 0
    assert kept and kept[0] > 60
