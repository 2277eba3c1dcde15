"""The jobs as Prefect flows: one file per kind of schedule, and `prefect.yaml` deploys them all."""
