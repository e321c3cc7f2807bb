"""Identity on exact keys against the demo's planted truth: pairwise precision, recall and F1."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb

from benchmarks.measure import run_cx360

PAIRS = """
with records as (
    select t.person_id, c.customer_id, t.has_typo, t.has_moved, t.has_other_email,
        t.has_shared_phone, t.has_no_exact_key, t.source_record_ref as ref
    from read_parquet('{truth}') as t
    join read_parquet('{found}') as c
        on c.record_key = md5(t.entity || '|' || t.source_system || '|' || t.source_record_ref)
    where t.entity = 'crm.customers'
), pairs as (
    select a.person_id = b.person_id as is_same, a.customer_id = b.customer_id as is_joined,
        greatest(a.has_typo, b.has_typo) as has_typo,
        greatest(a.has_moved, b.has_moved) as has_moved,
        greatest(a.has_other_email, b.has_other_email) as has_other_email,
        greatest(a.has_shared_phone, b.has_shared_phone) as has_shared_phone,
        greatest(a.has_no_exact_key, b.has_no_exact_key) as has_no_exact_key
    from records as a
    join records as b
        on (a.person_id = b.person_id or a.customer_id = b.customer_id) and a.ref < b.ref
)
select '{kind}' as kind, count_if(is_same) as pairs, count_if(is_joined) as joined,
    count_if(is_same and is_joined) as right_pairs
from pairs where {condition}
"""
KINDS = {"all": "true", "typo": "has_typo", "moved": "has_moved", "other e-mail": "has_other_email",
         "shared phone": "has_shared_phone", "no exact key": "has_no_exact_key"}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cx360_identity_") as folder:
        home = Path(folder)
        run_cx360("demo", home=home)
        run_cx360("run", home=home)
        con = duckdb.connect()
        print(f"{'difficulty':<16}{'true pairs':>12}{'precision':>12}{'recall':>10}{'F1':>8}")
        for kind, condition in KINDS.items():
            _, same, joined, right = con.execute(PAIRS.format(
                truth=home / "demo" / "truth" / "identity.parquet",
                found=home / "ml" / "customer_records.parquet",
                kind=kind, condition=condition)).fetchall()[0]
            precision, recall = right / max(joined, 1), right / max(same, 1)
            f1 = 2 * precision * recall / max(precision + recall, 1e-9)
            print(f"{kind:<16}{same:>12,}{precision:>12.3f}{recall:>10.3f}{f1:>8.3f}")


if __name__ == "__main__":
    main()
