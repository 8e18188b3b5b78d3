"""A wall clock that jumps, for a process started with it: a library preloaded before libc's.

Monotonic clocks go on as they are, as they do when an operator or NTP sets the time.
"""

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

/* Seconds to add, in a file that the test writes. */
static volatile int64_t *offset;
static int (*real)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    real = dlsym(RTLD_NEXT, "clock_gettime");
    int file = open(getenv("CLOCK_OFFSET"), O_RDONLY);
    if (file >= 0) offset = mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = real(clock, now);
    if (!result && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
    return result;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec here;
    clock_gettime(CLOCK_REALTIME, &here);
    now->tv_sec = here.tv_sec;
    now->tv_usec = here.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec here;
    clock_gettime(CLOCK_REALTIME, &here);
    if (out) *out = here.tv_sec;
    return here.tv_sec;
}
"""


class Clock:
    """Give `environment` to a process, then let its clock `jump`."""

    def __init__(self, folder: Path) -> None:
        """Raise FileNotFoundError on a machine without a C compiler."""
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            raise FileNotFoundError("no C compiler")
        library, self.offset = folder / "clock.so", folder / "clock.offset"
        command = [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", str(library), "-ldl"]
        subprocess.run(command, input=SOURCE, text=True, check=True)  # noqa: S603 -- the compiler of this machine
        self.offset.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_OFFSET": str(self.offset)}

    def jump(self, seconds: int) -> None:
        """Set the clock this far from the real time."""
        with self.offset.open("r+b") as file:
            file.write(struct.pack("q", seconds))
