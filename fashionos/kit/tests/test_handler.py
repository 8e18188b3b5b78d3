import asyncio

from django.http import StreamingHttpResponse

from fashionos.kit.handler import Handler


class Endless(Handler):
    """Answers with a stream that never ends by itself."""

    def __init__(self):
        super().__init__()
        self.ended = False

    def answer(self, scope, body):  # noqa: ARG002 -- the handler's signature
        return StreamingHttpResponse(self.parts())

    async def parts(self):
        try:
            while True:
                yield b"part"
                await asyncio.sleep(0)
        finally:
            self.ended = True


def test_a_stream_ends_when_its_client_goes_away():
    handler, sent = Endless(), []
    heard = iter([{"type": "http.request"}, {"type": "http.disconnect"}])
    has_enough = asyncio.Event()

    async def receive():
        message = next(heard)
        if message["type"] == "http.disconnect":
            await has_enough.wait()
        return message

    async def send(message):
        sent.append(message)
        if len(sent) == 3:
            has_enough.set()

    async def serve():
        async with asyncio.timeout(30):
            await handler({"type": "http"}, receive, send)

    asyncio.run(serve())
    assert handler.ended
    assert sent[0]["type"] == "http.response.start"
