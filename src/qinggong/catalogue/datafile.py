"""One data file of the catalogue, read into its typed model, with the place of a fault (目录数据文件).

For files that stand for themselves: mappings of sources, concordances. A workspace's own file of the same name in
its catalogue folder is read beside the bundled one; which of the two wins is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from qinggong.catalogue.load import LineLoader
from qinggong.catalogue.schema import CatalogueError

_Model = TypeVar("_Model", bound=BaseModel)


_read: dict[tuple[str, type[BaseModel]], BaseModel] = {}


def bundled_document(name: str, model: type[_Model]) -> _Model:
    """The bundled file ``name`` (``sources/customs.yaml``) as ``model``.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    known = _read.get((name, model))
    if not isinstance(known, model):
        text = resources.files("qinggong.catalogue").joinpath("data", *name.split("/")).read_text(encoding="utf-8")
        known = _read[name, model] = document(text, model, shown=name)
    return known


def own_document(overlay: Path | None, name: str, model: type[_Model]) -> _Model | None:
    """The workspace's own file of that name, if there is one."""
    path = None if overlay is None else overlay.joinpath(*name.split("/"))
    if path is None or not path.is_file():
        return None
    try:
        return document(path.read_text(encoding="utf-8"), model, shown=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def document(text: str, model: type[_Model], *, shown: str) -> _Model:
    """A YAML text as ``model``; ``shown`` names the file in errors."""
    try:
        content: Any = yaml.load(text, Loader=LineLoader)  # noqa: S506 - derived from the safe loader
        return model.model_validate(content)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        raise CatalogueError(f"{shown}{line}: not readable as YAML: {getattr(error, 'problem', error)}") from error
    except ValidationError as error:
        faults = [_fault(shown, content, dict(e)) for e in error.errors(include_url=False)]
        raise CatalogueError("\n".join(faults)) from error


def _fault(shown: str, content: Any, error: Mapping[str, Any]) -> str:
    """Where a field is wrong: the line of the innermost entry that was written."""
    line, node = 1, content
    for part in error["loc"]:
        if isinstance(node, dict):
            line = getattr(node, "lines", {}).get(part, line)
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            break
        line = getattr(node, "line", 0) or line
    where = ".".join(str(part) for part in error["loc"])
    found = "" if error["type"] in ("missing", "value_error", "extra_forbidden") else f" (found {error['input']!r})"
    problem = "unknown field" if error["type"] == "extra_forbidden" else str(error["msg"]).removeprefix("Value error, ")
    return f"{shown}, line {line}, entry {where}: {problem}{found}; correct this entry"
