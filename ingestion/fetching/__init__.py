"""Asks databases and APIs for their rows; what they give becomes extracts in a landing folder."""
