-- A share lies between 0 and 1, and the expected one within what is thought possible.
select reason
from {{ ref('self_service_shares') }}
where not (0 < share_low and share_low <= share_expected and share_expected <= share_high and share_high <= 1)
