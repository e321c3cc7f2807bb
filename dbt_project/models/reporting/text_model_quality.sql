with

models as (
    select * from {{ ref('stg_ml__text_models') }}
),

ranked as (
    select
        *,
        row_number() over (partition by task, language order by as_of_date desc, model_version asc) as version_rank
    from models
)

select
    task,
    language,
    model_version,
    as_of_date,
    status,
    version_rank = 1 as is_latest,
    labels_count,
    macro_f1,
    lexicon_macro_f1,
    macro_f1 - lexicon_macro_f1 as macro_f1_gain,
    calibration_error,
    share_error,
    answered_share,
    new_texts_count,
    share_change,
    is_drifted
from ranked
