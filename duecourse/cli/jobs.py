"""Which jobs are there, and what does one do when it is run now?"""

from __future__ import annotations

import argparse
import signal
import threading

from duecourse.cli.given import add_as_of, clock
from duecourse.cli.opening import add_data, check_sends, open_database, settings_of
from duecourse.engine.context import context_from
from duecourse.engine.jobs import JOBS, job_named
from duecourse.engine.run import run_slot


def add_run_job(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser.add_argument("job", nargs="?", metavar="JOB", help="the job; without one, all are listed")
    parser.add_argument("--demo", action="store_true", default=None, help="the data folder is a demonstration's")
    add_data(parser)
    add_as_of(parser)
    parser.set_defaults(verb=_run_job)


def _run_job(given: argparse.Namespace) -> int:
    if given.job is None:
        for job in JOBS:
            print(f"{job.name:<22} {job.does}")
        return 0
    job = job_named(given.job)
    settings = settings_of(given, demo=given.demo)
    shown = clock(given)
    check_sends(settings, shown)
    context = context_from(settings, engine=open_database(settings), clock=shown)
    if threading.current_thread() is threading.main_thread():
        # Mails that are under way are ended, or put back, before this process goes.
        signal.signal(signal.SIGTERM, lambda *_: context.stopping.set())
    # A person who asks for a run gets one, whatever was done for the schedule's own slot.
    report = run_slot(context, job, shown.now(), engine_name="command line")
    print(report)
    return 1 if report.error else 0
