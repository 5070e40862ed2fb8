"""How is Python kept from searching all of its memory for cycles while requests wait?"""

import gc

__all__ = ["fewer_pauses"]

_YOUNG = 50_000
"""So many more containers made than freed are worth a look; Python's own number is 700."""


def fewer_pauses() -> None:
    """Leave out what is there already, and look for cycles seldom; called once, when everything is imported.

    Decoding makes containers by the thousand and no cycles: looking for them took a third of the time of an event.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
