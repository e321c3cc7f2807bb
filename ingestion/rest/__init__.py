"""REST APIs as sources: what a declaration says of one, and how its records are fetched."""
