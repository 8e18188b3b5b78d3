"""Documents that this process has at hand, bounded by their bytes; the least recently used go first."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock


class HeldDocuments:
    """Spares a hit the reading of a large document from the database, which still says whether it is valid."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._documents: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> bytes | None:
        with self._lock:
            document = self._documents.get(key)
            if document is not None:
                self._documents.move_to_end(key)
            return document

    def put(self, key: Hashable, document: bytes) -> None:
        with self._lock:
            self._bytes += len(document) - len(self._documents.pop(key, b""))
            self._documents[key] = document
            while self._bytes > self._most_bytes:
                _, dropped = self._documents.popitem(last=False)
                self._bytes -= len(dropped)
