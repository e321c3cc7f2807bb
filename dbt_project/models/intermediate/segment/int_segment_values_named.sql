with

labels as (
    select
        attribute,
        attribute_value,
        name_en,
        name_de
    from {{ ref('segment_attribute_labels') }}
),

topics as (
    select
        topic,
        name_en,
        name_de
    from {{ ref('int_topics_placed') }}
),

channels as (
    select
        channel,
        name_en,
        name_de
    from {{ ref('channels') }}
),

codes as (
    select * from {{ ref('code_labels') }}
),

named as (
    select * from labels
    {%- for attribute in ['topic', 'pain_point', 'praise_point'] %}
    union all
    select
        '{{ attribute }}' as attribute,
        topic as attribute_value,
        name_en,
        name_de
    from topics
    {%- endfor %}
    {%- for attribute in ['order_channel', 'case_channel'] %}
    union all
    select
        '{{ attribute }}' as attribute,
        channel as attribute_value,
        name_en,
        name_de
    from channels
    {%- endfor %}
    {%- for attribute, code_type in [('age_group', 'age_group'), ('expectation', 'survey_dimension')] %}
    union all
    select
        '{{ attribute }}' as attribute,
        code as attribute_value,
        name_en,
        name_de
    from codes
    where code_type = '{{ code_type }}'
    {%- endfor %}
    union all
    select
        'product' as attribute,
        product_id as attribute_value,
        product_name as name_en,
        product_name as name_de
    from {{ ref('stg_pos__products') }}
    where product_name is not null
)

select
    attribute,
    attribute_value,
    min(name_en) as name_en,
    min(name_de) as name_de
from named
group by attribute, attribute_value
