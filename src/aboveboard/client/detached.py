"""What runs after the app has ended? One pass over what waits, asking for consent before each request."""

import os
import sys
import threading
import time
from pathlib import Path

APP_SECONDS = 0.3
LOOK_SECONDS = 0.3
MOST_FILES = 65_536
NICE = 10
TYPE_CHECKING = False
if TYPE_CHECKING:
    from aboveboard.client.consent import Consent
    from aboveboard.client.sender import Sender


def main() -> None:
    """Read an order from standard input, send once, and end."""
    let_go()
    # The app is ending at this moment, and comes first.
    time.sleep(APP_SECONDS)
    package = str(Path(__file__).resolve().parents[2])
    if package not in sys.path:
        sys.path.insert(0, package)
    from aboveboard.client.consent import ACCEPTED, SWITCHED_OFF, Consent
    from aboveboard.client.detach import Order
    from aboveboard.client.outbox import Envelope
    from aboveboard.client.places import find_places
    from aboveboard.client.sender import Sender
    from aboveboard.privacy import CLEANER_VERSION

    order = Order.from_json(sys.stdin.read())
    host = order.host()
    places = find_places(order.app, host, order.preset)
    consent = Consent(order.app, places, host, lambda **how: order.offer)

    def envelope() -> Envelope | None:
        decision = consent.decision()
        if decision.state != ACCEPTED:
            return None
        offer = order.offer
        return Envelope(
            order.target.write_key,
            offer.notice,
            decision.level,
            offer.digest,
            CLEANER_VERSION,
            decision.is_off,
        )

    sender = Sender(order.target, places, host, envelope, lambda: consent.decision().state != SWITCHED_OFF)
    threading.Thread(target=watch, args=(consent, sender), daemon=True).start()
    sender.run()


def let_go() -> None:
    """Give back what came from the app: its folder, files that it lets its children have, and its priority."""
    os.closerange(3, MOST_FILES)
    os.chdir(Path(__file__).anchor)
    if hasattr(os, "nice"):
        os.nice(max(0, NICE - os.nice(0)))


def watch(consent: "Consent", sender: "Sender") -> None:
    """Cut off the request under way when less may be sent than before; the process ends with its other thread."""
    from aboveboard.client.consent import ACCEPTED, is_lowered

    before = consent.decision()
    while True:
        time.sleep(LOOK_SECONDS)
        now = consent.decision()
        if now.state not in (before.state, ACCEPTED) or is_lowered(before, now):
            sender.abort()
        before = now


if __name__ == "__main__":
    main()
