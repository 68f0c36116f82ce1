"""Engines (计算引擎): the same task over the same blocks on local processes or on a cluster, with the same results.

``engine.open("local")`` or ``engine.open("spark", master=…)`` gives an :class:`Engine`; the kinds are the modules of
this package that offer ``start``.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any, cast

from qinggong.engine.base import Engine, EngineError, Failure, Outcome

__all__ = ["Engine", "EngineError", "Failure", "Outcome", "kinds", "open"]

_NOT_ENGINES = ("base", "threads")


def kinds() -> tuple[str, ...]:
    """The engines there are, whether or not what they need is installed."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _NOT_ENGINES))


def open(kind: str = "local", **settings: Any) -> Engine:
    """Start an engine.

    Parameters
    ----------
    kind
        ``local`` (processes of this machine) or ``spark``.
    settings
        As ``start`` of the engine's module takes them.

    Raises
    ------
    EngineError
        If there is no such engine, a setting is unknown, or what it needs is not there.
    """
    if kind not in kinds():
        raise EngineError(f"没有名为“{kind}”的计算引擎，可用的有 {'、'.join(kinds())}")
    module = import_module(f"{__name__}.{kind}")
    try:
        return cast(Engine, module.start(**settings))
    except TypeError as error:
        names = "、".join(module.SETTINGS)
        if unknown := sorted(set(settings) - set(module.SETTINGS)):
            raise EngineError(f"引擎 {kind} 没有设置 {'、'.join(unknown)}，可用的有 {names}") from error
        raise
