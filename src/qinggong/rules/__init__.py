"""Rules as data (规则包): dated, cited, tested conditions and scores over records, three-valued.

A pack says what it wants to know of a record; :func:`evaluate` answers 符合, 不符合 or 无法判断 with the list of what is
missing, explains each answer down to the clause, and finds the cheapest way to qualify.
"""

from qinggong.rules.evaluate import Evaluation, evaluate
from qinggong.rules.model import Pack
from qinggong.rules.pack_files import PackFile, bundled_packs, open_pack, read_pack
from qinggong.rules.problems import Finding, PackError, RecordsError, RulesError

__all__ = [
    "Evaluation",
    "Finding",
    "Pack",
    "PackError",
    "PackFile",
    "RecordsError",
    "RulesError",
    "bundled_packs",
    "evaluate",
    "open_pack",
    "read_pack",
]
