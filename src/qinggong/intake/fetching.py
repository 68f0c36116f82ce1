"""Fetch what the user asks for and take it in (抓取): the only place from which the network is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qinggong.intake.ingest import Progress, ingest_content, quiet
from qinggong.intake.synthetic import is_synthetic
from qinggong.intake.take_in import Ingested
from qinggong.intake.workspace import Workspace
from qinggong.periods import Period
from qinggong.sources.nbs_plan import FetchError as FetchError
from qinggong.sources.nbs_plan import plan_fetch

FETCHABLE = {"nbs": "国家统计局国家数据（data.stats.gov.cn）"}
"""What can be fetched, by the name that the command line takes."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One query: what came in, or why nothing did."""

    query: str
    ingested: tuple[Ingested, ...]
    failure: str = ""


def fetch_series(
    workspace: Workspace,
    wanted: Sequence[str],
    *,
    start: Period,
    end: Period,
    service: str = "",
    base: str = "",
    pause: float = 1.0,
    progress: Progress = quiet,
) -> list[Fetched]:
    """Ask the national data service for series by their catalogue names, and take the answers in.

    Every answer is frozen byte for byte with its address before it is parsed. A query that fails stops itself only.

    Parameters
    ----------
    wanted
        Indicators (增加值), industries (家具制造业) or both (家具制造业·利润总额).
    base, pause
        Address of the service and seconds between requests, for tests against a local one.

    Raises
    ------
    FetchError
        If a name is not known to the service's tables; nothing has been asked for then.
    """
    from qinggong.sources.nbs_fetch import fetch  # brings the network client; no other command needs it

    if is_synthetic(workspace):
        raise FetchError("本工作区只装合成数据，不收真实数字，请在真实数据的工作区里查询")
    done = []
    for query in plan_fetch(wanted, start, end, workspace.catalogue, service=service):
        progress(f"查询 {query}")
        try:
            saved = fetch(query, base=base, pause=pause)
        except FetchError as error:
            done.append(Fetched(str(query), (), str(error)))
            continue
        taken = tuple(ingest_content(workspace, name=s.name, content=s.content, origin=s.url) for s in saved)
        done.append(Fetched(str(query), taken))
    return done
