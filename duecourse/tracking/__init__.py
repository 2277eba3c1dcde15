"""The verbs: load a contract, plan its deliverables, record what happened, submit, decide, and read the boards.

Each verb takes a session, the present instant and who acts; what it changes it also records, in the same transaction.
"""
