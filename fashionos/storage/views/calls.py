"""One call of a route: what it is about, who makes it, and the threads to answer it in."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, TypeVar

from fashionos.storage.actors import Actor
from fashionos.storage.requests import Answer, Request, Stream, decode
from fashionos.storage.work import Work

T = TypeVar("T")


class Call(NamedTuple):
    work: Work
    request: Request
    actor: Actor
    bucket_id: str
    parts: Sequence[str]  # of the path behind the bucket, percent-encoded

    async def act(self, do: Callable[[], T]) -> T:
        """Do it in a thread, in a transaction of the caller. Raises Problem."""
        return await self.work.act(self.actor, do)

    @property
    def name(self) -> str:
        """Return the object's name. Raises Problem."""
        return decode(self.parts)


Handler = Callable[[Call], Awaitable[Answer | Stream]]
