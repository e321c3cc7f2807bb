with

customer_records as (
    select * from {{ ref('stg_ml__customer_records') }}
),

purchase_days as (
    select * from {{ ref('int_purchase_days_summed') }}
),

contract_terms as (
    select * from {{ ref('int_contract_terms_derived') }}
),

bases as (
    select max(value_basis) as value_basis
    from {{ ref('stg_ml__customer_values') }}
),

calendar as (
    select {{ as_of_date() }} as as_of_date
),

-- Where values are margins, revenue of unknown cost has the margin of the rest, as in the value step.
ratios as (
    select coalesce(sum(purchase_days.margin) / nullif(sum(purchase_days.costed_revenue), 0), 1) as margin_ratio
    from purchase_days
    inner join calendar on purchase_days.purchase_date <= calendar.as_of_date
),

purchase_values as (
    select
        customer_records.customer_id,
        sum(
            case
                when bases.value_basis = 'margin'
                    then coalesce(purchase_days.margin, 0) + {{ money(
                        '(purchase_days.revenue - purchase_days.costed_revenue) * ratios.margin_ratio'
                    ) }}
                else purchase_days.revenue
            end
        ) as purchase_value
    from purchase_days
    inner join customer_records on purchase_days.identity_record_key = customer_records.identity_record_key
    inner join calendar on purchase_days.purchase_date <= calendar.as_of_date
    cross join bases
    cross join ratios
    group by customer_records.customer_id
),

contract_values as (
    select
        customer_records.customer_id,
        sum(contract_terms.fees_so_far) as contract_value
    from contract_terms
    inner join customer_records on contract_terms.identity_record_key = customer_records.identity_record_key
    group by customer_records.customer_id
)

select
    coalesce(purchase_values.customer_id, contract_values.customer_id) as customer_id,
    {{ money('coalesce(purchase_values.purchase_value, 0)') }} as past_purchase_value,
    {{ money('coalesce(contract_values.contract_value, 0)') }} as past_contract_value
from purchase_values
full outer join contract_values on purchase_values.customer_id = contract_values.customer_id
