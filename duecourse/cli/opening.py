"""Which database does a command work on?"""

from __future__ import annotations

import argparse
from pathlib import Path

from sqlalchemy import Engine, make_url

from duecourse.clock import Clock
from duecourse.errors import NotReady
from duecourse.models.database import connect, upgrade
from duecourse.settings import Settings, check_ready, load_settings


def add_data(parser: argparse.ArgumentParser) -> None:
    """Let a command be told its data folder."""
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="the data folder; DUECOURSE_DATA or data otherwise")


def settings_of(given: argparse.Namespace, **more: object) -> Settings:
    """Return the settings, with what the command line gives in front of the environment."""
    options = {"data": given.data} | more
    return load_settings(**{name: value for name, value in options.items() if value is not None})


def check_sends(settings: Settings, shown: Clock) -> None:
    """Refuse to send with settings that would lose reminders, or real reminders on any time but the real one."""
    if shown.is_demonstration and not settings.demo:
        raise NotReady("--as-of is for demonstrations: what sends real reminders runs on the real time.")
    check_ready(settings)


def open_database(settings: Settings) -> Engine:
    """Create the data folder if there is none, bring the database up to date, and open it."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotReady(f"The data folder {settings.data} cannot be made: {error.strerror}. Choose another.") from error
    url = make_url(settings.database)
    upgrade(url.render_as_string(hide_password=False))
    return connect(url.render_as_string(hide_password=False))
