"""Readers turn extracts into one relation of text columns; they know formats, not entities."""
