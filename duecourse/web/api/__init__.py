"""The JSON API: one file per resource, on the verbs and boards that the pages use."""
