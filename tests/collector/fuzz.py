"""Which bodies may a stranger send? Any bytes, any JSON, and what a real client sends with a few bytes changed."""

import json
from collections.abc import Callable

from hypothesis import strategies as st

from aboveboard.collector.context import context
from aboveboard.collector.event import Batch
from aboveboard.collector.protocols.wire import MAX_EVENT, MAX_EVENTS
from aboveboard.errors import RequestRefused

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("9" * 5000),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn, valid: bytes) -> bytes:
    """A valid body with up to six slices cut out, doubled, or replaced by other bytes."""
    body = bytearray(valid)
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 12)))
        body[start:end] = draw(st.binary(max_size=8) | st.just(bytes(body[start:end] * 2)))
    return bytes(body)


@st.composite
def reshaped(draw: st.DrawFn, valid: bytes) -> bytes:
    """A valid body of JSON with one or two of its values, wherever they stand, replaced by any other."""
    root = [json.loads(valid)]
    for _ in range(draw(st.integers(1, 2))):
        holder, key = draw(st.sampled_from(_places(root)))
        holder[key] = draw(json_values)
    return json.dumps(root[0]).encode()


def _places(value: object) -> list[tuple[object, object]]:
    found: list[tuple[object, object]] = []
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):  # type: ignore[arg-type, var-annotated]
        found.append((value, key))
        if isinstance(inner, dict | list):
            found += _places(inner)
    return found


def bodies(*valid: bytes, text: bool = True) -> st.SearchStrategy[bytes]:
    """Any bytes, and each of the `valid` bodies mutated; with `text` also as JSON of another shape."""
    kinds = [st.binary(max_size=200), *(mutated(body) for body in valid)]
    if text:
        kinds += [
            json_values.map(lambda value: json.dumps(value).encode()),
            *(reshaped(body) for body in valid),
        ]
    return st.one_of(kinds)


def survives(decode: Callable[[bytes], Batch], body: bytes) -> None:
    """Assert that a body becomes a batch in bounds whose every part can be read on, or is refused with 400."""
    batch = _decoded(decode, body)
    assert len(batch.messages) + len(batch.refusals) <= MAX_EVENTS
    for message in batch.messages:
        assert message.event
        assert message.size <= MAX_EVENT
        assert max(map(len, (message.event, message.page, message.message_id, message.anonymous_id))) <= 256
        assert message.timestamp is None or 0 <= message.timestamp < 2**42
        context(message.context)


def _decoded(decode: Callable[[bytes], Batch], body: bytes) -> Batch:
    try:
        return decode(body)
    except RequestRefused as refusal:
        if refusal.status != 400:
            raise
        return Batch("", None, [], [])
