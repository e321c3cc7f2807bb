with

customers as (
    select * from {{ ref('customers') }}
    where has_quotation_consent
),

answers as (
    select
        person_key as customer_id,
        {{ to_company_date('responded_at') }} as responded_date
    from {{ ref('int_nps_answers_counted') }}
    where
        kpi_id = 'nps' and grain = 'all' and count_status = 'counted'
        and is_known_customer and nps_class = 'promoter'
),

suppressed as (
    select customer_id from {{ ref('int_contact_permissions_resolved') }}
    group by customer_id
    having max(case when is_suppressed then 0 else 1 end) = 0
),

referrals as (
    select * from {{ ref('customer_referrals') }}
),

-- The newest clear praise; an unsure text speaks for nobody.
ranked_praise as (
    select
        customer_id,
        feedback_id,
        text_key,
        masked_text,
        occurred_date,
        count(*) over (partition by customer_id) as praise_count,
        row_number() over (
            partition by customer_id order by occurred_date desc, polarity desc, feedback_id asc
        ) as praise_rank
    from {{ ref('feedback') }}
    where
        sentiment_label = 'positive' and not coalesce(is_unsure, false)
        and masked_text is not null and respondent_type = 'customer'
),

praise as (
    select * from ranked_praise
    where praise_rank = 1
)

select
    customers.customer_id,
    praise.feedback_id,
    praise.text_key,
    answers.responded_date as promoted_date,
    cast(coalesce(praise.praise_count, 0) as bigint) as praise_count,
    cast(coalesce(referrals.referrals_count, 0) as bigint) as referrals_count,
    praise.masked_text as quote,
    praise.occurred_date as quoted_date
from customers
inner join answers on customers.customer_id = answers.customer_id
left join suppressed on customers.customer_id = suppressed.customer_id
left join praise on customers.customer_id = praise.customer_id
left join referrals on customers.customer_id = referrals.customer_id
where suppressed.customer_id is null
