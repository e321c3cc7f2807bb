"""Great Expectations suites for the tables that Python writes: raw loads and ML tables.

`raw.validate_loads` says which loads may be admitted, `ml.validate_table` whether an ML table may
be read. Rules of dbt's tables do **not** belong here; they stand beside their SQL.
"""
