"""Which messages is the cleaner measured on? Records in the scorer's format, from shapes and invented names.

    generate.py SHAPES.txt STYLE [--half tune|held|all] [--each N] [--seed N] > corpus.jsonl

A shape belongs to the held-out half by a hash of its template, so that tuning never sees it. STYLE is how
names look: "invented", "words" or "things" (names that are words of the dictionary), "people", "staff" or "abroad".
"""

import argparse
import hashlib
import json
import random
import re
import string
import sys
from collections.abc import Callable, Iterator
from pathlib import Path


def _words(text: str) -> list[str]:
    return text.split()


ONSETS = _words("b br c ch d dr f g gl h k kr l m n p pl r s st t tr v vl w z zh sk")
VOWELS = _words("a e i o u ae ai io ou y")
CODAS = _words("k l m n r s th x nd sk rt v b g")
WORDS = _words(
    """amber anchor apollo archer ashton atlas aurora autumn badger bamboo banking beacon bishop blossom breeze
    butterfly
    camellia canyon cardinal carpenter casino cedar chapel cherry clover cobalt comet compass coral cosmos cottage
    coyote crescent crimson crystal cypress daisy dawn delphi diamond divorce dolphin dragon eagle eclipse elmwood
    emerald falcon fashion fern fisher fitness forest fortress fox garnet gazelle ginger glacier gryphon harbor
    harvest hawk hazel heather heron hickory holiday honey horizon hospital hotel hunter hurricane indigo
    insurance iris ivory ivy jaguar jasmine juniper jupiter karma kestrel knight lagoon lavender lawyer leopard
    lighthouse lily lion lotus lunar lynx magnolia mango maple marigold marina marlin mercury meridian meteor
    midnight millennium monsoon moonlight mortgage mustang nebula nectar neptune nightingale nova nursery oasis
    ocean octopus olive onyx opal orchard orchid orion osprey otter owl oxford palace panda panther paradise
    parrot payroll peacock pearl pelican penguin pepper pharmacy phoenix pilgrim pine planet platinum plum poppy
    prairie primrose puma quail quartz rabbit rainbow recruiting redwood retail river robin rocket rosewood ruby
    saffron sahara salmon sapphire saturn savannah scorpion sequoia shepherd sierra silk skylark snowflake sparrow
    spruce stallion starlight sterling stork strawberry sunrise sunset swan sycamore tailor tango tempest therapy
    thistle thunder tiger titan topaz tornado tulip turquoise twilight valley vanilla velvet venus villa vineyard
    violet viper vortex walnut wedding willow windmill wizard wolf woodland yacht zenith zephyr zeus"""
)
PEOPLE = _words(
    """aisha akira alejandro amelia anastasia andrei anika arjun astrid beatriz benjamin bianca boris camila catherine
    chloe christoph claudia daniela deepak dimitri eduardo ekaterina emilia enrique esther fatima felipe fernanda
    francesca frederik gabriela giovanni giulia gonzalez hannah hans harald henrik hiroshi hussein ibrahim igor
    ingrid isabella ivana jamal javier jennifer jessica johansson joseph katarina kenji khalid klaus kowalski
    kumar lars leila lorenzo lucia luis magdalena maria marcus martinez matthew mehmet michael miguel mohamed
    monika nakamura natalia nguyen nikolai olga oliver omar pablo patricia patel pedro petra philipp priya rahul
    rajesh rashid rebecca ricardo rodriguez rossi samantha sanchez sandra sara sato sebastian sergei sharma simone
    sofia stefan susanne suzuki svetlana tanaka tatiana theresa tobias valentina vanessa vikram vladimir werner
    wilhelm xavier yasmin yuki yusuf zhang zoe oconnor macdonald vandermeer dupont lefebvre schmidt schneider
    fischer meyer wagner"""
)
# What firms, teams and products are called, and the people in them; drawn up after the two lists above had been met.
THINGS = _words(
    """acme acorn albatross almond antler apricot arrow ascent aspen audition avenue bakery ballad bamboo baron
    basilisk bayou bazaar birch bison blizzard bonanza bonsai boulder bravo brewery briar brook buffalo bungalow
    cabernet cactus caravan caribou cascade castle catalina cheetah cinnamon citadel clinic colibri colony condor
    copper corsair cosmic cougar cricket crow crown cyclone dahlia denali divorce dividend domino dove dune easter
    echo eden elm ember epic everest evergreen explorer ferret fiesta finch firefly flamingo flower foxtrot fusion
    galaxy garden gecko genesis giraffe glory goose grape grizzly grove halcyon hamster haven helium hermes hippo
    holly hooli horse hydra iceberg iguana impala initech inspire invoice ironman jackal jade jungle kangaroo
    kiwi koala lawsuit legacy lemon liberty lime lobster luna lynx magnet mammoth manta maverick mayor meadow melon
    merger mirage mongoose monkey moose mosaic mountain mulberry narwhal nautilus nectarine nimbus ninja northstar
    nurse octopus odyssey olive onyx opal orca orchard orchid osprey ostrich otter owl oyster palace panda panther
    papaya paradise parrot payroll peach peacock pear pelican penguin peony pepper petunia pigeon pilgrim pineapple
    piranha platypus plum pluto polaris poppy prairie prism puffin puma pumpkin python quartz quest rabbit raccoon
    rainbow raptor raven recruiting rhino rooster rose ruby sailor salary samurai savanna seagull seahorse shark
    skunk sloth snake soccer solstice sphinx spider squid squirrel stingray summit surgery swallow tapir tennis
    tequila termite tortoise toucan trinity trout tundra turtle umbrella unicorn vector vendetta viking vulture
    wallaby walrus warrior wasp whale wildcat wolverine wombat yeti zebra zodiac"""
)
STAFF = _words(
    """abdullah achim agnieszka alana alfredo alina andreas annette antonio arthur aylin barbara bartosz bernard
    birgit brandon brenda bruno carla carmen cecilia celine charlotte chiara claire clara claude colin cornelia
    curtis damian daphne darius david dennis diana diego dominik doris douglas edgar edith eleanor elena elias elif
    emily erik ernesto eugene eva fabian felix florian frances frank gareth geoffrey gerald gloria grace greta
    guillaume gunther gustavo harriet harry hector heidi heinrich helen henry herbert hilda hugo ian ines irene
    isaac ivan jack jacob jan janet jason jasper jean jerome joachim joan johanna jonas jordan jose judith julia
    julian jun karen karl karolina keith kevin kirsten laura lauren leon leonard liam lilian linda lisa louise
    lucas lukas lydia malcolm manuel marco margaret marina mario marta martin mateo matthias max melanie mercedes
    mia milan minh mohammed nadia naomi nathan nicole nils noah nora norman olivia oscar otto paula paul peter
    pierre rafael ralph ramona raymond regina renate richard robert roberto roger roland rosa rudolf ruth samuel
    sarah scott sean sergio simon sophie stanley stella steven sven sylvia teresa theo thomas tim tomas ulrich
    ursula valerie vera victor vincent walter wanda wei wolfgang yolanda yvonne adams anderson bauer becker bennett
    brooks brown campbell carter chen clark collins cooper cruz davies delgado diaz evans fernandez ferrari flores
    foster garcia gomez gonzales graham gupta hall hansen harris hernandez hoffmann hughes iyer jackson jensen
    jimenez johnson jones kelly khan kim king klein kozlov krause kruger larsen lee lehmann lewis lindberg long
    lopez mendoza miller mitchell moore morales moreau morgan morris murphy nelson novak olsen ortiz parker perez
    petersen petrov phillips popov powell ramirez reyes reynolds rivera roberts robinson romano ross russell
    sanders santos schulz schwarz scott simmons singh smith sokolov stewart taylor thompson torres turner vargas
    vogel walker ward watson weber white williams wilson wood wright yang young zimmermann"""
)
ABROAD = _words(
    """мария иванов сергей петрова ольга νίκος παπαδόπουλος γιώργος ελένη 田中太郎 佐藤花子 王小明 李娜 张伟 陈静
    김민수 이지은 박서준 محمد فاطمة חיים שרה अनिल प्रिया สมชาย สุดา møller åström łukasz żaneta çelik öztürk
    françois zoë jürgen björk núñez señora đorđe čapek ştefan nguyễn phạm"""
)
STYLES = {"words": WORDS, "people": PEOPLE, "things": THINGS, "staff": STAFF, "abroad": ABROAD}
# Files of which half is kept aside; of the others it is a quarter.
HALVED = ("fresh_shapes.txt", "newest_shapes.txt")
TLDS = _words(".com .io .lan .local .internal .dev .net .org .co.uk .example .de .corp.com")
PARTS = ("-api", "-web", "_v2", "-prod", "-db", "_main", "-svc", "", "", "", "-app", "-test")
FILLS = {
    "d": lambda r: str(r.randint(1, 9)),
    "port": lambda r: str(r.randint(1024, 65000)),
    "pid": lambda r: str(r.randint(100, 99999)),
}


class Names:
    """Draws names of one style, and remembers what must not survive."""

    def __init__(self, rng: random.Random, style: str) -> None:
        self.rng, self.style, self.secrets = rng, style, []
        self.user_words = [self.word(), self.word()]
        self.user = self._user()
        self.host_word = self.word()
        self.host = rng.choice(
            (
                f"{self.host_word}-laptop",
                f"mbp-{self.host_word}",
                f"{self.host_word}{rng.randint(1, 99)}",
                f"{self.host_word}-ws",
            )
        )
        self.registered: list[str] = []
        self.name: str | None = None

    def word(self) -> str:
        """One name of this style."""
        if self.style in STYLES:
            return self.rng.choice(STYLES[self.style])
        pick = self.rng.choice
        return pick(ONSETS) + pick(VOWELS) + pick(ONSETS) + pick(VOWELS) + pick(CODAS)

    def secret(self, word: str) -> str:
        """Remember a word as a secret of this record."""
        if word not in self.secrets:
            self.secrets.append(word)
        return word

    def _user(self) -> str:
        first, last = self.user_words
        return self.rng.choice(
            (
                f"{first}.{last}",
                f"{first}{self.rng.randint(1, 99)}",
                f"{first[0]}{last}",
                f"{first}-{last}",
                first,
                f"{last}_{first[0]}",
            )
        )

    def _of(self, text: str, words: list[str]) -> str:
        for word in words:
            if word in text.lower():
                self.secret(word)
        return text

    def fill(self, slot: str) -> str:
        """The text for one slot of a template."""
        if slot in FILLS:
            return FILLS[slot](self.rng)
        method: Callable[[], str] = getattr(self, "_" + slot)
        return method()

    def _user_slot(self) -> str:
        return self._of(self.user, self.user_words)

    def _full(self) -> str:
        return " ".join(
            self.secret(word).capitalize() if self.style != "x" else word for word in self.user_words
        )

    def _home(self) -> str:
        return self.rng.choice(("/home/", "/Users/")) + self._user_slot()

    def _jhome(self) -> str:
        return "C:\\\\Users\\\\" + self._user_slot()

    def _host(self) -> str:
        self.secret(self.host_word)
        return self.host

    def _HOST(self) -> str:  # noqa: N802 - the slot's own spelling
        return self._host().upper()

    def _bare(self) -> str:
        return self.secret(self.word())

    def _proj(self) -> str:
        return self.secret(self.word()) + self.rng.choice(PARTS)

    _org = _bare

    def _name(self) -> str:
        if self.name is None:
            word = self.word()
            self.name = self.rng.choice((word, f"my-{word}", f"{word}-db", f"{word}-prod", f"{word}_1"))
            self.registered.append(self.name)
            self.secret(word)
        return self.name

    def _fqdn(self) -> str:
        return f"{self.secret(self.word())}.{self.secret(self.word())}{self.rng.choice(TLDS)}"

    def _image(self) -> str:
        return f"{self._fqdn()}/{self._org()}/{self._proj()}:{self.rng.choice(('latest', '1.2', 'v3', 'nightly'))}"

    def _email(self) -> str:
        return f"{self.secret(self.word())}@{self.secret(self.word())}{self.rng.choice(TLDS)}"

    def _ip4(self) -> str:
        return self.secret(".".join(str(self.rng.randint(11, 250)) for _ in range(4)))

    def _mac(self) -> str:
        return self.secret(":".join(f"{self.rng.randint(16, 255):02x}" for _ in range(6)))

    def _hex64(self) -> str:
        return self.secret(f"{self.rng.getrandbits(256):064x}")

    def _uuid(self) -> str:
        digits = f"{self.rng.getrandbits(128):032x}"
        return self.secret("-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])))

    def _text(self, length: int, extra: str = "") -> str:
        return "".join(self.rng.choices(string.ascii_letters + string.digits + extra, k=length))

    def _rnd(self) -> str:
        return self.secret(self._text(24))

    def _pw(self) -> str:
        return self.secret(
            self.rng.choice(
                (
                    self._text(12),
                    f"{self.word().capitalize()}!{self.rng.randint(10, 999)}",
                    f"{self.word()}-{self.word()}{self.rng.randint(1, 99)}",
                )
            )
        )

    def _gh(self) -> str:
        return "ghp_" + self.secret(self._text(36))

    def _sk(self) -> str:
        return "sk-" + self.secret(self._text(40))

    def _jwt(self) -> str:
        return (
            "eyJhbGciOiJIUzI1NiJ9."
            + self.secret("eyJ" + self._text(40))
            + "."
            + self.secret(self._text(43, "-_"))
        )

    def _phone(self) -> str:
        middle, last = self.rng.randint(200, 999), self.rng.randint(1000, 9999)
        return f"+{self.rng.choice((1, 44, 49, 33))} {self.rng.randint(200, 999)} " + self.secret(
            f"{middle} {last}"
        )

    def _card(self) -> str:
        return self.secret("4" + "".join(self.rng.choices(string.digits, k=15)))

    def _acct(self) -> str:
        return self.secret("".join(self.rng.choices("123456789", k=12)))

    def _ENV(self) -> str:  # noqa: N802 - the slot's own spelling
        return self.secret(self.word()).upper() + "_TOKEN"

    def _uesc(self) -> str:
        return "".join(f"\\u{ord(letter):04x}" for letter in self.secret(self.word()))

    def _zero(self) -> str:
        word = self.secret(self.word())
        return word[:2] + "\u200b" + word[2:]

    def _ansi(self) -> str:
        return "\x1b[31;1m"


def shapes(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Category, template and keeps of each line of a shapes file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            category, template, keeps = [*line.split(" ## "), ""][:3]
            yield category, template.replace("\\n", "\n"), [keep for keep in keeps.split(" ;; ") if keep]


def is_held_out(template: str, path: Path) -> bool:
    """Say whether a shape stays unseen while tuning."""
    first = hashlib.sha256(template.encode()).digest()[0]
    return first % 2 == 1 if path.name in HALVED else first % 4 == 3


def record(
    number: int, shape: tuple[str, str, list[str]], rng: random.Random, style: str
) -> dict[str, object]:
    """One message of a shape with fresh names."""
    category, template, keeps = shape
    names = Names(rng, style)
    slot = re.compile(r"\{(\w+)\}")
    text = slot.sub(
        lambda m: names.fill("user_slot" if m[1] == "user" else m[1]) if _is_slot(m[1]) else m[0], template
    )
    rest = slot.sub(" ", template).lower() + " ".join(keeps).lower()
    names.secrets = [secret for secret in names.secrets if secret.lower() not in rest]
    known = {
        "user": names.user,
        "full_name": " ".join(w.capitalize() for w in names.user_words),
        "host": names.host,
        "host2": names.host_word.upper() + "-PC",
        "homes": [f"/home/{names.user}", f"/Users/{names.user}", f"C:\\Users\\{names.user}"],
        "registered": names.registered,
    }
    identity = hashlib.sha256(template.encode()).hexdigest()[:8]
    return {
        "id": f"{identity}-{number}",
        "shape": identity,
        "category": category,
        "text": text,
        "secrets": names.secrets,
        "keep": keeps,
        "known": known,
    }


def _is_slot(name: str) -> bool:
    return (
        name == "user"
        or name in FILLS
        or (hasattr(Names, "_" + name) and name not in ("text", "of", "user_slot", "is"))
    )


def corpus(
    path: Path, style: str, half: str = "all", each: int = 4, seed: int = 1
) -> list[dict[str, object]]:
    """All records of a shapes file, or of one half of it."""
    chosen = [
        shape for shape in shapes(path) if half == "all" or is_held_out(shape[1], path) == (half == "held")
    ]
    return [
        record(number, shape, random.Random(f"{seed}/{style}/{shape[1]}/{number}"), style)
        for shape in chosen
        for number in range(each)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shapes", type=Path)
    parser.add_argument("style", choices=("invented", *STYLES))
    parser.add_argument("--half", choices=("tune", "held", "all"), default="all")
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for one in corpus(options.shapes, options.style, options.half, options.each, options.seed):
        sys.stdout.write(json.dumps(one, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
