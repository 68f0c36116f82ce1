"""轻工运行监测 (qinggong): from official monthly light-industry figures to a monthly bulletin.

The public names are loaded on first use, so ``import qinggong`` is instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qinggong.flow import Workspace as Workspace
    from qinggong.flow import run as run
    from qinggong.methods.cycles import turning_points as turning_points
    from qinggong.methods.dynamic_factor import dynamic_factor as dynamic_factor
    from qinggong.methods.news import news as news
    from qinggong.methods.seasonal_adjustment import seasonal_adjust as seasonal_adjust
    from qinggong.rules import evaluate as evaluate

__version__ = "0.1.0"

__all__ = ["Workspace", "__version__", "dynamic_factor", "evaluate", "news", "run", "seasonal_adjust", "turning_points"]


def __getattr__(name: str) -> Any:
    if name in ("Workspace", "run"):
        from qinggong import flow

        return getattr(flow, name)
    if name == "dynamic_factor":
        from qinggong.methods.dynamic_factor import dynamic_factor

        return dynamic_factor
    if name == "evaluate":
        from qinggong.rules import evaluate

        return evaluate
    if name == "news":
        from qinggong.methods.news import news

        return news
    if name == "seasonal_adjust":
        from qinggong.methods.seasonal_adjustment import seasonal_adjust

        return seasonal_adjust
    if name == "turning_points":
        from qinggong.methods.cycles import turning_points

        return turning_points
    raise AttributeError(f"module 'qinggong' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
