"""轻工运行监测 (qinggong): from official monthly light-industry figures to a monthly bulletin.

The public names are loaded on first use, so ``import qinggong`` is instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qinggong.flow import Workspace as Workspace
    from qinggong.flow import run as run

__version__ = "0.1.0"

__all__ = ["Workspace", "__version__", "run"]


def __getattr__(name: str) -> Any:
    if name in ("Workspace", "run"):
        from qinggong import flow

        return getattr(flow, name)
    raise AttributeError(f"module 'qinggong' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
