"""How an optional library is installed, told wherever one is missing."""


def install(extra: str) -> str:
    """Command that installs an extra of cx360, to be run in its folder."""
    return f"`.venv/bin/pip install -e '.[{extra}]'` in the folder of cx360"
