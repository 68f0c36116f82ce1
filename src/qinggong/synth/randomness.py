"""Random numbers by counter (计数器随机数): every chunk has a stream of its own, whoever asks for it and when.

Philox4x64-10 is a function of a key and a counter, not of what was drawn before. The key is the seed and the name of
the stream, the upper half of the counter is the place (chunk, year), so a chunk can be made alone, in any order or on
another machine, and comes out the same.

*Reference: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC '11.*
"""

from __future__ import annotations

import hashlib

import numpy as np

LARGEST_SEED = (1 << 63) - 1


def stream(seed: int, name: str, *place: int) -> np.random.Generator:
    """The generator of a named stream at a place.

    Parameters
    ----------
    seed
        0 … 2⁶³−1.
    name
        What is drawn, such as ``month``; streams of different names are independent.
    place
        Up to two non-negative numbers, such as chunk and year.

    Raises
    ------
    ValueError
        If the seed or the place is out of range.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"seed {seed}: expected 0 to {LARGEST_SEED}")
    if len(place) > 2 or any(p < 0 for p in place):
        raise ValueError(f"place {place}: expected up to two non-negative numbers")
    named = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")
    # The two lower words of the counter count the draws: 2¹²⁸ of them before two places could meet.
    counter = [0, 0, *place, *(0 for _ in range(2 - len(place)))]
    key = np.array([seed, named], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=np.array(counter, dtype=np.uint64)))
