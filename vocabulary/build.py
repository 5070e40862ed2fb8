#!/usr/bin/env python3
"""Which words may pass the last gate? Builds `privacy/vocabulary.bin` from counts, lists and names.

    build.py TARGET SCOWL_FOLDER NAMES_FOLDER WORDNET_FOLDER DESCRIPTIONS.tsv.gz REPOSITORIES.tsv.gz COUNTS.tsv.gz…

Words in five tiers, packed as `privacy/words.py` reads them:

  0  passes wherever it stands: constants of public programs, and the commonest words of technical prose
  1  passes also where a name could stand (after "container", within an identifier)
  2  passes in prose
  3  passes in prose in lower case only: a technical word that is also a given or family name
  4  passes nowhere: names, and words named after things, that would pass as a fusion of technical words
"""

import builtins
import errno
import gzip
import http
import re
import string
import sys
from collections import Counter
from pathlib import Path

from senses import NAMELIKE as NAMELIKE_SENSES
from senses import first_senses, is_namelike

HERE = Path(__file__).parent
COMMON, TECHNICAL, NAMELIKE, PLAIN, RARE = 120, 26, 15, 10, 3
NAME_TOO = 36
# In fewer packages a word of prose must be in so many repositories too, or part of the identifiers of so many packages.
SELDOM, SEEN, PARTS = 9, 6, 9
DEED = re.compile(r".{4,}(?:[aiou]tion|ment|ness)s?$")  # whatever its first sense, nobody is called so
SETTLED, SETTLED_FORM = 90, 50  # in this many packages a word that nobody is named after passes in quotes too
JARGON = (
    (5, 3),
    (3, 6),
    (2, 12),
)  # in prose, within identifiers: a word of no dictionary is a term if it is both
FIRST_NAME_RANK, FAMILY_NAME_RANK = 5000, 1500
# English marks verbs, adverbs and abstractions by their endings, and hardly any name carries one.
ADJECTIVE = re.compile(r".{3,}(?:ed|able|ible|ous|less|ful|ize|izes|izing|ises|ising)$")
NO_NAME = re.compile(
    r".{3,}(?:ed|ing|ly|able|ible|tion|sion|ment|ness|ity|ive|ize|ise|izes|ises|ous|ally|less|ful|ary)$"
)


def counts(paths: list[Path]) -> dict[str, tuple[int, ...]]:
    """Document frequencies by word over all sources: in prose, capitalised, in capitals, within identifiers."""
    found: dict[str, tuple[int, ...]] = {}
    for path in paths:
        for line in gzip.decompress(path.read_bytes()).decode().splitlines():
            word, *numbers = line.split("\t")
            old = found.get(word, (0, 0, 0, 0))
            found[word] = tuple(a + int(b) for a, b in zip(old, numbers, strict=True))
    return found


def english(folder: Path) -> set[str]:
    """SCOWL's words up to level 60, in lower case, American and British."""
    found: set[str] = set()
    for kind in ("english", "american", "british"):
        for size in (10, 20, 35, 40, 50, 55, 60):
            path = folder / f"{kind}-words.{size}"
            found.update(path.read_text("latin-1").split() if path.exists() else ())
    return {word for word in found if re.fullmatch("[a-z]+", word)}


def names(folder: Path) -> set[str]:
    """The commoner given and family names of the US census of 1990."""
    limits = {
        "dist.male.first": FIRST_NAME_RANK,
        "dist.female.first": FIRST_NAME_RANK,
        "dist.all.last": FAMILY_NAME_RANK,
    }
    rows = ((line.split(), limit) for file, limit in limits.items() for line in (folder / file).open())
    return {fields[0].lower() for fields, limit in rows if int(fields[3]) <= limit}


def listed(name: str) -> set[str]:
    """The words of one of the lists beside this script."""
    lines = (HERE / name).read_text().splitlines()
    return {word.lower() for line in lines if not line.startswith("#") for word in line.split()}


def constants() -> set[str]:
    """Names of errors, statuses and exceptions that Python itself knows, whole and in parts."""
    found = {name.lower() for name in errno.errorcode.values()}
    found.update(
        word.lower() for status in http.HTTPStatus for word in re.findall("[A-Za-z]+", status.phrase)
    )
    for name in dir(builtins):
        found.update(word.lower() for word in re.findall("[A-Z][a-z]+|[a-z]{3,}", name))
    return found


def tier(word: str, count: tuple[int, ...], namelike: bool | None) -> int | None:
    """The tier of a counted word, or None where it may not pass; `namelike` is None outside the dictionary."""
    prose, _, upper, part = count
    if prose >= COMMON:
        return 0
    if prose >= TECHNICAL:
        return 1
    if namelike is None:
        term = any(prose >= a and part >= b for a, b in JARGON) or (
            upper >= 12 and (len(word) > 3 or (part >= 5 and prose))
        )
        return 2 if term else None
    if prose >= PLAIN and NO_NAME.match(word):
        return 1
    return 2 if prose >= (NAMELIKE if namelike and not DEED.match(word) else RARE) else None


def is_settled(word: str, count: tuple[int, ...], dictionary: set[str], senses: dict[str, int]) -> bool:
    """Say whether a technical word says so little of anybody that it may stand where names stand.

    So do terms of no dictionary, words that are in every third package, and verbs and abstractions in fewer.
    """
    if word not in dictionary:
        return word not in senses
    if is_namelike(word, senses):
        return False
    is_plain_form = NO_NAME.match(word) is not None and not (word.endswith("ing") and word in senses)
    return count[0] >= (SETTLED_FORM if is_plain_form else SETTLED)


def is_noun(word: str, senses: dict[str, int]) -> bool:
    """Say whether a word is a noun of English, or the plural of one."""
    return word in senses or (word.endswith("s") and word[:-1] in senses)


def is_inflected(word: str, senses: dict[str, int]) -> bool:
    """Say whether a word is a form of a verb or an adjective and no noun, as hardly any name is."""
    is_form = word.endswith("s") or NO_NAME.match(word) is not None or ADJECTIVE.match(word) is not None
    return is_form and not is_noun(word, senses)


def is_seldom(word: str, count: tuple[int, ...], repositories: int, senses: dict[str, int]) -> bool:
    """Say whether a word is a noun of English and hardly of programs, as "beacon" and "holiday" are."""
    if not is_noun(word, senses) or NO_NAME.match(word) or ADJECTIVE.match(word) or DEED.match(word):
        return False
    return count[0] < SELDOM and count[3] < PARTS and repositories < SEEN


def is_form(word: str, dictionary: set[str], tiers: dict[str, int], senses: dict[str, int]) -> bool:
    """Say whether a dictionary word is an adverb, an adjective, or the doer of a technical verb."""
    if word.endswith("ly"):
        return not dictionary.isdisjoint(
            (
                word[:-2],
                word[:-3] + "y" if word.endswith("ily") else "",
                word[:-1] + "e" if word.endswith("bly") else "",
            )
        )
    doer = re.fullmatch(r"(.{2,}?)(.)?\2?(?:e|(?<=[ts])o)rs?", word)  # "executor", and no mayor
    stem = re.sub("[eo]rs?$", "", word)
    verbs = (stem, stem + "e", stem[:-1] + "y" if stem.endswith("i") else stem)
    if doer and any(tiers.get(verb, 9) <= 1 for verb in verbs):
        return True
    return ADJECTIVE.match(word) is not None


def all_names(folder: Path) -> set[str]:
    """Every name of the census, however rare."""
    return {line.split()[0].lower() for file in folder.glob("dist.*") for line in file.open()}


def denied(candidates: set[str], tiers: dict[str, int]) -> set[str]:
    """Of names and words that may not pass, those that the cleaner would take for fused words or acronyms."""
    sys.path.insert(0, str(HERE.parent / "src"))
    from aboveboard.privacy.vocabulary import NOWHERE, Vocabulary

    vocabulary = Vocabulary(tiers)
    return {
        word
        for word in candidates
        if word.isalpha() and min(vocabulary.tier(word), vocabulary.tier(word.upper())) < NOWHERE
    }


def main() -> None:
    target, scowl, people_folder, wordnet, descriptions, repositories, *sources = map(Path, sys.argv[1:])
    dictionary, people, senses, counted = (
        english(scowl),
        names(people_folder),
        first_senses(wordnet),
        counts(sources),
    )
    family = all_names(people_folder)
    sources_seen = counts([repositories])  # like descriptions too general for plain words, but full of terms
    unnamed = dictionary - family
    terms = {word: count for word, count in sources_seen.items() if len(word) > 2 and word not in family}
    for word, count in (*counts([descriptions]).items(), *terms.items()):
        if word not in dictionary:
            counted[word] = tuple(map(sum, zip(count, counted.get(word, (0, 0, 0, 0)), strict=True)))
    tiers: dict[str, int] = {}
    for word in dictionary | counted.keys():
        count = counted.get(word, (0, 0, 0, 0))
        if word in people and count[0] < COMMON:
            found = 3 if count[0] >= NAME_TOO else None
        else:
            is_word = word in dictionary or senses.get(word) in NAMELIKE_SENSES
            found = tier(word, count, is_namelike(word, senses) if is_word else None)
        seen = sources_seen.get(word, (0,))[0]
        if found is None and seen >= RARE and word in unnamed and is_inflected(word, senses):
            found = 2
        if found == 2 and is_seldom(word, count, seen, senses):
            continue
        if found is not None and (len(word) > 2 or found <= 1):
            tiers[word] = found
    forms = [word for word in dictionary - people if tiers.get(word, 2) == 2]
    tiers.update(dict.fromkeys([word for word in forms if is_form(word, dictionary, tiers, senses)], 1))
    for word in listed("technical.txt"):
        tiers[word] = min(1, tiers.get(word, 1))
    # In the order of the alphabet, so that a word comes before its plural, and each build is the same.
    for word in sorted(word for word, found in tiers.items() if found == 1 and word not in people):
        singular = word[:-1] if word.endswith("s") else ""
        is_plural = tiers.get(singular) == 0 and singular in dictionary and not is_namelike(singular, senses)
        if is_plural or is_settled(word, counted.get(word, (0, 0, 0, 0)), dictionary, senses):
            tiers[word] = 0
    for word in [word for word, found in tiers.items() if found == 2 and word not in family]:
        if word not in dictionary and word not in senses:
            tiers[word] = 1  # a term that names nothing else
    for word in constants() | listed("public.txt") | set(string.ascii_lowercase):
        tiers[word] = 0
    for word in listed("never.txt"):
        tiers.pop(word, None)
    everybody = set().union(
        *(
            family,
            dictionary,
            (w for w, sense in senses.items() if sense in NAMELIKE_SENSES),
        )
    )
    tiers.update(dict.fromkeys(denied(everybody - tiers.keys(), tiers), 4))
    from aboveboard.privacy.words import pack

    target.write_bytes(pack(tiers))
    print(sorted(Counter(tiers.values()).items()), target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
