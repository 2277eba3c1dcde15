"""Which commands are there, and what becomes of their errors?

Each command's module is imported only when it runs: printing dates must not wait for a web server to be loaded.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from duecourse import __version__
from duecourse.errors import DuecourseError

# The command, its module, and what it does.
COMMANDS = {
    "dates": ("dates", "print the due moments of a contract"),
    "why": ("why", "say why something is due when it is"),
    "check": ("check", "check a contract file and say what is wrong with it"),
    "draft": ("draft", "draft a contract file from the table of deliverables that an exhibit prints"),
    "serve": ("serve", "start the server"),
    "load": ("load", "track a contract, or bring its definition up to date"),
    "overdue": ("overdue", "print what is overdue"),
    "submit": ("submit", "mark a deliverable as submitted"),
    "act": ("act", "accept or return a submission, set a deliverable aside, or take one of these back"),
    "extend": ("extend", "ask for more time, grant or refuse it, or enter what was granted elsewhere"),
    "part": ("part", "record what came from a subcontractor, accept it, or send it back"),
    "enrollment": ("enrollment", "print a contract’s enrollment figures, or enter those of a month"),
    "event": ("event", "record an event that starts windows"),
    "plan": ("plan", "open a plan of corrective action or improvement, lead it on, or show it"),
    "amend": ("amend", "show what an amendment would change, and accept it"),
    "move-date": ("amend", "move one date, by a document or message that says so"),
    "close-offices": ("amend", "announce a closure or a half day"),
    "person": ("person", "add a person, or give a person a part in a contract"),
    "people": ("people", "list who has which part, who is away, and who stands in"),
    "set-backup": ("people", "name who is told in somebody's place during an absence"),
    "absence": ("people", "record the days on which somebody is away"),
    "hand-over": ("people", "hand a person's parts over to somebody else, or let the person go"),
    "sign-in-link": ("person", "print a link that signs a person in"),
    "import": ("bring", "enter people or past submissions from a spreadsheet"),
    "token": ("token", "make, list or revoke the tokens with which programs act for a person"),
    "webhook": ("webhook", "list or change the webhooks by which programs are told what happens"),
    "reset-passkeys": ("person", "remove the passkeys of somebody who lost them, and sign that person out"),
    "receive": ("receive", "keep a mail that came in, for a person to confirm what it proves"),
    "mail": ("mail", "send one mail through the mail server, and say what it answered"),
    "run-job": ("jobs", "run one scheduled job now, or list them"),
    "deploy": ("deploy", "put the flows onto a Prefect server of your own"),
    "backup": ("backup", "copy the database and the evidence, and check the copy"),
    "audit": ("audit", "check that the audit log is whole, or export it for an auditor"),
    "verify": ("verify", "check a receipt or an audit export, without a server"),
    "calendar-pdf": ("calendar_pdf", "write a contract's year as PDF for the wall"),
    "coverage": ("coverage", "print which duties of the contracts are covered, and where each one lives"),
    "schema": ("schema", "print the JSON Schema of contract files, for editors"),
}


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0, or the code of the error that it ended with."""
    try:
        return _run(arguments)
    except DuecourseError as error:
        print(f"duecourse: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _run(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="duecourse", description="Keeps the deadlines of human-services contracts.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"duecourse {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, (module, says) in COMMANDS.items():
        command = commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.", allow_abbrev=False)
        if name == asked:
            verb = importlib.import_module(f"duecourse.cli.{module}")
            getattr(verb, f"add_{name.replace('-', '_')}")(command)
    given = parser.parse_args(arguments)
    code: int = given.verb(given)
    return code
