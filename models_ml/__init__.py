"""Statistics and text understanding: pure functions, frame in, frame out. No database."""
