"""Which texts are to be read: those that came, went, are called otherwise, or are outdated.

A text is called by the names of who wrote it, which masking hides. How texts are read belongs to
`text_readers.py`.
"""

from __future__ import annotations

import duckdb

MOST_AUTHORS = 20
"""A text that more people wrote is a phrase, such as "Danke", and names none of them."""

# Nearly every text has one feedback with an author, so that few need names to be put together. To
# each text belongs the number of its names until they are compared: text keys are many and long, so
# that they are grouped once and joined once.
_AUTHORS = """
    create temp table author_names as
    select distinct records.customer_id, concat_ws(' ', names.first_name, names.last_name) as name
    from {records} as records
    join intermediate.int_identity_attributes_unioned as names
        on records.record_key = names.record_key
    where coalesce(names.first_name, names.last_name) is not null;

    create temp table customer_names as
    select customer_id, author_names, md5(author_names) as names_key, row_number() over () as number
    from (
        select customer_id, array_to_string(list_sort(list(name)), chr(10)) as author_names
        from author_names group by customer_id
    );

    create temp table authors as
    select record_key, number from {records} join customer_names using (customer_id);

    create temp table delivered as
    select text_key, max(number) as number, count(identity_record_key) > 1 as has_many_authors
    from intermediate.int_feedback_texts_unioned as feedback
    left join authors on feedback.identity_record_key = authors.record_key
    group by text_key;

    create temp table names_of_many as
    select text_key, author_names, md5(author_names) as names_key
    from (
        select feedback.text_key, string_agg(distinct name, chr(10) order by name) as author_names
        from intermediate.int_feedback_texts_unioned as feedback
        semi join (from delivered where has_many_authors) using (text_key)
        join {records} as records on feedback.identity_record_key = records.record_key
        join author_names on records.customer_id = author_names.customer_id
        group by feedback.text_key
        having count(distinct records.customer_id) <= {most}
    )"""

# Texts that came, went, are called otherwise, or were read by another version.
_CHANGED = """
    create temp table changed as
    with texts as (
        select
            text_key,
            case when has_many_authors then of_many.names_key else customers.names_key end
                as names_key
        from delivered
        left join customer_names as customers using (number)
        left join names_of_many as of_many using (text_key)
    )
    select
        coalesce(texts.text_key, former.text_key) as text_key,
        texts.names_key,
        texts.text_key is not null as is_delivered,
        former.text_key is not null as is_known
    from texts
    full join feedback_texts_former as former using (text_key)
    where texts.text_key is null
        or former.model_version is distinct from $1
        or former.names_key is distinct from texts.names_key"""

_TEXTS_DUE = """
    create temp table texts_due as
    select text_key, author_names
    from changed
    left join (
        select names_key, author_names from customer_names
        union
        select names_key, author_names from names_of_many
    ) using (names_key)
    where is_delivered"""


def find_changed_texts(
    con: duckdb.DuckDBPyConnection, *, records: str, text_version: str,
) -> None:
    """Make the tables `changed` and, of the texts among them that are there, `texts_due`.

    Args:
        con: the warehouse, with the relation `feedback_texts_former`.
        records: relation with record_key and customer_id.
        text_version: version of what reads a text first.
    """
    con.execute(_AUTHORS.format(records=records, most=MOST_AUTHORS))
    con.execute(_CHANGED, [text_version])
    con.execute(_TEXTS_DUE)
