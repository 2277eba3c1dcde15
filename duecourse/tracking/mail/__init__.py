"""To whom does a report go by mail, and which report does a mail that came in prove?"""
