"""What Duecourse asks of a Prefect server: one of its own on this machine, or one that the operator runs."""
