with

measured as (
    select * from {{ ref('int_self_service_reasons_measured') }}
),

reasons as (
    select * from {{ ref('case_reasons') }}
),

topics as (
    select * from {{ ref('int_topics_placed') }}
),

departments as (
    select * from {{ ref('departments') }}
),

cases as (
    select * from {{ ref('int_cases_identified') }}
),

mentions as (
    select * from {{ ref('int_feedback_topics_attributed') }}
    where topic_level = 2 and topic_source = 'text'
),

decisions as (
    select * from {{ ref('stg_ml__improvement_decisions') }}
    where kind = 'article'
),

effects as (
    select * from {{ ref('stg_ml__improvement_effects') }}
    where kind = 'article' and measure = 'money'
),

-- What an article must answer first: the subtopic that most contacts of the reason mention.
mentioned as (
    select
        cases.reason,
        mentions.topic,
        count(*) as cases_count
    from cases
    inner join mentions on cases.case_id = mentions.feedback_id
    group by cases.reason, mentions.topic
),

ranked_topics as (
    select
        *,
        row_number() over (partition by reason order by cases_count desc, topic asc) as topic_rank
    from mentioned
    where cases_count >= {{ var('small_cell_minimum') }}
),

saved as (
    select
        *,
        1.0 * contacts_count / concerns_count as contacts_per_concern,
        cast(cost_amount as double) / nullif(contacts_count, 0) as cost_per_contact,
        concerns_per_year * share * cast(cost_amount as double) / concerns_count as saving
    from measured
),

bounded as (
    select
        *,
        {{ product_bound('saving', 'concerns_per_year', 'share', -1) }} as saving_low,
        {{ product_bound('saving', 'concerns_per_year', 'share', 1) }} as saving_high
    from saved
)

select
    bounded.reason,
    reasons.name_en as reason_name_en,
    reasons.name_de as reason_name_de,
    ranked_topics.topic as main_subtopic,
    subtopics.name_en as main_subtopic_name_en,
    subtopics.name_de as main_subtopic_name_de,
    coalesce(topics.department, 'service') as department,
    departments.owner as proposed_owner,

    cast(bounded.months_count as bigint) as months_count,
    cast(bounded.concerns_count as bigint) as concerns_count,
    cast(bounded.contacts_count as bigint) as contacts_count,
    cast(bounded.concerns_per_year as double) as concerns_per_year,
    cast(bounded.concerns_per_year_low as double) as concerns_per_year_low,
    cast(bounded.concerns_per_year_high as double) as concerns_per_year_high,
    cast(bounded.contacts_per_concern as double) as contacts_per_concern,
    {{ money('bounded.cost_per_contact') }} as cost_per_contact,
    cast(bounded.share as double) as online_share,
    cast(bounded.share_low as double) as online_share_low,
    cast(bounded.share_high as double) as online_share_high,
    case when bounded.is_share_measured then 'measured' else 'declared' end as share_source,
    {{ money('bounded.saving') }} as expected_saving_per_year,
    {{ money('bounded.saving_low') }} as expected_saving_per_year_low,
    {{ money('bounded.saving_high') }} as expected_saving_per_year_high,
    '{{ var("reporting_currency") }}' as currency,
    row_number() over (order by bounded.saving desc, bounded.reason asc) as saving_rank,

    coalesce(decisions.state, 'proposed') as state,
    decisions.effective_from as published_from,
    {{ money('-effects.change') }} as measured_saving_per_year,
    {{ money('-effects.change_high') }} as measured_saving_per_year_low,
    {{ money('-effects.change_low') }} as measured_saving_per_year_high,
    effects.verdict
from bounded
inner join reasons on bounded.reason = reasons.reason
left join topics on reasons.topic = topics.topic
left join departments on coalesce(topics.department, 'service') = departments.department
left join ranked_topics on bounded.reason = ranked_topics.reason and ranked_topics.topic_rank = 1
left join topics as subtopics on ranked_topics.topic = subtopics.topic
left join decisions on bounded.reason = decisions.issue
left join effects on bounded.reason = effects.issue
where bounded.saving > 0
