"""How often somebody may try (频次限制): a sliding window by address and by account, in the server's memory.

The account's own lock holds against many addresses; this holds one address back before the costly hash is reached.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

_MOST_KEYS = 20_000


@dataclass(slots=True)
class Limit:
    """At most ``most`` attempts of one key within ``seconds``."""

    most: int
    seconds: float
    clock: Callable[[], float] = time.monotonic
    _seen: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, key: str) -> int:
        """Count an attempt; 0 if it may go on, else the seconds to wait (the attempt is then not counted)."""
        with self._lock:
            now = self.clock()
            times = self._seen.setdefault(key[:100], deque())
            self._seen.move_to_end(key[:100])
            while times and times[0] <= now - self.seconds:
                times.popleft()
            while len(self._seen) > _MOST_KEYS:  # the longest unseen goes: memory has a bound whoever asks
                self._seen.popitem(last=False)
            if len(times) >= self.most:
                return max(1, round(times[0] + self.seconds - now + 0.5))
            times.append(now)
            return 0
