"""Django behind ASGI, with one change of threads for a request where its own handler makes four."""

import asyncio
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.urls import set_script_prefix

from fashionos.kit.shell import Scope
from fashionos.kit.threads import Threads

_THREADS_KEPT = 32  # for the next requests; more at once get threads that end with them


class Handler(ASGIHandler):
    """Answers on a thread, and says in the scope's "seen" what it resolved a path to.

    An asynchronous view is taken back to the event loop by Django. None is told that its client has gone, for a
    synchronous one could not stop. A streamed answer stops.
    """

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware(is_async=False)
        self.threads = Threads(kept=_THREADS_KEPT)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body, self.threads.lend() as thread:
            async with ThreadSensitiveContext(executor=thread):
                response = await sync_to_async(self.answer)(scope, body)
                if response.streaming:
                    await self.stream(response, receive, send)
                    return
        await self.send_response(response, send)

    def answer(self, scope: Scope, body: IO[bytes]) -> Any:
        """Return the response; one that is whole gives back what it took before it is sent, which may be slow."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=type(self), scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = self.get_response(request) if request else refusal
        if not response.streaming:
            response.close()
        return response

    async def stream(self, response: Any, receive: Any, send: Any) -> None:
        """Send a streamed response until its end, or until its client goes away."""
        sending = asyncio.create_task(self.send_response(response, send))
        leaving = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            await sync_to_async(response.close)()
        if not sending.cancelled():
            sending.result()

    def resolve_request(self, request: Any) -> Any:
        match = super().resolve_request(request)
        if seen := request.scope.get("seen"):
            seen.route = f"/{match.route}"
        return match
