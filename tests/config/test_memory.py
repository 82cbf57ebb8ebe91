"""One heap for all threads of a process."""

from __future__ import annotations

import subprocess
import sys

_HEAPS = """
import ctypes, sys, threading
if sys.argv[1] == "thrifty":
    from siigo_escala.config import memory
    memory.thrifty()
gate = threading.Barrier(8)
def keep():
    kept = bytearray(5_000)
    gate.wait()
threads = [threading.Thread(target=keep) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
allocator = ctypes.CDLL(None)
allocator.fopen.restype = ctypes.c_void_p
allocator.malloc_info.argtypes = (ctypes.c_int, ctypes.c_void_p)
allocator.malloc_info(0, allocator.fopen(b"/dev/stdout", b"w"))
allocator.fflush(None)
"""


def _heaps(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", _HEAPS, how], capture_output=True, text=True, check=True)
    return done.stdout.count("<heap ")


def test_threads_share_one_heap_so_that_each_keeps_nothing_of_its_own() -> None:
    assert _heaps("as it comes") > 1
    assert _heaps("thrifty") == 1
