"""The bounded threads of the storage: what blocks (files, the database, pictures) is done in them."""

import asyncio
import errno
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fashionos.storage.actors import Actor
from fashionos.storage.problems import disk_full, unavailable
from fashionos.storage.transactions import read

T = TypeVar("T")

logger = logging.getLogger("fashionos.storage")

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_PICTURES_AT_ONCE = 2


class Work:
    def __init__(self, threads: int) -> None:
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="storage")
        self.pictures = asyncio.Semaphore(_PICTURES_AT_ONCE)

    async def run(self, call: Callable[[], T]) -> T:
        """Call in a thread. Raises Problem for a store that is full or away; FileNotFoundError passes."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, call)
        except FileNotFoundError:
            raise
        except OSError as error:
            if error.errno in _FULL:
                logger.error("the store is full")  # noqa: TRY400 -- a fact for operators, not a fault of ours
                raise disk_full() from error
            logger.exception("the store is not available")
            raise unavailable("store") from error

    async def act(self, actor: Actor, call: Callable[[], T]) -> T:
        """Call in a thread, in a transaction of the actor. Raises Problem."""
        return await self.run(lambda: read(actor, call))

    def soon(self, call: Callable[[], None]) -> None:
        """Call in a thread, whoever waits: also while the request is being cancelled."""
        self.threads.submit(call)

    def close(self) -> None:
        self.threads.shutdown(wait=False)
