"""In processes of their own: what they try kills one that does it wrong, or changes it for good."""

import platform
import subprocess
import sys

import pytest

# Two threads read a struct for the first time, while the types of its fields take a moment to look up.
FIRST_READS = """
import sys, threading, time
import msgspec
from fashionos.process import resolve_schemas

reading = threading.Event()

def slow():
    reading.set()
    time.sleep(0.2)
    return int

class Look(msgspec.Struct):
    number: "slow()"

class Show(msgspec.Struct):
    look: Look
    name: str

def read():
    assert msgspec.convert({"look": {"number": 1}, "name": "AW27"}, Show).look.number == 1

if "resolved" in sys.argv:
    resolve_schemas()
first = threading.Thread(target=read)
first.start()
reading.wait()
read()
first.join()
"""

APPLICATION = """
import msgspec

def resolved():
    print("resolved")
    return int

class Look(msgspec.Struct):
    number: "resolved()"

import fashionos.asgi
"""

# glibc's mark of a block that came from the system on its own, and goes back there.
LARGE_BLOCK = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
{settles}
libc.free(libc.malloc(19 * 1024 * 1024))
block = libc.malloc(10 * 1024 * 1024)
print(bool(ctypes.c_size_t.from_address(block - ctypes.sizeof(ctypes.c_size_t)).value & 2))
"""

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a habit of glibc's")


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_structs_that_are_resolved_can_be_read_by_many_threads_at_once() -> None:
    answered = run(FIRST_READS, "resolved")
    assert answered.returncode == 0, answered.stderr


def test_without_that_the_process_dies() -> None:
    # Once this fails, msgspec has mended it, and `resolve_schemas` can go.
    assert run(FIRST_READS).returncode < 0


def test_the_application_resolves_all_structs_before_it_serves() -> None:
    answered = run(APPLICATION)
    assert answered.stdout.strip() == "resolved", answered.stderr


@glibc
@pytest.mark.parametrize("settles", ["import fashionos", "pass"])
def test_large_blocks_go_back_to_the_system_however_large_ones_were_freed_before(
    settles: str,
) -> None:
    goes_back = str(settles == "import fashionos")
    assert run(LARGE_BLOCK.format(settles=settles)).stdout.strip() == goes_back
