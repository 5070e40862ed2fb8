"""After which words does a name stand? Tables, and the strictness that each asks of the next word."""

__all__ = ["FLAGS_OF_NAMES", "SECRET_KEYS", "effect_of", "effect_of_flag", "effect_of_key", "is_secret_key"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SECRET, COMMON, PLACE, ANY = -1, 0, 1, 2

# Things that people name: the next word must be public in its own right.
NAMED = _words(
    """account alias app author bucket cluster collection computer container context customer daemonset database
    datastore deployment distribution distro domain endpoint group guest host hostname image ingress instance
    label login machine namespace network node org organisation organization owner peer plugin pod printer profile
    project provider pvc queue realm recipient registry remote replicaset repo repository schema secret configmap
    sender server service share site statefulset subscription tag team tenant topic user username vault vm volume
    workgroup workspace branch zone directory folder package formula cask chart release disk snapshot crate gem
    dependency requirement quota relation bean assembly addon feature"""
)
NAMED_PLURALS = frozenset(name + "s" for name in NAMED)
# Words that introduce a name.
INTRODUCING = _words(
    """named called name nickname aka dear hello hi hey by for from install uninstall reinstall upgrade start stop
    restart remove delete kill rename pull push clone checkout switch join import launch deploy uninstalling installing
    starting stopping removing deleting pulling pushing cloning importing launching deploying reach contact"""
)
SECRET_KEYS = _words(
    """password passwd passphrase passcode secret secrets token apikey credential credentials authorization bearer basic
    cookie otp pin privatekey accesskey secretkey clientsecret pass signature sig auth psk"""
)
# Keys whose value is a word of status, not a name.
STATUS_KEYS = _words(
    """level lvl code status state reason error err type msg message kind cause result phase severity action op
    operation
    stage step method protocol driver mode format exit errno syscall signal"""
)
SCHEMES = frozenset(("basic", "bearer"))
FLAGS_OF_NAMES = _words(
    """u user username n name namespace context host hostname h p password cluster container pod machine volume
    v network
    net project owner author label l e env tag t registry server domain group login profile"""
)


def effect_of(word: str, tail: str) -> int:
    """The strictness for the chunk after a plain word, of which `tail` is the punctuation after it."""
    assigned = tail in (":", "=")
    if word in SCHEMES and not tail:
        return SECRET
    if assigned and is_secret_key(word):
        return SECRET
    if word in NAMED or word.endswith("name"):
        return PLACE if assigned or not tail else ANY
    if word in NAMED_PLURALS:
        return PLACE if assigned else ANY
    if word in INTRODUCING and (not tail or assigned):
        return PLACE
    return ANY


def effect_of_flag(flag: str) -> int:
    """The strictness for the chunk after a flag of a command line, given without its dashes."""
    if is_secret_key(flag):
        return SECRET
    return COMMON if flag.lower() in FLAGS_OF_NAMES else PLACE


def effect_of_key(key: str) -> int:
    """The strictness for the value that stands behind `key=` or `"key":`."""
    if is_secret_key(key):
        return SECRET
    return PLACE if key.lower() in STATUS_KEYS else COMMON


def is_secret_key(key: str) -> bool:
    """Say whether a key's value is a secret by its name: `DB_PASSWORD`, `x-api-key`, `clientSecret`."""
    lowered = key.lower().replace("-", "_")
    last = lowered.rpartition("_")[2]
    return last in SECRET_KEYS or lowered.replace("_", "").endswith(
        ("password", "secret", "apikey", "accesskey", "token", "passwd", "privatekey")
    )
