"""Where do events go? Known without anything that sends: an app that ends hands it on, and must not wait."""

from aboveboard.frozen import record


@record(frozen=True, slots=True)
class Target:
    """The collector's URL and the write key of the app's source."""

    endpoint: str
    write_key: str
