"""Counts how often a kept insight was served, after the answer has gone out.

An UPDATE per hit would cost a hit more than everything else it does. Hits are gathered for a moment, and written by a
background thread; a crash loses that moment's.
"""

import logging
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from uuid import UUID

from django.db import DatabaseError, connection

from fashionos.kit.owned import Role, acting
from insights.models import Insight

logger = logging.getLogger("fashionos.insights")

GATHERED_SECONDS = 0.25

_pending: Counter[UUID] = Counter()
_lock = Lock()
# Its one thread is joined when the process exits, so that a clean stop loses no hit.
_writer = ThreadPoolExecutor(1, thread_name_prefix="hits")


def count_hit(insight_id: UUID) -> None:
    with _lock:
        first = not _pending
        _pending[insight_id] += 1
    if first:
        _writer.submit(_write)


def settle() -> None:
    """Wait until the hits counted so far are written."""
    _writer.submit(lambda: None).result()


def _write() -> None:
    time.sleep(GATHERED_SECONDS)
    with _lock:
        counted = dict(_pending)
        _pending.clear()
    by_count: defaultdict[int, list[UUID]] = defaultdict(list)
    for insight_id, count in counted.items():
        by_count[count].append(insight_id)
    try:
        with acting(Role.SYSTEM, durable=False):
            for count, ids in by_count.items():
                Insight.objects.add_hits(ids, count)
    except DatabaseError:
        logger.exception("%s hits were not counted", sum(counted.values()))
    finally:
        connection.close()
