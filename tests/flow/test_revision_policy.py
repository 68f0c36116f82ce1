"""The partial policy in a workspace: what was reviewed is held in later months, stored in releases, and reproduced."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import pytest

from qinggong import flow, publication
from qinggong.briefing import month_brief
from qinggong.catalogue.bulletins import load_monthly_plan
from qinggong.methods.specification import Specification
from qinggong.monitor import adjust
from qinggong.periods import month
from qinggong.publish import release
from qinggong.publish.document import Paragraph
from qinggong.publish.sections import momentum as section
from qinggong.standing import known
from qinggong.synth.plan import Plan

HELD = ("transform", "order", "windows", "trading_day", "outliers", "seasonal_filter", "final_filter", "trend_length")
SERIES = """  series:
    - indicator: 出口交货值
      also: [规模以上工业, 食品制造业, 家具制造业, 造纸和纸制品业]
"""


def _stored(done: flow.Released) -> dict[str, dict[str, Any]]:
    lines = (done.folder / "data" / "specifications.jsonl").read_text(encoding="utf-8").splitlines()
    return {one["subject"]: one for one in map(json.loads, lines)}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> flow.Workspace:
    """Synthetic figures of six years, with a plan of its own that holds specifications between reviews."""
    made, _ = flow.init_synthetic(tmp_path_factory.mktemp("policy") / "ws", Plan(seed=7, end="2024-12", months=72))
    bundled = resources.files("qinggong.catalogue") / "data" / "bulletins" / "monthly.yaml"
    head, found, _ = bundled.read_text(encoding="utf-8").partition("  series:\n    - indicator: 出口交货值")
    assert found
    own = made.layout.root / "catalogue" / "bulletins" / "monthly.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(head + SERIES + "  policy: partial\n  review: 12\n", encoding="utf-8")
    return flow.Workspace.at(made.layout.root)


def test_the_policy_of_the_bundled_plan_is_concurrent() -> None:
    plan = load_monthly_plan().momentum
    assert plan is not None and (plan.policy, plan.review) == ("concurrent", 12)


@pytest.fixture(scope="module")
def runs(workspace: flow.Workspace) -> Iterator[Callable[[str], flow.Released]]:
    """Releases of the momentum of two indicators alone: no documents, no history of revisions, no index, no targets."""
    whole = known(workspace, None)
    wanted = tuple(o for o in whole.observations if o.series.indicator in ("export_delivery", "value_added"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow, "known", lambda *_: dataclasses.replace(whole, observations=wanted))
        patch.setattr(flow, "month_brief", functools.partial(month_brief, parts={"momentum"}))
        patch.setattr(release, "render", lambda *_, **__: {"bulletin.html": b""})
        patch.setattr(adjust, "REVISED_MONTHS", 0)
        patch.setattr(publication, "_verdict", lambda *_: {"errors": 0, "warnings": 0})
        patch.setattr(publication, "data_release", lambda *_: {})
        yield lambda code: flow.run(workspace, at=flow.parse_month(code))


@pytest.mark.soak  # half a minute, most of it to generate the figures
def test_later_months_hold_what_was_reviewed_and_an_old_month_comes_out_the_same(
    runs: Callable[[str], flow.Released],
) -> None:
    first = runs("2024-09")
    files = {p: p.read_bytes() for p in sorted(first.folder.rglob("*")) if p.is_file()}
    second = runs("2024-10")
    before, after = _stored(first), _stored(second)
    assert set(before) == set(after) and len(before) == 4
    for subject, then in before.items():
        now = after[subject]
        assert then["policy"] == now["policy"] == "partial" and then["reviewed"] == now["reviewed"] == "2023-12"
        assert then["synthetic"] and then["publisher"].startswith("合成数据")
        old, new = Specification.from_dict(then["specification"]), Specification.from_dict(now["specification"])
        assert (old.end, new.end) == ("2024-09", "2024-10")
        for name in HELD:
            assert _plain(old, name) == _plain(new, name), (subject, name)
        assert dict(old.coefficients) != dict(new.coefficients)  # estimated anew
    told = second.brief.momentum
    assert told is not None and told.reviewed == month(2023, 12)
    texts = [b.text for b in section.build(told, second.brief, place=6).blocks if isinstance(b, Paragraph)]
    assert [t for t in texts if "按2023年12月份审定的规格" in t]

    again = runs("2024-09")
    assert len(files) == 4 and {p: p.read_bytes() for p in files} == files and again.folder == first.folder


def _plain(found: Specification, name: str) -> Any:
    return [(o.kind, o.month) for o in found.outliers] if name == "outliers" else getattr(found, name)
