"""The process that measures pictures, as its parent sees it: started with the first one, replaced when it dies."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import IO

import msgspec

from insights.analysis.media.measurer import LENGTH, Measured
from insights.schemas.media import PictureMeasures

_ROOT = Path(__file__).parents[2]
_CHUNK = 1 << 20
# What Python needs, and no secret of ours. Memory is kept from one picture to the next: to ask the kernel for it each
# time costs a third of the measuring.
_ENVIRONMENT = {
    **{
        name: os.environ[name]
        for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")
        if name in os.environ
    },
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
}


class Unmeasurable(Exception):  # noqa: N818 -- what happened, as it is told
    """The picture cannot be measured, now or later; the message says why."""


class MeasurerDied(Exception):  # noqa: N818 -- a fact, named as one
    """The process ended, or took too long and was ended: by the picture, or by whatever befell the machine."""


class Measurer:
    """Measures one picture at a time, each within `seconds`."""

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def measure(self, picture: IO[bytes], size: int) -> PictureMeasures:
        """Measure the `size` bytes of a file. Raises Unmeasurable, MeasurerDied, and OSError of the file."""
        process = self._running()
        late = Timer(self.seconds, process.kill)
        late.daemon = True
        late.start()
        try:
            answer = _ask(process, picture, size)
        except BaseException:
            self.close()
            raise
        finally:
            late.cancel()
        if answer.measures is None:
            raise Unmeasurable(answer.refused)
        return answer.measures

    def close(self) -> None:
        """End the process, and what it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with suppress(BrokenPipeError):
                process.communicate()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "insights.analysis.media.measurer"],
                cwd=_ROOT,
                env=_ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is its parent's business
            )
        return self._process


def _ask(process: "subprocess.Popen[bytes]", picture: IO[bytes], size: int) -> Measured:
    assert process.stdin is not None  # noqa: S101 -- both are pipes
    assert process.stdout is not None  # noqa: S101 -- both are pipes
    try:
        process.stdin.write(size.to_bytes(LENGTH))
        shutil.copyfileobj(picture, process.stdin, _CHUNK)
        process.stdin.flush()
        length = int.from_bytes(_read(process.stdout, LENGTH))
        return msgspec.json.decode(_read(process.stdout, length), type=Measured)
    except BrokenPipeError as error:
        raise MeasurerDied from error


def _read(source: IO[bytes], length: int) -> bytes:
    data = source.read(length)
    if len(data) < length:
        raise MeasurerDied
    return data
