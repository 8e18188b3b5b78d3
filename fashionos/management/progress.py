from django.core.management.base import OutputWrapper


class Progress:
    """A line that counts, on a terminal; silent in logs and pipes."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self.total = 0

    def add(self, count: int, what: str) -> None:
        self.total += count
        if self._stream.isatty():
            self._stream.write(f"\r{self.total} {what}", ending="")
            self._stream.flush()
