select
    task,
    language,
    status,
    labels_count,
    macro_f1,
    lexicon_macro_f1,
    calibration_error,
    share_error,
    answered_share,
    new_texts_count,
    share_change,
    is_drifted,
    as_of_date,
    model_version
from {{ source('ml', 'text_models') }}
