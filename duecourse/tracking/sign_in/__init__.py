"""Coming in: how many tries, which sessions, which passkeys, and an agency’s own sign-in."""
