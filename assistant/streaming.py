"""An answer as server-sent events, in the UI message stream form that `useChat` clients read (AI SDK, stream v1)."""

import msgspec

HEADERS = {
    "x-vercel-ai-ui-message-stream": "v1",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",  # a proxy that collects the stream would hold it back
}


class _Told(msgspec.Struct):
    """What of an answer the events repeat."""

    content: str
    meta: dict[str, msgspec.Raw]


def write_events(answer: bytes) -> bytes:
    """Return the events of one answer: its text, then all of it as the data part `data-answer`."""
    told = msgspec.json.decode(answer, type=_Told)
    text = {"id": "text"}
    return b"".join(
        (
            _event({"type": "start", "messageId": told.meta["conversationId"]}),
            _event({"type": "text-start", **text}),
            _event({"type": "text-delta", **text, "delta": told.content}),
            _event({"type": "text-end", **text}),
            _event({"type": "data-answer", "data": msgspec.Raw(answer)}),
            _event({"type": "finish"}),
            b"data: [DONE]\n\n",
        )
    )


def _event(chunk: dict[str, object]) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"
