"""The documents say what the program does: commands, options, links, examples, counts and the figures of the README."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from typer.testing import CliRunner

from qinggong.catalogue import load_catalogue, schema
from qinggong.cli import app
from qinggong.monitor.expected import newest_month, standing
from qinggong.publish.data import FACT_COLUMNS, OBSERVATION_HEADS
from qinggong.sources.table import FIELD_HEADS

ROOT = Path(__file__).resolve().parents[2]
CHINESE, ENGLISH = ROOT / "README.zh.md", ROOT / "README.md"
COMMANDS = ROOT / "docs" / "reference" / "commands.md"
DATA_FILES = ROOT / "docs" / "reference" / "data-files.md"
CATALOGUE = ROOT / "docs" / "reference" / "catalogue.md"
PLAN = ROOT / "docs" / "architecture.md"
"""Names parts that are still to come."""
PAGES = sorted(
    [CHINESE, ENGLISH, ROOT / "CHANGELOG.md", ROOT / "benchmarks" / "README.md", *(ROOT / "docs").rglob("*.md")]
)
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MODELS = (
    schema.Header, schema.Industry, schema.SubjectEntry, schema.Wording, schema.Group, schema.Member, schema.Region,
    schema.Indicator, schema.Unit, schema.Publisher, schema.Scope, schema.Rule,
)  # fmt: skip


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def shell_lines(page: Path) -> list[str]:
    """Lines of the page's shell examples, without comments and indents."""
    blocks = [body for language, body in FENCE.findall(text_of(page)) if language == "sh"]
    return [line.split("  #")[0].strip() for body in blocks for line in body.splitlines() if line.strip()]


def cli_commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    group = typer.main.get_command(app)
    yield from group.commands.items()  # type: ignore[attr-defined]


def options_of(name: str) -> set[str]:
    """Options of a command and of the commands under it, at any depth."""
    together = [dict(cli_commands())[name]]
    for one in together:
        together.extend(getattr(one, "commands", {}).values())
    return {o for one in together for p in one.params for o in p.opts if o.startswith("-")} | {"--help"}


def section(page: Path, heading: str) -> str:
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^\1 |\Z)", text_of(page), re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} has no section “{heading}”"
    return found[2]


def anchors(page: Path) -> set[str]:
    """Anchors of a page as code hosts make them from headings."""
    heads = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


# ------------------------------------------------------------------------------------------------- commands


def test_every_command_and_option_is_in_the_reference() -> None:
    for name, _ in cli_commands():
        written = set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", section(COMMANDS, f"qinggong {name}")))
        described = {o for o in written if o.startswith("--") or o == "-w"}
        assert options_of(name) <= described, f"{name}: {options_of(name) - described} not described"
        table = set(re.findall(r"^\| `(--[a-z-]+)", section(COMMANDS, f"qinggong {name}"), re.MULTILINE))
        assert table <= options_of(name), f"{name}: {table - options_of(name)} described, but not there"


def test_exit_codes_are_in_the_reference() -> None:
    from qinggong import cli

    codes = {0, *(value for name, value in vars(cli).items() if name.startswith("EXIT_"))}
    assert {int(n) for n in re.findall(r"^\| (\d+) \|", section(COMMANDS, "Exit codes"), re.MULTILINE)} == codes


def test_make_targets_are_in_the_reference() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", text_of(ROOT / "Makefile"), re.MULTILINE)
    assert phony
    targets = set(phony[1].split()) - {"help", "always"}
    assert set(re.findall(r"`make (\w+)`", section(COMMANDS, "make"))) == targets


def test_the_readmes_name_the_same_commands() -> None:
    """Comments and languages differ; the commands, their order and the paths do not."""
    assert shell_lines(CHINESE) == shell_lines(ENGLISH)
    # Commands that ask for a password stand in a table of their own: the lines of a shell block are run by a test.
    for page in (CHINESE, ENGLISH):
        named = {line.split()[1] for line in shell_lines(page) if line.startswith("qinggong ")}
        named |= set(re.findall(r"^\| `qinggong ([a-z]+)", text_of(page), re.MULTILINE))
        assert {name for name, _ in cli_commands()} <= named, page.name


def test_the_readmes_link_to_each_other_and_to_the_same_pages() -> None:
    assert "(README.md)" in text_of(CHINESE).split("\n## ")[0]
    assert "(README.zh.md)" in text_of(ENGLISH).split("\n## ")[0]
    own = {"README.md", "README.zh.md"}
    assert set(LINK.findall(text_of(CHINESE))) - own == set(LINK.findall(text_of(ENGLISH))) - own


# ------------------------------------------------------------------------------------------- links, examples


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    for link in LINK.findall(text_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: no such file"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


def examples() -> list[str]:
    """All distinct shell examples of the program, those in inline code and in ``ARGS`` of ``make run`` too."""
    found: dict[str, None] = {}
    for page in (p for p in PAGES if p != PLAN):
        for line in [*shell_lines(page), *re.findall(r"`(qinggong [a-z][^`]*|make run ARGS=[^`]+)`", text_of(page))]:
            if arguments := re.match(r"make run ARGS=(.+)", line):
                line = "qinggong run " + shlex.split(arguments[1])[0]
            if line.startswith("qinggong ") and line.split()[1] in dict(cli_commands()):
                found[line] = None
    return list(found)


@pytest.mark.parametrize("example", examples())
def test_every_example_parses(example: str) -> None:
    name, *arguments = shlex.split(example)[1:]
    command = dict(cli_commands())[name]
    if name == "ingest" and not arguments:
        return  # the name of the command, not an example of its use
    command.make_context(name, arguments, resilient_parsing=False).close()


def test_the_examples_run_in_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's commands one after the other, as a new user would type them, then figures of one's own."""
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    for line in shell_lines(ENGLISH):
        # The example of fetch would go out to the network; it is parsed by test_every_example_parses.
        if line.startswith("qinggong ") and not line.startswith("qinggong fetch "):
            done = runner.invoke(app, shlex.split(line)[1:])
            assert done.exit_code == 0, f"{line}\n{done.output}"
    assert (tmp_path / "workspace" / "releases" / "2024-08" / "bulletin.pdf").is_file()
    guide = text_of(ROOT / "docs" / "howto" / "extend-the-catalogue.md")
    for name in ("industries/subjects.yaml", "indicators/units.yaml", "indicators/indicators.yaml"):
        after = guide[guide.index(f"`workspace/catalogue/{name}`") :]
        own = tmp_path / "workspace" / "catalogue" / name
        own.parent.mkdir(parents=True, exist_ok=True)
        own.write_text(next(body for language, body in FENCE.findall(after) if language == "yaml"), encoding="utf-8")
    given = text_of(ROOT / "docs" / "howto" / "ingest-your-figures.md")
    table = next(body for language, body in FENCE.findall(given) if language == "csv")
    (tmp_path / "数据.csv").write_text("\n".join(line.strip() for line in table.splitlines()), encoding="utf-8")
    done = runner.invoke(app, ["ingest", "数据.csv", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)[0]["added"] == 1


def test_python_examples_compile() -> None:
    for page in PAGES:
        for language, body in FENCE.findall(text_of(page)):
            if language == "python":
                compile(body, str(page), "exec")


# ---------------------------------------------------------------------------------------- fields and figures


def test_every_column_and_key_is_in_the_reference() -> None:
    page = text_of(DATA_FILES)
    names = {name for name, _ in FACT_COLUMNS} | set(OBSERVATION_HEADS) | {h for hs in FIELD_HEADS.values() for h in hs}
    assert not {name for name in names if f"`{name}`" not in page}


def test_every_catalogue_field_is_in_the_reference() -> None:
    page = text_of(CATALOGUE)
    names = {name for model in MODELS for name in model.model_fields}
    assert not {name for name in names if f"`{name}`" not in page}


def test_every_rule_of_ingest_is_in_the_reference() -> None:
    sources = [p for part in ("validate", "sources", "intake") for p in (ROOT / "src/qinggong" / part).glob("*.py")]
    pattern = re.compile(r'(?:_Refused|Defect|Finding)\(\s*"([a-z-]+)"|"(unknown-[a-z]+)"')
    rules = {a or b for file in sources for a, b in pattern.findall(text_of(file))}
    assert {"contradiction", "unreadable-file", "unknown-unit"} <= rules
    assert not {rule for rule in rules if f"`{rule}`" not in text_of(DATA_FILES)}


def test_the_numbers_of_entries_are_right() -> None:
    catalogue = load_catalogue()
    entries = {
        "industries/gbt4754_2017.yaml": catalogue.industries, "industries/subjects.yaml": catalogue.subjects,
        "industries/groups.yaml": catalogue.groups, "regions/gbt2260.yaml": catalogue.regions,
        "indicators/indicators.yaml": catalogue.indicators, "indicators/units.yaml": catalogue.units,
        "sources/publishers.yaml": catalogue.publishers, "sources/scopes.yaml": catalogue.scopes,
        "calendar/rules.yaml": catalogue.rules, "calendar/announced.csv": catalogue.announced,
    }  # fmt: skip
    written = dict(re.findall(r"^\| `([\w/.]+)` \| .* \| (\d+) \|$", text_of(CATALOGUE), re.MULTILINE))
    assert written == {file: str(len(found)) for file, found in entries.items()}


def test_the_figures_of_the_readmes_are_those_of_the_bulletin(tmp_path: Path) -> None:
    """The table of the Chinese README is what the run prints, and the English one holds the same growth rates."""
    done = CliRunner().invoke(app, ["run", "--json", "--workspace", str(tmp_path / "w")])
    assert done.exit_code == 0, done.output
    printed = [tuple(figure.values()) for figure in json.loads(done.stdout)["figures"]]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", text_of(CHINESE), re.MULTILINE)
    assert rows[1:] == printed
    english = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", text_of(ENGLISH), re.MULTILINE)
    assert [row[3:] for row in english[1:]] == [row[3:] for row in printed]


def test_what_the_readmes_say_of_the_bundled_data_is_right(tmp_path: Path) -> None:
    from qinggong import flow

    workspace = flow.Workspace.at(tmp_path / "w", make=True)
    flow.ingest_bundled(workspace)
    snapshot = workspace.snapshot()
    at = newest_month(snapshot, workspace.catalogue, workspace.plan)
    assert at is not None
    stands = standing(snapshot, workspace.catalogue, workspace.plan, at=at)
    folder = ROOT / "src" / "qinggong" / "catalogue" / "data" / "official_releases"
    bundled = list(csv.DictReader(io.StringIO(text_of(folder / "observations.csv").lstrip("\ufeff"))))
    publishers = [row["publisher"] for row in bundled]
    figures = [
        f"{len(bundled):,}", f"{publishers.count('国家统计局'):,}", str(publishers.count("工业和信息化部")),
        str(publishers.count("中国轻工业联合会")), str(len(stands.figures)),
        str(len(stands.figures) - len(stands.absent)),
    ]  # fmt: skip
    basis = [o.published_at_basis for o in snapshot.observations]
    counts = [len(basis), *(basis.count(word) for word in ("stated", "calendar", "unknown"))]
    counts.append(len(workspace.catalogue.announced))
    dates = text_of(ROOT / "docs" / "methods" / "publication-dates.md")
    assert not [n for n in counts if not re.search(rf"(?<![\d,]){n:,}(?![\d,])", dates)]
    figures.append(f"{counts[1]:,}")
    for page in (CHINESE, ENGLISH):
        assert not [figure for figure in figures if figure not in text_of(page)], page.name


def test_released_is_described() -> None:
    from qinggong.flow import Released

    described = section(COMMANDS, "From Python")
    named = {f.name for f in dataclasses.fields(Released)}
    assert {"month", "folder", "files", "brief", "ingested"} <= named
    assert all(f"`{name}`" in described for name in ("month", "folder", "files", "brief", "ingested"))
