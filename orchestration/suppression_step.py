"""The suppression step: what people decided about whom not to contact becomes an ML table.

On the file see `suppressions.py`; what a suppression closes belongs to the marts.
"""

from __future__ import annotations

from ingestion.readers.files import literal
from orchestration.ml_steps import Outcome, Progress
from orchestration.ml_tables import ml_file, write_ml_table
from orchestration.settings import Settings
from orchestration.suppressions import read_suppressions
from orchestration.warehouse import engine


def list_suppressions(
    settings: Settings, progress: Progress = lambda message: None,
) -> Outcome:
    """Write contact_suppressions; the outcome counts those about nobody who has been delivered.

    Raises:
        DecisionError: naming every row of the file that cannot be used.
    """
    suppressions = read_suppressions(settings)
    written = write_ml_table(settings, "contact_suppressions", [suppressions])
    with engine(settings.memory_limit) as con:
        ((waiting,),) = con.execute(
            "select count(*) from (select unnest($1::varchar[]) as record_key) "
            "where record_key not in (select unnest([record_key, customer_id]) "
            f"from read_parquet({literal(str(ml_file(settings, 'customer_records')))}) "
            "union all select alias_customer_id "
            f"from read_parquet({literal(str(ml_file(settings, 'customer_aliases')))}))",
            [suppressions["record_key"].tolist()]).fetchall()
    return Outcome((written,), {"suppressions that wait for their customer": waiting})
