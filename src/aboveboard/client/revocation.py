"""What happens when a yes is taken back? The queue goes, a deletion is noted, our own id is removed."""

from contextlib import closing

from aboveboard.client.consent import Decision
from aboveboard.client.erasure import Erasure, Erasures, read_erasures, write_erasures
from aboveboard.client.gate import GATE
from aboveboard.client.host import Host, new_id
from aboveboard.client.identity import read_id, remove_own_id
from aboveboard.client.places import Places
from aboveboard.client.spool import Spool
from aboveboard.client.wire import stamp


def revoke(places: Places, host: Host) -> None:
    """Empty the queue and note the deletion to ask for; does nothing where nothing was ever kept.

    All processes of the app may do this at once: the spool's write lock lets one of them be the first.
    """
    if is_revoked(places):
        return
    with GATE, closing(Spool(places.spool)) as spool:
        with spool.transaction():
            spool.delete_queued(float("inf"))
            note_revocation(places, host)
        # Last: it fails while another thread has the spool open, and the deletion must be noted all the same.
        spool.scrub()


def is_revoked(places: Places) -> bool:
    """Tell whether the revocation is noted already, or nothing was ever kept."""
    if not places.spool.exists() and not places.uploaded.exists():
        return True
    return read_erasures(places.erasures).revoked


def note_revocation(places: Places, host: Host) -> None:
    """Note the deletion to ask for and remove our own id; also where the spool cannot be opened."""
    known = read_erasures(places.erasures)
    if not known.revoked:
        write_erasures(places.erasures, _with_deletion(known, places, host))
        remove_own_id(places)
        places.uploaded.unlink(missing_ok=True)


def forget(places: Places, host: Host) -> None:
    """Delete journal, queue, key and own id, and note the deletion to ask for; consent stays as it is."""
    if not places.spool.exists() and not places.uploaded.exists():
        return
    with GATE, closing(Spool(places.spool)) as spool:
        with spool.transaction():
            known = read_erasures(places.erasures)
            noted = _with_deletion(known, places, host)
            write_erasures(places.erasures, Erasures(known.revoked, host.clock(), noted.all))
            remove_own_id(places)
            places.uploaded.unlink(missing_ok=True)
            places.key.unlink(missing_ok=True)
            spool.delete_all()
        spool.database.execute("VACUUM")
        spool.scrub()


def accepted_again(places: Places) -> None:
    """Begin anew after an earlier revocation: what a dying process may have written since then goes."""
    known = read_erasures(places.erasures)
    if not known.revoked:
        return
    with GATE, closing(Spool(places.spool)) as spool, spool.transaction():
        known = read_erasures(places.erasures)
        if known.revoked:
            spool.delete_queued(known.revoked_at)
            write_erasures(places.erasures, Erasures(False, known.revoked_at, known.all))


def drop_more(places: Places, host: Host, decision: Decision) -> None:
    """Let go of what waits and may not go any more; what is being written is looked at before it is sent."""
    if not places.spool.exists():
        return
    with GATE, closing(Spool(places.spool)) as spool:
        with spool.transaction():
            today = stamp(host.clock())[:10]
            dropped = spool.drop_above(decision.level, today)
            if decision.is_off is not None:
                dropped += spool.drop_extensions(decision.is_off, today)
        if dropped:
            spool.scrub()


def _with_deletion(known: Erasures, places: Places, host: Host) -> Erasures:
    identity = read_id(places)
    asked = known.all
    if identity and places.uploaded.exists():
        asked += (Erasure(new_id(host), identity, host.clock()),)
    return Erasures(True, host.clock(), asked)
