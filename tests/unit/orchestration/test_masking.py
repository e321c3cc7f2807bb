"""Masked values say enough to compare and not enough to know."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.masking import mask, show


@pytest.mark.parametrize(("column", "value", "expected"), [
    ("first_name", "Maria", "M***"),
    ("last_name", "Meyer-Schmidt", "M***-S***"),
    ("title", "Prof. Dr.", "P*** D***"),
    ("email", "maria.schmidt@gmail.com", "m***@g***.com"),
    ("email", "m@shop.co.uk", "m***@s***.uk"),
    ("email", "no address", "n*** a***"),
    ("phone", "+491511234567", "+49***67"),
    ("phone", "112", "***"),
    ("birth_date", date(1980, 3, 31), "1980-**-**"),
    ("postal_code", "80331", "80***"),
    ("street", "Ährenweg 12a", "Ä*** ***"),
    ("loyalty_id", "0042", "***"),
    ("language", "de", "de"),
    ("source_record_ref", "10023", "10023"),
])
def test_a_value_is_hidden_as_its_class_asks(column: str, value: object, expected: str) -> None:
    assert mask(column, value) == expected
    assert show(column, value, reveal=False) == expected
    assert show(column, value, reveal=True) == str(value)
