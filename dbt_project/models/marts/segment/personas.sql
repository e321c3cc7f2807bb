{%- set percent = "cast(cast(round(100 * %s) as integer) as string) || ' %%'" -%}
with

profiles as (
    select * from {{ ref('segment_profiles') }}
),

attributes as (
    select * from {{ ref('segment_attributes') }}
),

members as (
    select * from {{ ref('stg_ml__customer_segments') }}
),

quotes as (
    select
        quotes.*,
        placed.level_1_topic,
        case when quotes.sentiment_label = 'negative' then 'pain_point' else 'praise_point' end as attribute
    from {{ ref('topic_quotes') }} as quotes
    inner join {{ ref('int_topics_placed') }} as placed on quotes.topic = placed.topic
    where quotes.sentiment_label in ('negative', 'positive') and quotes.customer_id <> 'unknown'
),

ranked as (
    select
        profiles.*,
        attributes.statement_kind,
        attributes.statement_en,
        attributes.statement_de,
        attributes.statements_count,
        row_number() over (
            partition by profiles.segmentation, profiles.segment_id, profiles.attribute
            order by
                profiles.share - case when attributes.selection = 'distinct' then profiles.all_share else 0 end desc,
                profiles.attribute_value asc
        ) as value_rank
    from profiles
    inner join attributes on profiles.attribute = attributes.attribute
    where attributes.selection = 'typical' or profiles.share > profiles.all_share
),

told as (
    select
        *,
        {{ percent % 'share' }} as share_text,
        {{ percent % 'all_share' }} as all_share_text
    from ranked
    where value_rank <= statements_count
),

-- A quote is told only where it stands for what at least a cell of people of the segment said of its topic.
quoted as (
    select
        told.*,
        case when told.attribute = 'pain_point' then 'badly of ' else 'well of ' end as how_en,
        case when told.attribute = 'pain_point' then 'reden schlecht über ' else 'reden gut über ' end as how_de,
        quotes.masked_text,
        quotes.language,
        quotes.has_quotation_consent,
        row_number() over (
            partition by told.segmentation, told.segment_id, told.attribute
            order by told.value_rank, quotes.quote_rank, quotes.feedback_id, quotes.topic
        ) as quote_number,
        row_number() over (
            partition by told.segmentation, told.segment_id, quotes.feedback_id
            order by told.attribute, told.value_rank, quotes.quote_rank, quotes.topic
        ) as feedback_number
    from told
    inner join quotes on told.attribute = quotes.attribute and told.attribute_value = quotes.level_1_topic
    inner join members
        on told.segmentation = members.segmentation
        and told.segment_id = members.segment_id
        and quotes.customer_id = members.customer_id
),

statements as (
    select
        segmentation,
        segment_id,
        statement_kind,
        attribute,
        attribute_value,
        value_rank,
        replace(
            replace(replace(statement_en, '{share}', share_text), '{all_share}', all_share_text),
            '{value}', value_name_en
        ) as statement_en,
        replace(
            replace(replace(statement_de, '{share}', share_text), '{all_share}', all_share_text),
            '{value}', value_name_de
        ) as statement_de,
        people_count,
        n,
        share,
        all_share,
        lift,
        cast(null as string) as quote,
        cast(null as string) as quote_language,
        cast(null as boolean) as has_quotation_consent
    from told
    union all
    select
        segmentation,
        segment_id,
        'quote' as statement_kind,
        attribute,
        attribute_value,
        quote_number as value_rank,
        'One of ' || cast(people_count as string) || ' people who speak ' || how_en || value_name_en as statement_en,
        'Eine von ' || cast(people_count as string) || ' Personen; sie ' || how_de || value_name_de as statement_de,
        people_count,
        n,
        share,
        all_share,
        lift,
        masked_text as quote,
        language as quote_language,
        has_quotation_consent
    from quoted
    where quote_number <= 3 and feedback_number = 1
),

numbered as (
    select
        *,
        row_number() over (
            partition by segmentation, segment_id
            order by
                case when statement_kind = 'quote' then 1 else 0 end,
                statement_kind,
                attribute,
                value_rank,
                attribute_value
        ) as statement_number
    from statements
)

select
    numbered.segmentation,
    numbered.segment_id,
    cast(numbered.statement_number as bigint) as statement_number,
    segments.name_en,
    segments.name_de,
    numbered.statement_kind,
    numbered.attribute,
    numbered.attribute_value,
    numbered.statement_en,
    numbered.statement_de,
    numbered.people_count,
    numbered.n,
    numbered.share,
    numbered.all_share,
    numbered.lift,
    numbered.quote,
    numbered.quote_language,
    numbered.has_quotation_consent
from numbered
inner join {{ ref('segments') }} as segments
    on numbered.segmentation = segments.segmentation
    and numbered.segment_id = segments.segment_id
