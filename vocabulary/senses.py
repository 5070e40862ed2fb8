"""Does a word name the kind of thing that people name projects, machines and each other after?

WordNet (Princeton, permissive licence) sorts nouns by what they mean. Animals, plants, foods, people, places,
natural things and money are what names are made of; acts, artifacts, ideas, messages, states and measures are
what errors are made of. A word's first noun sense decides.
"""

from pathlib import Path

PERSON = 18
# Numbers of lexicographer files, from WordNet's lexnames(5).
NAMELIKE = {
    5: "animal",
    8: "body",
    13: "food",
    15: "location",
    17: "object",
    18: "person",
    19: "phenomenon",
    20: "plant",
    21: "possession",
    27: "substance",
    12: "feeling",
    14: "group",
}


def first_senses(folder: Path) -> dict[str, int]:
    """The lexicographer file of the first noun sense of every single word."""
    files: dict[str, int] = {}
    for line in (folder / "data.noun").open(encoding="utf-8"):
        if not line.startswith(" "):
            offset, file = line.split(" ", 2)[:2]
            files[offset] = int(file)
    senses: dict[str, int] = {}
    for line in (folder / "index.noun").open(encoding="utf-8"):
        if line.startswith(" "):
            continue
        fields = line.split()
        pointers = int(fields[3])
        senses[fields[0]] = files[fields[6 + pointers]]
    return senses


def is_namelike(word: str, senses: dict[str, int]) -> bool:
    """Say whether a word, or the singular of it, is first of all such a noun."""
    forms = [word]
    if word.endswith("s"):
        forms.append(word[:-1])
    if word.endswith("es"):
        forms.append(word[:-2])
    if word.endswith("ies"):
        forms.append(word[:-3] + "y")
    return any(senses.get(form) in NAMELIKE for form in forms)
