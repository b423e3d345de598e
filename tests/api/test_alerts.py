"""docs/alerts.yml: each alert fires in its case, after its time, and none where all is well."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from tests.api.promtool import promtool
from tests.contracts.tree import ROOT
from tests.engine.feeding import MINUTE, Feed
from warroom.api.metrics import exposition

ALERTS: Final = ROOT / "docs" / "alerts.yml"
EVERY_S: Final = 15
_LASTS: Final = 80

CASES: Final = {
    "WarroomEngineGone": ('up{instance="war:1",job="warroom"}', 0, 60),
    "WarroomEngineStalled": ("warroom_tick_age_seconds{}", 5.1, 30),
    "WarroomJournalNotWritable": ("warroom_journal_writable{}", 0, 30),
    "WarroomUpdateFailed": ('warroom_updates{standing="failed"}', 1, 0),
    "WarroomUpdateLate": ("warroom_update_overdue_seconds{}", 121, 0),
    "WarroomUpdateInDoubt": ('warroom_updates{standing="checking"}', 1, 300),
    "WarroomTriggerBlind": ('warroom_trigger_blind{trigger="pause_p95"}', 1, 60),
    "WarroomSignalWithoutData": ('warroom_signal_blind{signal="p95"}', 1, 300),
}
"""The sample that is bad, what it is then, and after how many seconds the alert fires."""


async def healthy(folder: Path) -> dict[str, float]:
    """Every sample of a launch that goes well, by name and labels."""
    stage = Feed(folder, t0=None)
    async with stage.engine() as engine:
        await stage.advance(6 * MINUTE)
        text = exposition(engine, stage.clock.now()).decode("utf-8")
    found = {'up{instance="war:1",job="warroom"}': 1.0}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def _test(samples: dict[str, float], expected: dict[int, list[str]]) -> dict[str, Any]:
    """A test of promtool: the samples stand still, and at each of these seconds exactly these alerts fire."""
    series = [{"series": name, "values": f"{value!r}+0x{_LASTS}"} for name, value in samples.items()]
    return {
        "interval": f"{EVERY_S}s",
        "input_series": series,
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{at_s}s",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in names],
            }
            for at_s, names in expected.items()
        ],
    }


async def test_each_alert_fires_in_its_case_and_none_where_all_is_well(tmp_path: Path) -> None:
    well = await healthy(tmp_path / "launch")
    end_s = EVERY_S * _LASTS
    tests = [_test(well, {at_s: [] for at_s in (0, 300, end_s)})]
    for alert, (sample, value, after_s) in CASES.items():
        assert well[sample] != value
        early: dict[int, list[str]] = {after_s - EVERY_S: []} if after_s else {}
        tests.append(_test({**well, sample: value}, {**early, after_s: [alert], end_s: [alert]}))
    content = {"rule_files": [str(ALERTS)], "evaluation_interval": f"{EVERY_S}s", "tests": tests}
    (tmp_path / "tests.json").write_text(json.dumps(content))
    code, said = await promtool("test", "rules", str(tmp_path / "tests.json"))
    assert (code, said.count("FAILED")) == (0, 0), said[-4000:]


async def test_promtool_takes_the_rules() -> None:
    code, said = await promtool("check", "rules", str(ALERTS))
    assert code == 0, said
    assert f"SUCCESS: {len(CASES)} rules found" in said


async def test_every_metric_that_an_alert_names_is_served_and_every_alert_is_tried(tmp_path: Path) -> None:
    rules = YAML(typ="safe").load(ALERTS)["groups"][0]["rules"]
    served = {sample.partition("{")[0] for sample in await healthy(tmp_path)}
    named = {name for rule in rules for name in re.findall(r"\b(?:warroom_\w+|up)\b(?=[{ ])", rule["expr"])}
    assert len(named) >= 7
    assert named - served == set()
    assert [rule["alert"] for rule in rules] == list(CASES)


def test_the_page_says_what_the_rules_are() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `(Warroom\w+)` \| .* \| (.*) \|$", page, re.MULTILINE))
    rules = YAML(typ="safe").load(ALERTS)["groups"][0]["rules"]
    assert told == {rule["alert"]: rule.get("for", "at once") for rule in rules}
