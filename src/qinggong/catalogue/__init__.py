"""The catalogue (目录): what may be observed, under which names, in which units, and when it comes out."""

from qinggong.catalogue.calendar import ReleaseDate
from qinggong.catalogue.load import load_catalogue
from qinggong.catalogue.lookup import Catalogue
from qinggong.catalogue.schema import (
    CatalogueError,
    Group,
    Indicator,
    Industry,
    Member,
    Publisher,
    Region,
    Rule,
    Scope,
    Subject,
    SubjectEntry,
    Unit,
    UnknownName,
)
from qinggong.catalogue.units import UnitError

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Group",
    "Indicator",
    "Industry",
    "Member",
    "Publisher",
    "Region",
    "ReleaseDate",
    "Rule",
    "Scope",
    "Subject",
    "SubjectEntry",
    "Unit",
    "UnitError",
    "UnknownName",
    "load_catalogue",
]
