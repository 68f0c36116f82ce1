"""The office of a workspace (工作区的办公部分): accounts, cases, appeals and meetings with the workspace's catalogue and data.

Here the office gets plain values from the other stages: names and plans from the catalogue, figures from the store.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qinggong.catalogue import Catalogue
from qinggong.catalogue.dispatch import DispatchPlan, load_dispatch_plan
from qinggong.catalogue.plans import Plan, load_plans, load_problems
from qinggong.catalogue.synthetic import SOURCE
from qinggong.config import settings
from qinggong.intake import Progress, Workspace, quiet
from qinggong.intake.synthetic import is_synthetic
from qinggong.monitor.facts import FactBook, Meeting, Targets, UnitFigure
from qinggong.monitor.meeting_figures import NATION, largest_gaps, meeting_figures, meeting_series
from qinggong.office import (
    accounts,
    appeals,
    attachments,
    cases,
    dispatch,
    journal,
    plan_tasks,
    second_factor,
    sessions,
)
from qinggong.office.accounts import Account
from qinggong.office.appeal_rules import AppealRules, appeal_rules
from qinggong.office.appeals import Appeal, NewAppeal
from qinggong.office.attachments import Attachment
from qinggong.office.cases import NewCase, local_day
from qinggong.office.database import Database, open_database
from qinggong.office.dispatch import Figures, Names
from qinggong.office.episodes import WHAT_NAMES, WarningInput, take_month
from qinggong.office.journal import Entry, Verified
from qinggong.office.permissions import SYSTEM, Thing, require
from qinggong.office.permissions import Actor as Actor
from qinggong.office.problems import OfficeError, Refused
from qinggong.office.showing import Reception, ShownAppeal, Story, appeal_line, plain_appeal, story
from qinggong.office.showing import Shown as Shown
from qinggong.office.workflow import case_table
from qinggong.store.base import Snapshot, winners


@dataclass(frozen=True, slots=True)
class Dispatched:
    """The papers of a meeting: its agenda, its hash on record, and where the files lie."""

    meeting: Meeting
    sha256: str
    folder: Path
    files: tuple[str, ...]
    missing_characters: str

    def plain(self) -> dict[str, Any]:
        """The agenda and the place of the papers as plain values."""
        placed = {"sha256": self.sha256, "folder": str(self.folder), "files": list(self.files)}
        return dispatch.plain_meeting(self.meeting) | placed

    @property
    def counts(self) -> list[tuple[str, str]]:
        """Parts of the agenda with their numbers."""
        return [(name, self.meeting.counts[key].text) for key, name in dispatch.PART_NAMES.items()]


def open_bureau(workspace: Workspace, *, make: bool = False) -> Bureau:
    """Open the office of a workspace: its SQLite file, or the database that its settings name.

    Raises
    ------
    OfficeError
        No office yet (``make`` sets one up), or a database that cannot be used.
    """
    layout = workspace.layout
    address = settings(layout).office_database or layout.office
    return Bureau(workspace, open_database(address, files=layout.office_files, make=make))


@dataclass(frozen=True, slots=True)
class Bureau:
    """The opened office of a workspace."""

    workspace: Workspace
    database: Database

    @property
    def _catalogue(self) -> Catalogue:
        return self.workspace.catalogue

    def close(self) -> None:
        self.database.close()

    # ------------------------------------------------------------------------------------------ accounts

    def sign_in(self, name: str, password: str, *, code: Callable[[], str]) -> Actor:
        """Who acts, or a refusal; ``code`` asks for the second factor where the account has one."""
        actor = accounts.sign_in(self.database, name, password)
        with self.database.reading() as connection:
            needed = second_factor.needed(connection, name)
        if needed:
            second_factor.check(self.database, name, code())
        return actor

    def of_session(self, token: str) -> Actor:
        """Who acts, for a session of the portal; a refusal where there is none, or its second factor is still to
        come."""
        found = sessions.find(self.database, token)
        if found is None or found.waiting:
            raise Refused("登录已过期，请在门户重新登录")
        return found.actor

    def first_account(self, name: str, *, display: str, body: str, password: str) -> Account:
        return accounts.first_account(self.database, name, display=display, body=body, password=password)

    def add_account(self, actor: Actor, name: str, *, display: str, body: str, password: str) -> Account:
        return accounts.add_account(self.database, actor, name, display=display, body=body, password=password)

    def accounts(self, actor: Actor) -> tuple[Account, ...]:
        return accounts.listed(self.database, actor)

    def grant(
        self, actor: Actor, name: str, *, roles: Sequence[str], industries: Sequence[str], regions: Sequence[str]
    ) -> Account:
        """Set roles and scope; industries and regions by code or name."""
        return accounts.grant(
            self.database, actor, name, roles=roles, industries=[self.industry_code(i) for i in industries],
            regions=[self.region_code(r) for r in regions],
        )  # fmt: skip

    def change_account(self, actor: Actor, name: str, action: str) -> Account:
        """``disable``, ``enable`` or ``unlock`` an account."""
        change = {"disable": accounts.disable, "enable": accounts.enable, "unlock": accounts.unlock}[action]
        return change(self.database, actor, name)

    def change_password(self, actor: Actor, *, old: str, new: str) -> Account:
        return accounts.change_password(self.database, actor, old=old, new=new)

    def reset_password(self, actor: Actor, name: str, *, password: str) -> Account:
        return accounts.reset_password(self.database, actor, name, password=password)

    def reset_second_factor(self, actor: Actor, name: str) -> None:
        """Take the second factor off another's account; the journal holds who did it."""
        second_factor.reset(self.database, actor, name)

    def journal(self, actor: Actor, *, newest: int, about: str = "") -> tuple[Entry, ...]:
        """The newest entries of the journal, for auditors."""
        require(actor, "view", Thing("journal"))
        with self.database.reading() as connection:
            return journal.entries(connection, object=about, newest=newest)

    def verify(self, actor: Actor, *, head: str = "") -> Verified:
        require(actor, "verify", Thing("journal"))
        return journal.verify(self.database, head=head)

    # --------------------------------------------------------------------------------------------- cases

    def cases(
        self, actor: Actor, *, industry: str = "", region: str = "", overdue: bool = False, **wanted: Any
    ) -> list[Shown]:
        """Cases that the actor may see (``office.cases.listed``)."""
        found = cases.listed(
            self.database, actor, industry=self.industry_code(industry),
            region=self.region_code(region) if region else "",
            overdue_on=local_day(self.database.clock()) if overdue else None, **wanted,
        )  # fmt: skip
        return [Shown(case) for case in found]

    def story(self, actor: Actor, number: str) -> Story:
        return story(self.database, actor, number)

    def open_case(self, actor: Actor, *, industry: str = "", region: str = "", **said: Any) -> Shown:
        """Open a case (``office.cases.NewCase``)."""
        new = NewCase(industry=self.industry_code(industry), region=self.region_code(region), **said)
        return Shown(cases.open_case(self.database, actor, new))

    def act(self, actor: Actor, number: str, action: str, **given: Any) -> Shown:
        """One step with a case (``office.cases.act``)."""
        return Shown(cases.act(self.database, actor, number, action, **given))

    def take_warnings(
        self, fired: Sequence[WarningInput], *, period: str, evaluated: Collection[tuple[str, str]]
    ) -> tuple[list[tuple[str, Shown]], list[Shown]]:
        """Take a month's warnings in as the program itself: what each brought about, and cases whose signals have gone.

        ``evaluated`` are rule and episode of all that could be evaluated (``office.episodes.take_month``).
        """
        outcomes, gone = take_month(self.database, SYSTEM, fired, period=period, evaluated=evaluated)
        return [(WHAT_NAMES[o.what], Shown(o.case)) for o in outcomes], [Shown(case) for case in gone]

    def attach(self, actor: Actor, number: str, file: Path, *, version: int | None = None) -> Attachment:
        """Add a file; one that is too large is not read."""
        largest = case_table().attachments.largest_bytes
        if file.stat().st_size > largest:
            raise OfficeError(f"附件“{file.name}”超过{largest}字节，请拆分或压缩")
        content = file.read_bytes()
        return attachments.attach(self.database, actor, number, name=file.name, content=content, version=version)

    def attachment(self, actor: Actor, number: str, sha256: str) -> tuple[Attachment, bytes]:
        return attachments.content_of(self.database, actor, number, sha256)

    # ------------------------------------------------------------------------------------------- appeals

    @property
    def _rules(self) -> AppealRules:
        return appeal_rules(self.workspace.layout.catalogue)

    def _shown(self, appeal: Appeal) -> ShownAppeal:
        return ShownAppeal(appeal.case.number, appeal_line(appeal, self._rules), plain_appeal(appeal))

    def receive(self, actor: Actor, *, industry: str = "", region: str = "", **said: Any) -> Reception:
        """Take an appeal in (``office.appeals.NewAppeal``)."""
        new = NewAppeal(industry=self.industry_code(industry), region=self.region_code(region), **said)
        done = appeals.receive(self.database, actor, new, rules=self._rules)
        return Reception(
            self._shown(done.appeal), done.classified.sure, done.classified.words, done.repeats, done.firms, done.issue
        )

    def appeals(self, actor: Actor, **wanted: Any) -> list[ShownAppeal]:
        """Appeals that the actor may see (``office.appeals.listed``)."""
        return [self._shown(a) for a in appeals.listed(self.database, actor, rules=self._rules, **wanted)]

    def classify(self, actor: Actor, number: str, category: str, *, version: int | None = None) -> ShownAppeal:
        return self._shown(appeals.classify(self.database, actor, number, category, version=version, rules=self._rules))

    def rate(
        self, actor: Actor, number: str, rating: int, *, note: str = "", version: int | None = None
    ) -> ShownAppeal:
        return self._shown(
            appeals.rate(self.database, actor, number, rating, note=note, version=version, rules=self._rules)
        )

    # --------------------------------------------------------------------------------------------- names

    def industry_code(self, text: str) -> str:
        """An industry's code from its code or name; empty stays empty.

        Raises
        ------
        OfficeError
            If the catalogue knows no such industry.
        """
        wanted = text.strip()
        for code, entry in self._catalogue.industries.items():
            if wanted in ("", code, entry.name, entry.short, *entry.aliases):
                return code if wanted else ""
        raise OfficeError(f"目录中没有行业“{wanted[:40]}”，请写代码（21）或全称（家具制造业）")

    def region_code(self, text: str) -> str:
        """A region's code from its code or name; empty is the whole country."""
        from qinggong.catalogue import UnknownName

        try:
            return self._catalogue.region(text).code if text.strip() else NATION
        except UnknownName:
            raise OfficeError(f"目录中没有地区“{text[:40]}”，请写代码（44）或名称（广东）") from None

    @property
    def names(self) -> Names:
        regions = {code: entry.short or entry.name for code, entry in self._catalogue.regions.items()}
        return Names({code: entry.short or entry.name for code, entry in self._catalogue.industries.items()}, regions)

    def _plans(self) -> tuple[Plan, ...]:
        return load_plans(overlay=self.workspace.layout.catalogue)

    def plan(self, code: str) -> Plan:
        """A plan by its code.

        Raises
        ------
        OfficeError
            Naming the adopted ones.
        """
        plans = self._plans()
        for plan in plans:
            if plan.code == code:
                return plan
        known = "、".join(f"{p.code}（{p.short}）" for p in plans if p.adopted)
        raise OfficeError(f"没有方案“{code[:40]}”，可用的有 {known}")

    def open_plan_tasks(self, actor: Actor, code: str) -> list[Shown]:
        """Open a case for each task of a plan that has none."""
        return [Shown(case) for case in plan_tasks.open_plan_tasks(self.database, actor, self.plan(code))]

    # ------------------------------------------------------------------------------------------- meetings

    def decide(self, actor: Actor, day: dt.date, *, industry: str = "", region: str = "", **said: Any) -> Shown:
        """Record a decision of a meeting (``office.dispatch.decide``)."""
        return Shown(
            dispatch.decide(
                self.database, actor, day, industry=self.industry_code(industry),
                region=self.region_code(region), **said,
            )
        )  # fmt: skip

    def dispatch(
        self,
        actor: Actor,
        day: dt.date,
        *,
        targets: Callable[[], Targets | None],
        units: Sequence[str] = (),
        progress: Progress = quiet,
    ) -> Dispatched:
        """The agenda of a meeting, put on record, and its papers under ``drafts/``, which is never served.

        Parameters
        ----------
        targets
            Gives the targets as known on that day, or ``None``; asked once the request has been found in order.
        units
            Industries and provinces, by code or name, that get a page of their own.

        Raises
        ------
        OfficeError
            If the actor may not prepare meetings, or a unit is unknown.
        """
        require(actor, "prepare", Thing("meeting"))
        plan = load_dispatch_plan(self._catalogue, overlay=self.workspace.layout.catalogue)
        chosen = [self._unit(text) for text in units]
        snapshot = self._known(plan, day, chosen)
        progress(f"汇总{day.isoformat()}会商议程")
        meeting = self._meeting(actor, day, plan, snapshot, targets())
        digest = dispatch.keep(self.database, actor, meeting)
        progress("编制会商材料（HTML、PDF、Word）")
        from qinggong.publish.dispatch import write_papers

        files, missing = self._papers(actor, day, plan, snapshot, meeting, chosen)
        folder = self.workspace.layout.drafts / f"dispatch-{day.isoformat()}"
        return Dispatched(meeting, digest, folder, write_papers(folder, files, meeting, digest), missing)

    def _known(self, plan: DispatchPlan, day: dt.date, units: Sequence[tuple[str, str]]) -> Snapshot:
        """What was published by the end of the day, of the series that a meeting prints."""
        store = self.workspace.store
        rows = store.of_series(meeting_series(self._catalogue, plan, units=units))
        known = (o for o in rows if o.published_at is not None and o.published_at <= day)
        return Snapshot(tuple(winners(known)), day, None, store.version)

    def _meeting(
        self, actor: Actor, day: dt.date, plan: DispatchPlan, snapshot: Snapshot, targets: Targets | None
    ) -> Meeting:
        found = meeting_figures(snapshot, self._catalogue, plan, day=day)
        ranked = self._catalogue.indicator(plan.ranked_by).code
        figures = Figures(
            found.industries, largest_gaps(found.provinces, ranked, plan.provinces), bool(found.provinces), targets,
            found.book, self._synthetic(snapshot),
        )  # fmt: skip
        return dispatch.agenda(
            self.database, actor, day, plan=plan, figures=figures, names=self.names, plans=self._plans(),
            problems=load_problems(overlay=self.workspace.layout.catalogue),
        )  # fmt: skip

    def _synthetic(self, snapshot: Snapshot) -> bool:
        return is_synthetic(self.workspace) or any(o.source == SOURCE for o in snapshot.observations)

    def _unit(self, text: str) -> tuple[str, str]:
        """Industry and region of a unit: one of the two is empty."""
        wanted = text.strip()[:40]
        found: list[tuple[str, str]] = []
        with contextlib.suppress(OfficeError):
            found.append((self.industry_code(wanted), ""))
        with contextlib.suppress(OfficeError):
            found.append(("", self.region_code(wanted)))
        if len(found) > 1:
            names = "又是地区".join(
                (self._catalogue.industries[found[0][0]].name, self._catalogue.regions[found[1][1]].name)
            )
            raise OfficeError(f"代码“{wanted}”既是行业{names}，请写名称")
        if not found or not wanted:
            raise OfficeError(f"“{wanted}”既不是目录中的行业，也不是地区，请写名称，如 家具制造业、广东")
        if found[0][1] == NATION:
            raise OfficeError("全国不是一个地区，会商材料本身就是全国的")
        return found[0]

    def _papers(
        self, actor: Actor, day: dt.date, plan: DispatchPlan, snapshot: Snapshot, meeting: Meeting,
        units: Sequence[tuple[str, str]],
    ) -> tuple[dict[str, bytes], str]:  # fmt: skip
        from qinggong.publish import release
        from qinggong.publish.data import fact_table
        from qinggong.publish.dispatch import compose_meeting, compose_unit

        document = compose_meeting(meeting)
        everything = FactBook()
        everything.add_all(meeting.book)
        files: dict[str, bytes] = {}
        missing = release.missing_characters(document)
        for industry, region in units:
            book = FactBook()
            found = meeting_figures(snapshot, self._catalogue, plan, day=day, industry=industry, region=region)
            book.add_all(found.book)
            own, others, title = self._sides(found.industries, found.provinces, plan, industry)
            entry = self._catalogue.industries[industry] if industry else self._catalogue.regions[region]
            brief = dispatch.unit_brief(
                self.database, actor, day, plan=plan, figures=own, others=others, others_title=title,
                name=entry.short or entry.name,
                industry=industry, region=region, names=self.names, plans=self._plans(),
                problems=load_problems(overlay=self.workspace.layout.catalogue), book=book,
                synthetic=meeting.synthetic,
            )  # fmt: skip
            page = compose_unit(brief)
            name = f"brief-{industry or region}"
            for made, content in release.render(page, []).items():
                if made.startswith("bulletin."):
                    files[made.replace("bulletin.", f"{name}.")] = content
            missing += release.missing_characters(page)
            everything.add_all(book)
        rendered = release.render(document, [fact_table(everything, synthetic=meeting.synthetic)])
        files |= {name.replace("bulletin.", "agenda."): content for name, content in rendered.items()}
        return files, "".join(dict.fromkeys(missing))

    def _sides(
        self, industries: Sequence[UnitFigure], provinces: Sequence[UnitFigure], plan: DispatchPlan, industry: str
    ) -> tuple[list[UnitFigure], tuple[UnitFigure, ...], str]:
        """A unit's own figures, and beside them its provinces or industries furthest behind."""
        own, rest = (industries, provinces) if industry else (provinces, industries)
        ranked = self._catalogue.indicator(plan.ranked_by).code
        others = largest_gaps(rest, ranked, plan.provinces)
        what = "低于全国同行业最多的地区" if industry else "低于全国同行业最多的行业"
        return list(own), others, f"{plan.ranked_by}增速{what}"
