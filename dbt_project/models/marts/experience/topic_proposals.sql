select
    proposal_id,
    language,
    phrases,
    texts_count,
    example_texts,
    polarity,
    model_version
from {{ ref('stg_ml__topic_proposals') }}
