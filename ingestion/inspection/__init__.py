"""Looks at extracts nobody has declared yet, and proposes a declaration that a person corrects."""

from ingestion.inspection.inspect import NotInspected, inspect_extracts
from ingestion.inspection.inspected import Inspection
from ingestion.inspection.writing import declaration_text, found_table

__all__ = ["Inspection", "NotInspected", "declaration_text", "found_table", "inspect_extracts"]
