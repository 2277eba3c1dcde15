"""How do people and past submissions come in from a spreadsheet: previewed by line, then all or nothing?"""
