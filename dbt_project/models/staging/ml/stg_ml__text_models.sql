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
    as_of_date,
    model_version
from {{ source('ml', 'text_models') }}
