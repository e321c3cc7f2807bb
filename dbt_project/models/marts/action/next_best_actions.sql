{#- The guard rails stand here, one condition each; what a person may be told about is in the intermediate models. -#}
with

permissions as (
    select * from {{ ref('int_contact_permissions_resolved') }}
),

preferences as (
    select * from {{ ref('int_contact_preferences_derived') }}
),

kinds as (
    select * from {{ ref('action_kinds') }}
),

reasons as (
    select * from {{ ref('action_reasons') }}
),

-- Nothing is sold to who waits for an answer.
complaining as (
    select * from {{ ref('int_customers_complaining') }}
),

weighed as (
    select
        candidates.*,
        permissions.channel,
        kinds.sort_order as kind_order,
        {{ money('candidates.value_at_stake * kinds.success_share - permissions.cost_amount') }} as expected_value,
        {{ money('permissions.cost_amount') }} as contact_cost,
        kinds.success_share,
        case when permissions.channel = preferences.preferred_channel then 0 else 1 end as is_of_other_channel,
        permissions.sort_order as channel_order
    from {{ ref('int_action_candidates_unioned') }} as candidates
    inner join kinds on candidates.action_kind = kinds.action_kind
    inner join permissions on candidates.customer_id = permissions.customer_id
    left join preferences on candidates.customer_id = preferences.customer_id
    left join complaining on candidates.customer_id = complaining.customer_id
    where
        permissions.is_permitted
        and (permissions.has_profiling_consent or not kinds.needs_profiling_consent)
        and (complaining.customer_id is null or not kinds.is_selling)
),

-- The preferred channel where it is worth its cost, else the first of the seed that is.
of_channel as (
    select
        *,
        row_number() over (
            partition by customer_id, action_kind, subject_id order by is_of_other_channel, channel_order
        ) as channel_rank
    from weighed
    where expected_value > 0
),

of_kind as (
    select
        *,
        row_number() over (
            partition by customer_id, action_kind order by expected_value desc, subject_id asc
        ) as kind_rank
    from of_channel
    where channel_rank = 1
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id order by expected_value desc, kind_order asc
        ) as action_rank
    from of_kind
    where kind_rank = 1
),

actions as (
    select
        customer_id,
        action_kind,
        reason,
        subject_id,
        product_id,
        case_id,
        channel,
        action_rank,
        value_at_stake,
        success_share,
        contact_cost,
        expected_value,
        evidence_name,
        evidence_other,
        evidence_date,
        evidence_number,
        evidence_amount,
        evidence_basis,
        evidence_share
    from ranked
    where action_rank <= {{ var('action_maximum') }}
),

-- Who might be contacted and is not: the reason is said, so that nobody wonders.
consenting as (
    select
        permissions.customer_id,
        max(case when permissions.is_limit_reached then 1 else 0 end) as is_limit_reached,
        max(case when permissions.is_permitted then 1 else 0 end) as is_permitted,
        max(case when complaining.customer_id is null then 0 else 1 end) as is_complaining
    from permissions
    left join complaining on permissions.customer_id = complaining.customer_id
    where permissions.has_channel_consent and permissions.is_reachable and not permissions.is_suppressed
    group by permissions.customer_id
),

left_alone as (
    select
        consenting.customer_id,
        'leave_alone' as action_kind,
        case
            when consenting.is_permitted = 0 then 'contacted_enough'
            when consenting.is_complaining = 1 then 'open_complaint'
            else 'nothing_worthwhile'
        end as reason,
        cast(null as string) as subject_id,
        cast(null as string) as product_id,
        cast(null as string) as case_id,
        cast(null as string) as channel,
        1 as action_rank,
        cast(0 as double) as value_at_stake,
        cast(0 as double) as success_share,
        {{ money('0') }} as contact_cost,
        {{ money('0') }} as expected_value,
        cast(null as string) as evidence_name,
        cast(null as string) as evidence_other,
        cast(null as date) as evidence_date,
        cast(null as double) as evidence_number,
        cast(null as double) as evidence_amount,
        cast(null as string) as evidence_basis,
        cast(null as double) as evidence_share
    from consenting
    left join actions on consenting.customer_id = actions.customer_id
    where actions.customer_id is null
),

chosen as (
    select * from actions
    union all
    select * from left_alone
)

select
    {{ dbt.hash(dbt.concat(joined_columns(['chosen.customer_id', 'chosen.action_kind', 'chosen.subject_id']))) }}
        as action_id,
    chosen.customer_id,
    chosen.product_id,
    chosen.case_id,

    cast(chosen.action_rank as integer) as action_rank,
    chosen.action_kind,
    kinds.name_en as action_name_en,
    kinds.name_de as action_name_de,
    kinds.is_selling,
    chosen.channel,
    {{ in_action_holdout('chosen.customer_id') }} as is_holdout,
    '{{ var("action_holdout_salt") }}/{{ var("action_holdout_share") }}' as holdout_draw,

    chosen.expected_value,
    {{ money('chosen.value_at_stake') }} as value_at_stake,
    cast(chosen.success_share as double) as success_share,
    chosen.contact_cost,
    '{{ var("reporting_currency") }}' as currency,

    chosen.reason,
    reasons.reason_en,
    reasons.reason_de,
    {{ filled_evidence('reasons.evidence_en', 'chosen') }} as evidence_en,
    {{ filled_evidence('reasons.evidence_de', 'chosen') }} as evidence_de,
    {{ as_of_date() }} as as_of_date
from chosen
inner join kinds on chosen.action_kind = kinds.action_kind
left join reasons on chosen.reason = reasons.reason
