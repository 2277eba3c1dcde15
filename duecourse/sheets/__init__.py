"""How does a table become a spreadsheet, and a spreadsheet a table?"""
