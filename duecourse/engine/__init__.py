"""The jobs: what is done again and again, for which slot of time, exactly once; and the clock that wakes them."""
