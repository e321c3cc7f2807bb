import pandas as pd
def read_corrections(settings, con):
    return pd.DataFrame({"text_key": [], "field": [], "value": []}, dtype="str")
