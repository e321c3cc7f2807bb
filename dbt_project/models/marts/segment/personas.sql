{#- A share is distinct where chance does not explain it, and it is a fifth above that of all, or ten points. -#}
{%- set least_lift, least_difference = 1.2, 0.1 -%}
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

compared as (
    select
        *,
        row_number() over (
            partition by segmentation, segment_id, attribute order by share desc, attribute_value asc
        ) as share_rank,
        (share >= {{ least_lift }} * all_share or share - all_share >= {{ least_difference }})
        and share - all_share > {{ normal_quantile() }} * sqrt(all_share * (1 - all_share) / n) as is_distinct
    from profiles
),

-- The commonest value can be typical however common it is elsewhere; what else is told must distinguish the segment.
ranked as (
    select
        compared.*,
        attributes.statement_kind,
        attributes.statement_en,
        attributes.statement_de,
        attributes.statements_count,
        row_number() over (
            partition by compared.segmentation, compared.segment_id, compared.attribute
            order by
                case when attributes.selection = 'typical' and compared.share_rank = 1 then 0 else 1 end,
                compared.share - compared.all_share desc,
                compared.attribute_value asc
        ) as value_rank
    from compared
    inner join attributes on compared.attribute = attributes.attribute
    where compared.is_distinct or (attributes.selection = 'typical' and compared.share_rank = 1)
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
        case when told.attribute = 'pain_point' then 'criticise' else 'praise' end as how_en,
        case when told.attribute = 'pain_point' then 'Kritik' else 'Lob' end as how_de,
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
        'One of ' || cast(people_count as string) || ' people who ' || how_en || ' “' || value_name_en || '”'
            as statement_en,
        'Eine von ' || cast(people_count as string) || ' Personen, die ' || how_de || ' zum Thema „' || value_name_de
        || '“ äußern' as statement_de,
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
