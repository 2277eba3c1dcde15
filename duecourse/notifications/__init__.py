"""Which notices are owed, what they say, and how they reach people: the ladder, the messages, the outbox, SMTP."""
