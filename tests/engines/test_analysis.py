"""The whole analysis over a table: the same bits on every engine, with blocks of any size, while others write."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from synthetic_table import SYNTHETIC, filled

from qinggong import engine
from qinggong.engine import Engine
from qinggong.monitor.block_analysis import BlockAnalysis, SeriesFigures, fingerprint, joined, ranked
from qinggong.store.base import Block
from qinggong.store.delta import DeltaStore

AS_OF = dt.date(2026, 3, 1)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> DeltaStore:
    """合成: 23 series of 40 months in four appends: figures, revisions, withdrawals, and a month after ``AS_OF``."""
    return filled(DeltaStore(tmp_path_factory.mktemp("engines") / "观测 表"), series=23, months=40)


@pytest.fixture(scope="session")
def whole(store: DeltaStore) -> SeriesFigures:
    """In one process, in one block."""
    return joined(engine.open("local", workers=1).map(BlockAnalysis(store, as_of=AS_OF), store.blocks(1)).complete())


def test_the_judge_is_no_empty_result(store: DeltaStore, whole: SeriesFigures) -> None:
    assert len(whole.series) == 23
    assert {o.publisher for o in store.everything()} == {SYNTHETIC}
    for name in ("value", "growth", "momentum", "average"):
        assert np.isfinite(getattr(whole, name)).sum() > 15, name
    assert ranked(whole).place.max() >= 2
    later = joined(map(BlockAnalysis(store), store.blocks(1)))
    assert fingerprint(later) != fingerprint(whole), "what was published after the day is left out"


@pytest.mark.parametrize("count", [1, 7, pytest.param(30, marks=pytest.mark.soak)])
def test_every_engine_gives_the_same_bits(
    each_engine: Engine, store: DeltaStore, whole: SeriesFigures, count: int
) -> None:
    """With more blocks than series, too, where some blocks are empty."""
    parts = each_engine.map(BlockAnalysis(store, as_of=AS_OF), store.blocks(count)).complete()
    assert len(parts) == count
    assert fingerprint(joined(parts)) == fingerprint(whole)


def test_blocks_pin_a_version(each_engine: Engine, tmp_path: Path) -> None:
    """The driver pins once; what is written before a process reads its block is not seen by it."""
    store = filled(DeltaStore(tmp_path / "table"), series=9, months=30)
    blocks = store.blocks(3)
    before = fingerprint(joined(map(BlockAnalysis(store), blocks)))
    filled(store, series=12, months=30, first_file=10)
    assert fingerprint(joined(each_engine.map(BlockAnalysis(store), blocks).complete())) == before
    assert fingerprint(joined(map(BlockAnalysis(store), store.blocks(3)))) != before


def test_a_block_that_cannot_be_read_costs_only_itself(each_engine: Engine, store: DeltaStore) -> None:
    good = store.blocks(2)
    broken = Block(7, 0, 1, version=99)
    outcome = each_engine.map(BlockAnalysis(store, as_of=AS_OF), [good[0], broken, good[1]], retries=0)
    assert [part is not None for part in outcome.results] == [True, False, True]
    assert outcome.failures[0].block == broken
    assert "99" in outcome.failures[0].error
