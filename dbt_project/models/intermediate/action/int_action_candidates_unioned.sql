{#- Amounts are in the reporting currency; what of value_at_stake an action brings says the seed action_kinds. -#}
{%- set empty = "cast(null as string)" -%}
with

bounds as (
    select
        {{ as_of_date() }} as as_of_date,
        {{ dbt.dateadd('day', -1 * var('action_feedback_days'), as_of_date()) }} as first_answer_date
),

customer_values as (
    select * from {{ ref('stg_ml__customer_values') }}
),

products as (
    select * from {{ ref('stg_pos__products') }}
),

customers as (
    select * from {{ ref('customers') }}
),

recommendations as (
    select
        recommendations.*,
        offered.product_name,
        because.product_name as because_product_name
    from {{ ref('stg_ml__product_recommendations') }} as recommendations
    left join products as offered on recommendations.product_id = offered.product_id
    left join products as because on recommendations.because_product_id = because.product_id
),

returned as (
    select distinct
        customer_id,
        product_id
    from {{ ref('order_lines') }}
    where is_return and product_id is not null
),

answers as (
    select
        person_key as customer_id,
        nps_class,
        {{ to_company_date('responded_at') }} as responded_date
    from {{ ref('int_nps_answers_counted') }}
    where kpi_id = 'nps' and grain = 'all' and count_status = 'counted' and is_known_customer
),

-- Added up as decimals: a sum of doubles changes with the order of adding.
mean_values as (
    select cast(sum(cast(future_value_12_months as decimal(18, 6))) as double) / count(*) as mean_value
    from customer_values
),

programmes as (
    select count(loyalty_tier) as members_count from customers
),

answered as (
    select
        answers.customer_id,
        case answers.nps_class when 'detractor' then 'recover' else 'thank_or_refer' end as action_kind,
        answers.nps_class as reason,
        {{ empty }} as subject_id,
        {{ empty }} as product_id,
        {{ empty }} as case_id,
        {{ empty }} as evidence_name,
        {{ empty }} as evidence_other,
        answers.responded_date as evidence_date,
        cast(1 as double) as evidence_number,
        case answers.nps_class
            when 'detractor' then customer_values.future_value_12_months
            else mean_values.mean_value
        end as evidence_amount,
        customer_values.value_basis as evidence_basis,
        customer_values.churn_probability as evidence_share,
        case answers.nps_class
            when 'detractor' then customer_values.future_value_12_months * customer_values.churn_probability
            else mean_values.mean_value
        end as value_at_stake
    from answers
    inner join customer_values on answers.customer_id = customer_values.customer_id
    cross join mean_values
    cross join bounds
    where answers.nps_class in ('detractor', 'promoter') and answers.responded_date >= bounds.first_answer_date
),

service as (
    select
        needs.customer_id,
        'service' as action_kind,
        needs.reason,
        needs.subject_id,
        {{ empty }} as product_id,
        needs.case_id,
        needs.signal || coalesce(' (' || products.product_name || ')', '') as evidence_name,
        {{ empty }} as evidence_other,
        needs.needed_since_date as evidence_date,
        cast(needs.signals_count as double) as evidence_number,
        customer_values.future_value_12_months as evidence_amount,
        customer_values.value_basis as evidence_basis,
        customer_values.churn_probability as evidence_share,
        customer_values.future_value_12_months * customer_values.churn_probability as value_at_stake
    from {{ ref('int_service_needs_found') }} as needs
    inner join customer_values on needs.customer_id = customer_values.customer_id
    left join products on needs.product_id = products.product_id
),

-- An offer is bought when the customer buys at all within the horizon, and then that product.
offers as (
    select
        recommendations.customer_id,
        recommendations.recommendation_kind as action_kind,
        case
            when recommendations.recommendation_kind = 'replenish' then 'due_again'
            when recommendations.because_product_id is null then 'popular_product'
            else 'similar_customers'
        end as reason,
        recommendations.product_id as subject_id,
        recommendations.product_id,
        {{ empty }} as case_id,
        coalesce(recommendations.product_name, recommendations.product_id) as evidence_name,
        coalesce(recommendations.because_product_name, recommendations.because_product_id) as evidence_other,
        recommendations.last_purchase_date as evidence_date,
        recommendations.interval_days as evidence_number,
        recommendations.unit_margin as evidence_amount,
        'margin' as evidence_basis,
        recommendations.purchase_probability as evidence_share,
        recommendations.unit_margin * recommendations.purchase_probability * (
            1 - exp(-1.0 * customer_values.expected_purchases_12_months * recommendations.horizon_days / 365)
        ) as value_at_stake
    from recommendations
    inner join customer_values on recommendations.customer_id = customer_values.customer_id
    left join returned
        on recommendations.customer_id = returned.customer_id
        and recommendations.product_id = returned.product_id
    where returned.customer_id is null
),

-- Who is gone hears no reminder: what is at stake is what a reminder can still keep.
reminders as (
    select
        customer_id,
        'remind' as action_kind,
        churn_reason as reason,
        {{ empty }} as subject_id,
        {{ empty }} as product_id,
        {{ empty }} as case_id,
        {{ empty }} as evidence_name,
        {{ empty }} as evidence_other,
        last_purchase_date as evidence_date,
        cast(repeat_purchases + 1 as double) as evidence_number,
        case
            when churn_reason = 'contract_ending' then contract_value_12_months else expected_margin_per_purchase
        end as evidence_amount,
        value_basis as evidence_basis,
        churn_probability as evidence_share,
        probability_alive * churn_probability * case
            when churn_reason = 'contract_ending' then contract_value_12_months else expected_margin_per_purchase
        end as value_at_stake
    from customer_values
    where churn_reason in ('overdue', 'rate_falling', 'one_time_buyer', 'contract_ending')
),

invitations as (
    select
        customers.customer_id,
        'invite_to_loyalty' as action_kind,
        'not_a_member' as reason,
        {{ empty }} as subject_id,
        {{ empty }} as product_id,
        {{ empty }} as case_id,
        {{ empty }} as evidence_name,
        {{ empty }} as evidence_other,
        customers.last_order_date as evidence_date,
        cast(customers.orders_count as double) as evidence_number,
        customer_values.future_value_12_months as evidence_amount,
        customer_values.value_basis as evidence_basis,
        cast(null as double) as evidence_share,
        customer_values.future_value_12_months as value_at_stake
    from customers
    inner join customer_values on customers.customer_id = customer_values.customer_id
    cross join programmes
    where
        programmes.members_count > 0
        and customers.loyalty_tier is null
        and customers.customer_type <> 'business'
        and customers.orders_count >= 2
)

select * from answered
union all
select * from service
union all
select * from offers
union all
select * from reminders
union all
select * from invitations
