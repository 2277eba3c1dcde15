"""What does libical find wrong in a calendar? Prints one complaint a line: `python check_calendar.py < calendar`.

A program of its own: a library in C that stumbles must not take the tests with it.
"""

from __future__ import annotations

import ctypes
import re
import sys


def complaints(library: str, calendar: bytes) -> list[str]:
    """Return what libical notes when it reads a calendar and holds it against the tables of RFC 5545 and RFC 5546."""
    libical = ctypes.CDLL(library)
    libical.icalparser_parse_string.restype = ctypes.c_void_p
    libical.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    libical.icalrestriction_check.argtypes = [ctypes.c_void_p]
    libical.icalcomponent_as_ical_string.restype = ctypes.c_char_p
    libical.icalcomponent_as_ical_string.argtypes = [ctypes.c_void_p]
    component = libical.icalparser_parse_string(calendar)
    if component is None:
        return ["no calendar"]
    passes = libical.icalrestriction_check(component)
    text = libical.icalcomponent_as_ical_string(component).replace(b"\r\n ", b"").decode()
    found = re.findall(r"^X-LIC-ERROR.*", text, re.MULTILINE)
    return found or ([] if passes else ["a restriction is not kept"])


if __name__ == "__main__":
    for complaint in complaints(sys.argv[1], sys.stdin.buffer.read()):
        print(complaint)
