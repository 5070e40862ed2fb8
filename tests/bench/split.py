"""What does an event cost in each part of its way, in microseconds of CPU? `python -m tests.bench.split FOLDER`.

Decoding, cleaning and the insert are called as the commit thread calls them, in groups of 32 requests; the insert has
all that the engine does for it, merges too. Prints one line of JSON.
"""

import json
import sys
import time
from pathlib import Path

from aboveboard.access import Sources
from aboveboard.access.sources import new_source
from aboveboard.collector.admit import Admission
from aboveboard.collector.pauses import fewer_pauses
from aboveboard.collector.protocols.segment import decode_batch
from aboveboard.store import connect, insert, migrate
from tests.bench.load import BATCH, bodies, renewed

GROUP, GROUPS, WARM = 32, 30, 3


def main(folder: Path) -> dict[str, float]:
    """Return the parts in microseconds an event."""
    admission = Admission(
        Sources([new_source("bench", kind="development", policy="cleaned", write_key="k")]), folder
    )
    client = connect(f"chdb://{folder / 'store'}")
    migrate(client)
    prepared, spent, number = bodies("k", 400), dict.fromkeys(("decode", "clean", "insert"), 0.0), 0
    fewer_pauses()
    for group in range(GROUPS):
        rows, parts = [], dict.fromkeys(spent, 0.0)
        for _ in range(GROUP):
            number += 1
            body = renewed(prepared[number % len(prepared)], number)
            started = time.process_time()
            batch = decode_batch(body)
            decoded = time.process_time()
            admitted = admission.admit(batch, "k", time.time_ns() // 1000)
            parts["decode"] += decoded - started
            parts["clean"] += time.process_time() - decoded
            rows += admitted.events
        started = time.process_time()
        insert(client, [event.row() for event in rows])
        parts["insert"] += time.process_time() - started
        if group >= WARM:
            spent = {name: spent[name] + parts[name] for name in spent}
    client.close()
    events = (GROUPS - WARM) * GROUP * BATCH
    return {name: round(seconds / events * 1e6, 1) for name, seconds in spent.items()}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
