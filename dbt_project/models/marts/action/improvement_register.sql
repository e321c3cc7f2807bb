{%- set measures = ['volume', 'score', 'money'] -%}
{%- set figures = ['before_value', 'after_value', 'change', 'change_low', 'change_high', 'verdict'] -%}
with

issues as (
    select
        'issue' as kind,
        issue,
        topic_name_en || ': ' || dimension_name_en || ' ' || value_name_en as title_en,
        topic_name_de || ': ' || dimension_name_de || ' ' || value_name_de as title_de,
        evidence_en,
        evidence_de,
        department,
        -- A month is over: what it cost comes in no other year.
        case when dimension <> 'month' then excess_cost_per_year end as value_per_year,
        case when dimension <> 'month' then excess_cost_per_year_low end as value_per_year_low,
        case when dimension <> 'month' then excess_cost_per_year_high end as value_per_year_high,
        issue_rank as priority
    from {{ ref('root_causes') }}
    where is_candidate
),

articles as (
    select
        'article' as kind,
        reason as issue,
        'Help article: ' || reason_name_en as title_en,
        'Hilfeartikel: ' || reason_name_de as title_de,
        {{ whole_words('concerns_per_year') }} || ' concerns a year, '
        || {{ decimal_words('contacts_per_concern', 'en') }} || ' contacts each at '
        || {{ decimal_words('cost_per_contact', 'en') }} || ' ' || currency || ', '
        || {{ whole_words('100 * online_share') }} || ' % solvable online (' || share_source || '): saves '
        || {{ whole_words('expected_saving_per_year') }} || ' ' || currency || ' a year (95 % interval '
        || {{ whole_words('expected_saving_per_year_low') }} || ' to '
        || {{ whole_words('expected_saving_per_year_high') }} || ').' as evidence_en,
        {{ whole_words('concerns_per_year') }} || ' Anliegen im Jahr, je '
        || {{ decimal_words('contacts_per_concern', 'de') }} || ' Kontakte zu '
        || {{ decimal_words('cost_per_contact', 'de') }} || ' ' || currency || ', '
        || {{ whole_words('100 * online_share') }} || ' % online lösbar ('
        || case when share_source = 'measured' then 'gemessen' else 'angenommen' end || '): spart '
        || {{ whole_words('expected_saving_per_year') }} || ' ' || currency || ' im Jahr (95-%-Intervall '
        || {{ whole_words('expected_saving_per_year_low') }} || ' bis '
        || {{ whole_words('expected_saving_per_year_high') }} || ').' as evidence_de,
        department,
        expected_saving_per_year as value_per_year,
        expected_saving_per_year_low as value_per_year_low,
        expected_saving_per_year_high as value_per_year_high,
        saving_rank as priority
    from {{ ref('self_service_articles') }}
),

needs as (
    select
        *,
        row_number() over (partition by team, topic order by q_value asc, measure asc) as measure_rank
    from {{ ref('training_needs') }}
    where is_needed
),

trainings as (
    select
        'training' as kind,
        issue,
        'Training of team ' || team || ': ' || topic_name_en as title_en,
        'Schulung des Teams ' || team || ': ' || topic_name_de as title_de,
        evidence_en,
        evidence_de,
        'service' as department,
        {{ money('null') }} as value_per_year,
        {{ money('null') }} as value_per_year_low,
        {{ money('null') }} as value_per_year_high,
        row_number() over (order by q_value asc, issue asc) as priority
    from needs
    where measure_rank = 1
),

candidates as (
    select * from issues
    union all
    select * from articles
    union all
    select * from trainings
),

decisions as (
    select * from {{ ref('stg_ml__improvement_decisions') }}
),

effects as (
    select
        kind,
        issue,
        max(comparison) as comparison,
        max(months_before_count) as months_before_count,
        {%- for measure in measures %}
        {%- for column in figures %}
        max(case when measure = '{{ measure }}' then {{ column }} end) as {{ measure }}_{{ column }},
        {%- endfor %}
        {%- endfor %}
        max(months_after_count) as months_after_count
    from {{ ref('improvement_effects') }}
    group by kind, issue
),

joined as (
    select
        coalesce(candidates.kind, decisions.kind) as kind,
        coalesce(candidates.issue, decisions.issue) as issue,
        candidates.title_en,
        candidates.title_de,
        case
            when coalesce(decisions.is_known, true) then candidates.evidence_en
            else 'Unknown: the data has no such place or team.'
        end as evidence_en,
        case
            when coalesce(decisions.is_known, true) then candidates.evidence_de
            else 'Unbekannt: einen solchen Ort oder ein solches Team haben die Daten nicht.'
        end as evidence_de,
        candidates.department,
        candidates.value_per_year,
        candidates.value_per_year_low,
        candidates.value_per_year_high,
        candidates.priority,
        candidates.issue is not null as is_found,
        coalesce(decisions.state, 'proposed') as state,
        decisions.decision,
        decisions.owner as decided_owner,
        decisions.effective_from,
        decisions.decided_on
    from candidates
    full outer join decisions on candidates.kind = decisions.kind and candidates.issue = decisions.issue
),

-- What is no candidate any more, or never was one, still has the name of its topic.
topics as (
    select * from {{ ref('int_topics_placed') }}
),

departments as (
    select * from {{ ref('departments') }}
),

labels as (
    select * from {{ ref('improvement_labels') }}
)

select
    joined.kind || '/' || joined.issue as improvement_key,
    joined.kind,
    kinds.name_en as kind_name_en,
    kinds.name_de as kind_name_de,
    joined.issue,
    coalesce(joined.title_en, topics.name_en, joined.issue) as title_en,
    coalesce(joined.title_de, topics.name_de, joined.issue) as title_de,
    joined.priority,
    joined.is_found,
    joined.evidence_en,
    joined.evidence_de,
    joined.value_per_year,
    joined.value_per_year_low,
    joined.value_per_year_high,
    '{{ var("reporting_currency") }}' as currency,
    coalesce(joined.department, topics.department) as department,
    departments.owner as proposed_owner,
    coalesce(joined.decided_owner, departments.owner) as owner,

    joined.state,
    states.name_en as state_name_en,
    states.name_de as state_name_de,
    joined.decision,
    joined.effective_from,
    joined.decided_on,

    effects.comparison,
    effects.months_before_count,
    effects.months_after_count
    {%- for measure in measures %}
    {%- for column in figures %},
    effects.{{ measure }}_{{ column }}
    {%- endfor %},
    {{ measure }}_verdicts.name_en as {{ measure }}_verdict_name_en,
    {{ measure }}_verdicts.name_de as {{ measure }}_verdict_name_de
    {%- endfor %}
from joined
left join effects on joined.kind = effects.kind and joined.issue = effects.issue
left join topics on joined.kind = 'issue' and {{ dbt.split_part('joined.issue', "'/'", 1) }} = topics.topic
left join departments on coalesce(joined.department, topics.department) = departments.department
left join labels as kinds on joined.kind = kinds.code and kinds.label_type = 'kind'
left join labels as states on joined.state = states.code and states.label_type = 'state'
{%- for measure in measures %}
left join labels as {{ measure }}_verdicts
    on effects.{{ measure }}_verdict = {{ measure }}_verdicts.code
    and {{ measure }}_verdicts.label_type = 'verdict'
{%- endfor %}
