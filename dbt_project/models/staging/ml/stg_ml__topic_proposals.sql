select
    proposal_id,
    language,
    phrases,
    texts_count,
    example_texts,
    polarity,
    model_version
from {{ source('ml', 'topic_proposals') }}
