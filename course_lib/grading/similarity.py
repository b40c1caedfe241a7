"""Hand-ins that look alike: winnowed fingerprints as in Moss, which names, layout and comments do not change.

What students were given and what many of them have in common does not count. What is left is a reason to read two
hand-ins side by side, and no more than that.

Source: Schleimer, Wilkerson, Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003.
"""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from copydetect import CodeFingerprint, compare_files

_TOKENS, _WINDOW = 25, 4  # shortest passage that can count; every one of 28 characters after filtering does


@dataclass(frozen=True)
class Pair:
    """Two hand-ins, the share of the shorter one that both have, and the passages as they stand in each."""

    students: tuple[str, str]
    share: float
    passages: tuple[tuple[str, ...], tuple[str, ...]]


def alike(sources: dict[str, str], given: str, *, least: float = 0.5, most: int = 20) -> list[Pair]:
    """The pairs that share at least that much of the shorter hand-in, the most alike first."""
    boilerplate = np.array(sorted(_fingerprint("given", given).hashes))
    prints = {student: _fingerprint(student, source, boilerplate) for student, source in sources.items()}
    owners = defaultdict(list)
    for student, one in prints.items():
        for mark in one.hashes:
            owners[mark].append(student)
    common = max(10, len(sources) // 10)
    owners = {mark: who for mark, who in owners.items() if len(who) <= common}
    sizes = Counter(student for who in owners.values() for student in who)
    shared = Counter(pair for who in owners.values() for pair in combinations(who, 2))
    shares = {pair: number / min(sizes[one] for one in pair) for pair, number in shared.items()
              if min(sizes[one] for one in pair) >= 5}
    ranked = sorted((pair for pair, share in shares.items() if share >= least), key=lambda pair: (-shares[pair], pair))
    return [_pair(pair, shares[pair], prints) for pair in ranked[:most]]


def _pair(students: tuple[str, str], share: float, prints: dict[str, CodeFingerprint]) -> Pair:
    left, right = (prints[one] for one in students)
    _, _, slices = compare_files(left, right)
    return Pair(students, share, (_passages(left.raw_code, slices[0]), _passages(right.raw_code, slices[1])))


def _passages(code: str, slices: Iterable) -> tuple[str, ...]:
    """Whole lines around what matches, once each."""
    if not np.size(slices):
        return ()
    passages = []
    for start, end in zip(*np.sort(np.asarray(slices, int), axis=1)):
        first = code.rfind("\n", 0, start) + 1
        last = code.find("\n", end)
        passages.append(code[first : last if last >= 0 else len(code)])
    return tuple(dict.fromkeys(passages))


def _fingerprint(name: str, source: str, boilerplate=()) -> CodeFingerprint:
    return CodeFingerprint(f"{name}.py", _TOKENS, _WINDOW, boilerplate, language="python", fp=io.StringIO(source))
