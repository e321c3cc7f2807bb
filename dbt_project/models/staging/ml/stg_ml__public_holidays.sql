select
    region,
    holiday_date,
    name_de,
    name_en
from {{ source('ml', 'public_holidays') }}
