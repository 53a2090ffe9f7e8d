"""Whether a regular expression takes time that grows as a text does, and not as its square or worse.

A matcher that goes back and tries again is slow where one text can be cut up in ever more ways: where two places p and
q of a pattern can both be repeated by the same letters that lead from p to q (A. Weber, H. Seidl, On the degree of
ambiguity of finite automata, Theor. Comput. Sci. 88, 325 (1991)), or one place can be reached from itself in two ways.
A place is a character of the pattern here; what a match may end with is exempt: nothing is tried again behind it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from re import _compiler, _constants, _parser

REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}
LOOKS = {_constants.ASSERT, _constants.ASSERT_NOT}
START, SEARCHED, END = 0, 1, -1
SAMPLES = "\0\n\r\t aAbfzZ0159_-+.,;:'\"\\/|#*$()[]{}<>é\xa0\u202f\u0301θ漢"


@dataclass
class Automaton:
    """Places with the letters that each takes, and in how many ways one leads to the next; -1 is the end.

    Attributes
    ----------
    letters : list of frozenset
    ways : list of dict
        From each place to each next one: 1, or 2 for more than one way.
    settled : set of int
        Places behind which the match has succeeded whatever follows.
    heavy : list
        Bodies of more than one character that are repeated without end: each turn is remembered.
    """

    letters: list[frozenset] = field(default_factory=list)
    ways: list[dict[int, int]] = field(default_factory=list)
    settled: set[int] = field(default_factory=set)
    heavy: list = field(default_factory=list)


def slow_parts(pattern: re.Pattern, method: str) -> list[str]:
    """Return what makes a pattern slower than linear, or let its memory grow, when it is used by such a method."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    if len(tree) and tree[0] == (_constants.AT, _constants.AT_BEGINNING_STRING):
        method = "match"
    found = _faults(tree, pattern, method)
    for inner in _looks(tree):
        found += _faults(inner, pattern, "search")
    return found


def _faults(tree: "_parser.SubPattern", pattern: re.Pattern, method: str) -> list[str]:
    made = _Maker(tree, pattern, method).automaton
    found = [f"each turn of {body} is remembered" for body in made.heavy]
    reach = _closure(made)
    loose = {place for place in range(len(made.letters)) if place not in made.settled}
    loops = sorted(place for place in loose & reach[START] if place in reach[place])
    step = {place: [(to, made.ways[place][to]) for to in made.ways[place] if to != END] for place in range(len(reach))}
    again = method not in ("match", "fullmatch", "search")
    for p in loops:
        if _twice_around(p, step, made, reach):
            found.append(f"two ways around through {sorted(made.letters[p])[:5]}")
        for q in loops:
            between = None if again and p == SEARCHED else loose
            if p != q and q in reach[p] and _pumps(p, q, step, made, reach, between):
                found.append(f"{sorted(made.letters[p])[:5]}* and then {sorted(made.letters[q])[:5]}*")
    return found


def _closure(made: Automaton) -> list[set[int]]:
    reach = []
    for place in range(len(made.letters)):
        seen, todo = set(), [place]
        while todo:
            for to in made.ways[todo.pop()]:
                if to != END and to not in seen:
                    seen.add(to)
                    todo.append(to)
        reach.append(seen)
    return reach


def _twice_around(p: int, step: dict, made: Automaton, reach: list[set[int]]) -> bool:
    """Return whether the same letters lead from a place to itself in two ways."""
    seen, todo = set(), [(p, p, False)]
    while todo:
        one, two, parted = todo.pop()
        for (to, ways), (other, more) in product(step[one], step[two]):
            if not made.letters[to] & made.letters[other] or p not in reach[to] & reach[other]:
                continue
            apart = parted or to != other or max(ways, more) > 1
            if to == other == p and apart:
                return True
            if (to, other, apart) not in seen:
                seen.add((to, other, apart))
                todo.append((to, other, apart))
    return False


def _pumps(p: int, q: int, step: dict, made: Automaton, reach: list[set[int]], between: set[int] | None) -> bool:
    """Return whether the same letters lead from p to p, from p to q and from q to q."""
    seen, todo = set(), [(p, p, q)]
    while todo:
        here = todo.pop()
        for (first, _), (middle, _), (last, _) in product(*(step[place] for place in here)):
            now = first, middle, last
            if now in seen or not made.letters[first] & made.letters[middle] & made.letters[last]:
                continue
            if p not in reach[first] or q not in reach[middle] & reach[last]:
                continue
            if between is not None and middle not in between:
                continue
            if now == (p, q, q):
                return True
            seen.add(now)
            todo.append(now)
    return False


class _Maker:
    """Builds the automaton of a pattern: first a graph with empty steps, then the ways between its characters."""

    def __init__(self, tree: "_parser.SubPattern", pattern: re.Pattern, method: str) -> None:
        self.flags, self.tree = pattern.flags, tree
        binary = isinstance(pattern.pattern, bytes)
        letters = {chr(code) for code in _codes(tree) if code < (256 if binary else 0x110000)} | set(SAMPLES)
        near = {chr(ord(letter) + by) for letter in letters for by in (-1, 1) if 0 <= ord(letter) + by < 0x110000}
        letters |= {letter for letter in near if not 0xD800 <= ord(letter) <= 0xDFFF}
        if binary:
            self.alphabet = [letter.encode("latin-1") for letter in sorted(letters) if ord(letter) < 256]
        else:
            self.alphabet = sorted(letters)
        self.automaton = Automaton()
        self.steps: list[
            list[tuple[int, bool]]
        ] = []  # where empty steps lead, and whether they depend on what is there
        self.place_of: dict[int, int] = {}  # of the nodes before places
        self.before: dict[int, int] = {}
        self.behind: dict[int, int] = {}
        self.known: dict[str, frozenset] = {}
        start, searched = self._place(frozenset()), self._place(frozenset(self.alphabet))
        begin, end = self._node(), self._node()
        self.steps[self._chain(list(tree), begin)].append((end, False))
        self.steps[self.behind[start]].append((begin, False))
        if method not in ("match", "fullmatch"):
            self.steps[self.behind[start]].append((self.before[searched], False))
            self.steps[self.behind[searched]] += [(begin, False), (self.before[searched], False)]
        for place in self.behind:
            self._ways(place, end)
        if method == "fullmatch":
            self.automaton.settled = set()

    def _place(self, letters: frozenset) -> int:
        """Add a character of the pattern, with a node before and one behind it."""
        place = len(self.automaton.letters)
        self.automaton.letters.append(letters)
        self.automaton.ways.append({})
        self.before[place], self.behind[place] = self._node(), self._node()
        self.place_of[self.before[place]] = place
        return place

    def _node(self) -> int:
        self.steps.append([])
        return len(self.steps) - 1

    def _chain(self, nodes: list, begin: int) -> int:
        for node in nodes:
            begin = self._one(node, begin)
        return begin

    def _one(self, node: tuple, begin: int) -> int:
        op, value = node
        if op is _constants.BRANCH:
            end = self._node()
            for branch in value[1]:
                inner = self._node()
                self.steps[begin].append((inner, False))
                self.steps[self._chain(list(branch), inner)].append((end, False))
            return end
        if op is _constants.SUBPATTERN:
            return self._chain(list(value[3]), begin)
        if op is _constants.ATOMIC_GROUP:
            return self._chain(list(value), begin)
        if op in REPEATS:
            return self._repeat(*value, begin)
        if op in LOOKS or op is _constants.AT:
            end = self._node()
            self.steps[begin].append((end, True))
            return end
        if op in (_constants.GROUPREF, _constants.GROUPREF_EXISTS):
            raise NotImplementedError("a pattern that refers to its own groups is not looked into")
        place = self._place(self._taken(node))
        self.steps[begin].append((self.before[place], False))
        return self.behind[place]

    def _repeat(self, least: int, most: int, body: "_parser.SubPattern", begin: int) -> int:
        for _ in range(least):
            begin = self._chain(list(body), begin)
        end = self._node()
        self.steps[begin].append((end, False))
        if most is _constants.MAXREPEAT:
            if body.getwidth() != (1, 1) or len(body) != 1:
                self.automaton.heavy.append(str(list(body))[:80])
            inner = self._node()
            self.steps[begin].append((inner, False))
            last = self._chain(list(body), inner)
            self.steps[last] += [(inner, False), (end, False)]
            return end
        for _ in range(most - least):
            begin = self._chain(list(body), begin)
            self.steps[begin].append((end, False))
        return end

    def _taken(self, node: tuple) -> frozenset:
        if repr(node) not in self.known:
            alone = _parser.SubPattern(self.tree.state, [node])
            test = _compiler.compile(alone, self.flags)
            self.known[repr(node)] = frozenset(letter for letter in self.alphabet if test.fullmatch(letter))
        return self.known[repr(node)]

    def _ways(self, place: int, end: int) -> None:
        """Follow the empty steps from behind a place to all next ones."""

        def follow(node: int, path: frozenset, sure: bool) -> None:
            if node in self.place_of:
                ways = self.automaton.ways[place]
                ways[self.place_of[node]] = min(2, ways.get(self.place_of[node], 0) + 1)
                return
            if node == end:
                if sure:
                    self.automaton.settled.add(place)
                return
            for to, depends in self.steps[node]:
                if to not in path:
                    follow(to, path | {to}, sure and not depends)

        follow(self.behind[place], frozenset(), True)


def _codes(tree: "_parser.SubPattern") -> Iterator[int]:
    """Yield the code of every character that a pattern names, and of those at the ends of its ranges."""
    for op, value in tree:
        if op in (_constants.LITERAL, _constants.NOT_LITERAL):
            yield value
        elif op is _constants.RANGE:
            yield from value
        elif op is _constants.IN:
            yield from _codes(value)
        else:
            for inner in _inside(op, value):
                yield from _codes(inner)


def _inside(op: object, value: tuple) -> list:
    if op is _constants.BRANCH:
        return value[1]
    if op in REPEATS:
        return [value[2]]
    if op is _constants.SUBPATTERN:
        return [value[3]]
    if op in LOOKS:
        return [value[1]]
    return [value] if op is _constants.ATOMIC_GROUP else []


def _looks(tree: "_parser.SubPattern") -> Iterator["_parser.SubPattern"]:
    for op, value in tree:
        if op in LOOKS:
            yield value[1]
        for inner in _inside(op, value):
            yield from _looks(inner)
