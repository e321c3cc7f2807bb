{#-
    Makes one view per raw and ML table over the Parquet files that Python wrote, so that sources are
    ordinary relations. Only admitted loads are seen. The typed file without rows is always part of
    the view: an absent entity is empty, never missing, and a column added to the contract is null in
    older files.

    Runs before commands that build; parsing and documenting leave the warehouse alone.
-#}
{% macro register_external() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test', 'seed', 'show') -%}
        {{ return(adapter.dispatch('register_external', 'cx360')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__register_external() -%}
    {%- set raw_path = var('raw_path') -%}
    {%- set ml_path = var('ml_path') -%}
    {%- set tables = cx360._files(raw_path ~ '/_empty/*.parquet') -%}
    {%- if not tables -%}
        {{ exceptions.raise_compiler_error(
            "No typed empty file in '" ~ raw_path ~ "/_empty'. Run the ingestion first, or pass the "
            ~ "raw zone with --vars '{raw_path: ...}'."
        ) }}
    {%- endif -%}
    {%- do run_query('create schema if not exists raw; create schema if not exists ml;') -%}
    {%- do cx360._register_load_manifest(raw_path) -%}
    {%- do cx360._register_load_problems(raw_path) -%}
    {%- do cx360._register_fetches(raw_path) -%}
    {%- do cx360._register_rejects(raw_path) -%}
    {%- do cx360._register_schema_history(raw_path) -%}
    {%- do cx360._register_kpi_history(var('state_path')) -%}
    {%- do cx360._register_action_exports(var('state_path')) -%}
    {%- set admitted = {} -%}
    {%- for table, file in run_query(
        "select entity, unnest(files) as file from raw.load_manifest_files"
        " where state = 'admitted' order by load_sequence, file"
    ).rows -%}
        {%- do admitted.setdefault(table | replace('.', '_'), []).append(raw_path ~ '/' ~ file) -%}
    {%- endfor -%}
    {%- for file in tables -%}
        {%- set table = file.split('/')[-1] | replace('.parquet', '') -%}
        {%- do cx360._create_view_over('raw', table, [file] + admitted.get(table, [])) -%}
    {%- endfor -%}
    {%- set ml_files = {} -%}
    {%- for file in cx360._files(ml_path ~ '/*.parquet') -%}
        {%- do ml_files.update({file.split('/')[-1] | replace('.parquet', ''): [file]}) -%}
    {%- endfor -%}
    {%- do ml_files.update(cx360._parts(ml_path)) -%}
    {%- for table, files in ml_files.items() -%}
        {%- do cx360._create_view_over('ml', table, files) -%}
    {%- endfor -%}
{%- endmacro %}

{#- Files of ML tables that lie in parts, by table. -#}
{% macro _parts(ml_path) -%}
    {%- set files = {} -%}
    {%- if cx360._files(ml_path ~ '/parts.json') -%}
        {%- for table, file in run_query(
            "select name, unnest(parts).file from read_json('" ~ ml_path ~ "/parts.json', columns ="
            " {name: 'varchar', parts: 'struct(file varchar)[]'})"
        ).rows -%}
            {%- do files.setdefault(table, []).append(ml_path ~ '/' ~ file) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(files) }}
{%- endmacro %}

{#- Files that match a pattern, in order of their names. -#}
{% macro _files(pattern) -%}
    {{ return(run_query("select file from glob('" ~ pattern ~ "') order by file").columns[0].values()) }}
{%- endmacro %}

{#- The first file says which columns the view has. -#}
{% macro _create_view_over(schema, table, files) -%}
    {%- set columns = run_query(
        "select column_name from (describe select * from read_parquet('" ~ files[0] ~ "'))"
    ).columns[0].values() -%}
    {%- do run_query(
        'create or replace view ' ~ schema ~ '.' ~ table ~ ' as select "' ~ columns | join('", "')
        ~ '" from read_parquet([\'' ~ files | join("', '") ~ "'], union_by_name = true)"
    ) -%}
{%- endmacro %}

{#- The manifest as it lies in the raw zone; `files` stays apart, because list columns are not
    portable. -#}
{% macro _register_load_manifest(raw_path) -%}
    {%- do cx360._create_view_over_ledger('load_manifest_files', raw_path ~ '/manifest.parquet', {
        'load_id': 'varchar', 'load_sequence': 'bigint', 'source_system': 'varchar', 'label': 'varchar',
        'entity': 'varchar', 'file': 'varchar', 'content_hash': 'varchar',
        'declaration_version': 'varchar', 'rows_read': 'bigint', 'rows_accepted': 'bigint',
        'rows_rejected': 'bigint', 'rows_repeated': 'bigint', 'rows_deleted': 'bigint', 'extracted_on': 'date',
        'first_event_at': 'timestamp', 'last_event_at': 'timestamp', 'expected_every': 'varchar',
        'state': 'varchar', 'reason': 'varchar', 'files': 'varchar[]', 'rows_repaired': 'bigint',
        'rejects_version': 'varchar', 'replays_load_id': 'varchar', 'replayed_after': 'bigint',
    }) -%}
    {%- do run_query(
        'create or replace view raw.load_manifest as select * exclude (files) '
        'from raw.load_manifest_files'
    ) -%}
{%- endmacro %}

{#- Rejected rows without their record, which stays in the raw zone: who may read the warehouse need
    not see what people wrote. Numbers of rows are kept out of `reason_kind`, so that it groups. -#}
{% macro _register_rejects(raw_path) -%}
    {%- set rejects = cx360._files_or_none(raw_path ~ '/_rejects/*/*/*.parquet', {
        'load_id': 'varchar', 'source_row': 'bigint', 'reason': 'varchar', 'filename': 'varchar',
        'file_row_number': 'bigint',
    }) -%}
    {%- set judged = cx360._files_or_none(raw_path ~ '/_judged/*/*/*/*.parquet', {
        'load_id': 'varchar', 'declaration_version': 'varchar', 'reject_number': 'bigint',
        'reason': 'varchar',
    }) -%}
    {%- set repairs = cx360._files_or_none(raw_path ~ '/_repairs/*/*/*.parquet', {
        'load_id': 'varchar', 'replays_load_id': 'varchar', 'reject_number': 'bigint',
        'outcome': 'varchar',
    }) -%}
    {%- do run_query("
        create or replace view raw.rejects as
        with rejects as (
            select load_id, source_row, reason as first_reason, row_number() over (
                partition by load_id order by filename, file_row_number) as reject_number
            from " ~ rejects ~ "
        ), repairs as (
            select r.replays_load_id as load_id, r.reject_number, r.outcome,
                r.load_id as repaired_by_load_id, m.replayed_after as repaired_after_sequence
            from " ~ repairs ~ " as r
            join raw.load_manifest as m on r.load_id = m.load_id and m.state <> 'superseded'
        )
        select rejects.load_id, m.load_sequence, m.source_system, m.label, m.entity, m.file,
            m.state as load_state, rejects.reject_number, rejects.source_row, rejects.first_reason,
            case when repairs.load_id is null
                then coalesce(judged.reason, rejects.first_reason) end as reason,
            regexp_replace(coalesce(judged.reason, rejects.first_reason), 'row [0-9]+', 'row …', 'g')
                as reason_kind,
            coalesce(repairs.outcome, 'rejected') as outcome, repairs.repaired_by_load_id,
            repairs.repaired_after_sequence
        from rejects
        join raw.load_manifest as m on rejects.load_id = m.load_id
        left join repairs on rejects.load_id = repairs.load_id
            and rejects.reject_number = repairs.reject_number
        left join " ~ judged ~ " as judged on rejects.load_id = judged.load_id
            and judged.declaration_version = m.rejects_version
            and rejects.reject_number = judged.reject_number"
    ) -%}
{%- endmacro %}

{#- SQL of a relation over files, without rows where there is none yet. -#}
{% macro _files_or_none(pattern, columns) -%}
    {%- if cx360._files(pattern) -%}
        {{ return("read_parquet('" ~ pattern ~ "', filename = true, file_row_number = true)") }}
    {%- endif -%}
    {%- set casts = [] -%}
    {%- for name, type in columns.items() -%}
        {%- do casts.append('cast(null as ' ~ type ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {{ return('(select ' ~ casts | join(', ') ~ ' where false)') }}
{%- endmacro %}

{#- Extracts that the last run could not load. -#}
{% macro _register_load_problems(raw_path) -%}
    {%- do cx360._create_view_over_ledger('load_problems', raw_path ~ '/problems.parquet', {
        'source_system': 'varchar', 'label': 'varchar', 'entity': 'varchar', 'file': 'varchar',
        'message': 'varchar',
    }) -%}
{%- endmacro %}

{#- When tables of databases and APIs were last asked. -#}
{% macro _register_fetches(raw_path) -%}
    {%- do cx360._create_view_over_ledger('fetches', raw_path ~ '/fetches.parquet', {
        'source_system': 'varchar', 'label': 'varchar', 'entity': 'varchar', 'fetched_on': 'date',
    }) -%}
{%- endmacro %}

{#- How the columns of each source changed from extract to extract. -#}
{% macro _register_schema_history(raw_path) -%}
    {%- do cx360._create_view_over_ledger('schema_history', raw_path ~ '/schema_history.parquet', {
        'source_system': 'varchar', 'label': 'varchar', 'entity': 'varchar', 'column_name': 'varchar',
        'period_number': 'bigint', 'state': 'varchar', 'column_type': 'varchar', 'mapped_to': 'varchar',
        'position': 'bigint', 'first_load_sequence': 'bigint', 'first_extracted_on': 'date',
        'first_file': 'varchar', 'last_load_sequence': 'bigint', 'last_extracted_on': 'date',
        'loads_count': 'bigint', 'is_current': 'boolean',
    }) -%}
{%- endmacro %}

{#- What was published of KPIs so far: recorded history. -#}
{% macro _register_kpi_history(state_path) -%}
    {%- do cx360._create_view_over_ledger('kpi_history', state_path ~ '/kpi_history.parquet', {
        'kpi_id': 'varchar', 'grain': 'varchar', 'period': 'varchar', 'period_start': 'date',
        'dimension': 'varchar', 'dimension_value': 'varchar', 'reported_date': 'date',
        'value': 'double', 'n': 'bigint',
    }) -%}
{%- endmacro %}

{#- What was handed to tools as lists for activation: recorded history. -#}
{% macro _register_action_exports(state_path) -%}
    {%- do cx360._create_view_over_ledger('action_exports', state_path ~ '/exports.parquet', {
        'export_id': 'varchar', 'exported_at': 'timestamp', 'exported_by': 'varchar',
        'as_of_date': 'date', 'channel': 'varchar', 'action_kind': 'varchar', 'action_id': 'varchar',
        'customer_id': 'varchar', 'file_name': 'varchar', 'file_format': 'varchar',
        'content_hash': 'varchar', 'holdout_draw': 'varchar',
    }) -%}
{%- endmacro %}

{#- A file that Python keeps, of loads or of what was published; no rows before it is first written,
    and null in columns that it did not have yet when it was. -#}
{% macro _create_view_over_ledger(table, file, columns) -%}
    {%- set is_there = cx360._files(file) | length > 0 -%}
    {%- set present = run_query(
        "select column_name from (describe select * from read_parquet('" ~ file ~ "'))"
    ).columns[0].values() if is_there else [] -%}
    {%- set casts = [] -%}
    {%- for name, type in columns.items() -%}
        {%- do casts.append('cast(' ~ (name if name in present else 'null') ~ ' as ' ~ type ~ ') as ' ~ name) -%}
    {%- endfor -%}
    {%- do run_query(
        'create or replace view raw.' ~ table ~ ' as select ' ~ casts | join(', ') ~ ' '
        ~ ("from read_parquet('" ~ file ~ "')" if is_there else 'where false')
    ) -%}
{%- endmacro %}
