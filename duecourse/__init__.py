"""Duecourse keeps the deadlines of human-services contracts."""

__version__ = "0.1.0"
