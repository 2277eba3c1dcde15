"""Contract files: what a person writes, read strictly, refused whole with file, line, field and cure."""
