{#- Key of one contact: what happened to which record. -#}
{% macro touchpoint_id(source_entity, event_type, record_key) -%}
    {{ dbt.hash("'" ~ source_entity ~ "|' || " ~ event_type ~ " || '|' || " ~ record_key) }}
{%- endmacro %}

{#-
    One kind of contact as rows of int_touchpoints_unioned. What the source does not know is null;
    `columns` maps further touchpoint columns to expressions over `relation`.
-#}
{% macro touchpoints_from(relation, source_entity, event_type, record_key, occurred_at, occurred_date, columns={}, where='true') -%}
    select
        {{ cx360.touchpoint_id(source_entity, event_type, record_key) }} as touchpoint_id,
        '{{ source_entity }}' as source_entity,
        {{ event_type }} as event_type,
        {{ record_key }} as source_record_key,
        {{ columns.get('channel', "'unknown'") }} as channel,
        {%- for column in [
            'identity_record_key', 'department', 'account_id', 'store_id', 'product_id', 'campaign_id',
            'order_id', 'case_id', 'session_id', 'visitor_key', 'partner', 'outcome',
        ] %}
        {{ columns.get(column, 'cast(null as string)') }} as {{ column }},
        {%- endfor %}
        {{ columns.get('cost_amount', 'cast(null as decimal(18, 4))') }} as cost_amount,
        {%- for column in ['promised_days', 'actual_days'] %}
        {{ columns.get(column, 'cast(null as double)') }} as {{ column }},
        {%- endfor %}
        {{ occurred_at }} as occurred_at,
        {{ occurred_date }} as occurred_date,
        source_system
    from {{ relation }}
    where {{ where }}
{%- endmacro %}
