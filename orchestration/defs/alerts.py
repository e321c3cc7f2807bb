"""Whether an alert waits for somebody: a check that stops nothing."""

import dagster as dg

from orchestration.alert_list import describe_alerts, list_alerts
from orchestration.resources import Run
from orchestration.warehouse import escape_markdown, reading


@dg.asset_check(
    asset=dg.AssetKey(["marts", "alerts"]), name="open_alerts", blocking=False,
    description="No new alert for the worse waits to be taken on. Fails as a warning; nothing is "
                "stopped, and the data may be used.")
def open_alerts(run: Run) -> dg.AssetCheckResult:
    """Fail while a new alert for the worse is open."""
    with reading(run.settings.warehouse_path) as con:
        alerts = list_alerts(con, "en")
    waiting = [alert for alert in alerts if alert.state == "new" and alert.is_worse]
    told = "\n".join(f"- {escape_markdown(line)}" for line in describe_alerts(alerts))
    return dg.AssetCheckResult(
        passed=not waiting, severity=dg.AssetCheckSeverity.WARN,
        description="" if not waiting else
        f"{len(waiting)} new: `cx360 alerts` lists them, `cx360 alerts acknowledge` takes one on",
        metadata={"open": len(alerts), "new and worse": len(waiting),
                  **({"alerts": dg.MetadataValue.md(told)} if told else {})})
