select
    team,
    topic,
    measure,
    cases_count,
    value,
    others_value,
    difference,
    difference_low,
    difference_high,
    p_value,
    q_value,
    is_needed,
    evidence_en,
    evidence_de,
    model_name,
    model_version
from {{ source('ml', 'training_needs') }}
