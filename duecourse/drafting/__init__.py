"""What would the definition of a contract be, as its deliverables exhibit prints it? Pure, but for reading bytes."""
