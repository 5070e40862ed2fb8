"""Does a server keep at hand what an answer has given back, instead of asking the system for it page by page?"""

import platform
import subprocess
import sys

import pytest

USED = """
import resource, sys, threading
if sys.argv[1] == "kept":
    from aboveboard.collector.memory import keep_at_hand
    keep_at_hand()
import numpy

def answer():
    before = numpy.zeros(100_000)
    return sum(array[0] for array in [before + number for number in range(40)])

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        thread = threading.Thread(target=answer)
        thread.start()
        thread.join()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
print(faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told what to keep")
def test_arrays_of_the_next_answer_take_the_memory_of_the_last() -> None:
    asked = {
        how: int(subprocess.run([sys.executable, "-c", USED, how], capture_output=True, check=True).stdout)
        for how in ("kept", "default")
    }
    # Five answers of 32 MB, and a page is 4 KiB.
    assert asked["kept"] < 500
    assert asked["default"] > 10 * asked["kept"], "the system does this by itself, so keep_at_hand() can go"
