"""LLVM text of the driver of a team: threads that share the passes over one tile, group by group.

The function is `void team(ptr sweep, ptr blocks, ptr re, ptr im, ptr mixed, ptr team, i64 joins, i64 begin, i64 end)`.
The first five arguments are those of `qlang.kernels.cpu.driver_text`; sweep, re and im are the same for all members,
blocks and mixed are each member's own. A *step* is the gathering of a tile, a run of passes over it, or its scattering.

The leader (`joins` 0) leads the steps begin … end−1. At each it counts who has joined so far, publishes the step with
that number, does its share, and waits for the others' shares. A member (`joins` 1) joins, then does its share of each
step that counts it in, until the team is dismissed. So nobody ever waits for a thread that has not begun, and one that
comes late finds a later step, or none.

Everyone has the same share of the groups or pieces in each run, so that it is in the cache of its processor, and takes
it part by part; who is done takes parts of the others' shares, for processors are not equally fast: another machine may
be at work on the other half of one. Groups of vectors are independent: the bits do not depend on who does what.
"""

from __future__ import annotations

from enum import IntEnum

from qlang.kernels.cpu.arguments import Word
from qlang.kernels.cpu.driver_text import Driver, Run, SweepWord, Tile, deposited
from qlang.kernels.cpu.host import Precision, Target
from qlang.kernels.cpu.text import module

SPINS = 1000
"""Looks at a word before the processor is offered to other threads."""
PATIENCE = 2000
"""Looks after which the leader goes on alone: about a millisecond, in which something else ran on the other's
processor. One such wait costs more than the rest of most runs."""
PIECE_BITS = 3
"""A share is taken in eighths …"""
LEAST_PIECE = 64
"""… but in no fewer groups: some microseconds."""
LINE_WORDS = 16
"""Words that no two threads write for themselves: two lines of the cache, which some processors fetch together."""
SIZE_BITS = 12
"""Of a published step that say how many do it."""
DISMISSED = -1
"""Published when there are no more steps."""


class TeamWord(IntEnum):
    """The words of a team; those that different threads write have cache lines of their own."""

    JOINED = 0
    """Members that have joined, the leader not among them."""
    STEP = 16
    """(number + 1) << SIZE_BITS | size of the team; 0: none yet."""
    FINISHED = 32
    """Shares done by members, in all steps."""
    EXPECTED = 48
    """The leader's: what FINISHED will be."""
    YIELD = 49
    """A function without arguments that offers the processor to other threads."""
    ALONE = 50
    """The leader's: not 0 when it waits for nobody any more."""
    TAKEN = 64
    """For each share how many of its pieces have been taken in this step; `LINE_WORDS` from one to the next."""


def team_module(target: Target, precision: Precision, name: str) -> str:
    """The text of the module."""
    arguments = "ptr %team, i64 %joins, i64 %begin, i64 %end"
    driver = _Team(target, precision, name, arguments)
    driver.write_team()
    return module(driver.text)


class _Team(Driver):
    def write_team(self) -> None:
        """The loop over steps."""
        text = self.text
        self._begin()
        self.places = {word: text.at("%team", 8 * word) for word in TeamWord}
        self.idle = text.load("ptr", self.places[TeamWord.YIELD])
        self.joins = text.value("icmp ne i64 %joins, 0")
        extra = text.value(f"select i1 {self.in_place}, i64 0, i64 1")
        self.before_passes = text.binary("sub", "1", extra)
        self.steps = text.binary("add", self.words[SweepWord.RUNS], text.binary("shl", extra, 1))
        self.member, self.known, self.next = (text.value("alloca i64") for _ in range(3))
        text.store("i64", "0", self.member)
        text.store("i64", "0", self.known)
        text.store("i64", "%begin", self.next)
        with text.when(self.joins):
            before = text.value(f"atomicrmw add ptr {self.places[TeamWord.JOINED]}, i64 1 acq_rel")
            text.store("i64", text.binary("add", before, 1), self.member)
        text.put("br label %turn")
        text.label("turn")
        text.put(f"br i1 {self.joins}, label %follow, label %lead")
        self._lead()
        self._follow()
        text.label("work")
        text.put("%size = phi i64 [%size.led, %published], [%size.followed, %counted]")
        text.put("%step = phi i64 [%step.led, %published], [%step.followed, %counted]")
        self._work("%step", "%size")
        text.put(f"br i1 {self.joins}, label %report, label %collect")
        self._report()
        text.label("leave")

    def _lead(self) -> None:
        """Chooses and publishes the next step."""
        text = self.text
        text.label("lead")
        text.put(f"%step.led = load i64, ptr {self.next}")
        text.put("%more = icmp ult i64 %step.led, %end")
        text.put("br i1 %more, label %publish, label %leave")
        text.label("publish")
        joined = text.value(f"load atomic i64, ptr {self.places[TeamWord.JOINED]} acquire, align 8")
        alone = text.value(f"icmp ne i64 {text.load('i64', self.places[TeamWord.ALONE])}, 0")
        text.put(f"%size.led = add i64 {text.value(f'select i1 {alone}, i64 0, i64 {joined}')}, 1")
        with text.loop("%size.led") as loop:
            text.store("i64", "0", self._taken(loop["index"]))
        number = text.binary("shl", text.binary("add", "%step.led", 1), SIZE_BITS)
        word = text.binary("or", number, "%size.led")
        text.put(f"store atomic i64 {word}, ptr {self.places[TeamWord.STEP]} release, align 8")
        text.put("br label %published")
        text.label("published")
        text.put("br label %work")

    def _follow(self) -> None:
        """Waits for a step that counts this member in."""
        text = self.text
        text.label("follow")
        word, _ = self._await(TeamWord.STEP, "ne", text.load("i64", self.known))
        text.store("i64", word, self.known)
        dismissed = text.value(f"icmp eq i64 {word}, {DISMISSED}")
        text.put(f"br i1 {dismissed}, label %leave, label %counted")
        text.label("counted")
        text.put(f"%size.followed = and i64 {word}, {(1 << SIZE_BITS) - 1}")
        text.put(f"%step.followed = sub i64 {text.binary('lshr', word, SIZE_BITS)}, 1")
        inside = text.value(f"icmp ult i64 {text.load('i64', self.member)}, %size.followed")
        text.put(f"br i1 {inside}, label %work, label %follow")

    def _report(self) -> None:
        """The ends of a step: a member tells that its share is done, the leader waits for all shares."""
        text = self.text
        text.label("report")
        text.value(f"atomicrmw add ptr {self.places[TeamWord.FINISHED]}, i64 1 acq_rel")
        text.put("br label %follow")
        text.label("collect")
        expected = text.binary("sub", text.binary("add", text.load("i64", self.places[TeamWord.EXPECTED]), "%size"), 1)
        text.store("i64", expected, self.places[TeamWord.EXPECTED])
        _, looks = self._await(TeamWord.FINISHED, "eq", expected)
        with text.when(text.value(f"icmp ugt i64 {looks}, {PATIENCE}")):
            text.store("i64", "1", self.places[TeamWord.ALONE])
        text.store("i64", text.binary("add", "%step", 1), self.next)
        text.put("br label %turn")

    def _await(self, word: TeamWord, relation: str, other: str) -> tuple[str, str]:
        """Waits until a word stands in a relation to a value; the word, and how many looks in vain it took."""
        text = self.text
        spin, wait, offer, again, done = (text.fresh(stem) for stem in ("spin", "wait", "offer", "again", "done"))
        count = f"%{spin}.count"
        text.put(f"br label %{spin}")
        before = text.block
        text.label(spin)
        text.put(f"{count} = phi i64 [0, %{before}], [{count}.next, %{again}]")
        value = text.value(f"load atomic i64, ptr {self.places[word]} acquire, align 8")
        text.put(f"br i1 {text.value(f'icmp {relation} i64 {value}, {other}')}, label %{done}, label %{wait}")
        text.label(wait)
        self._pause()
        tired = text.value(f"icmp uge i64 {count}, {SPINS}")
        text.put(f"br i1 {tired}, label %{offer}, label %{again}")
        text.label(offer)
        text.value(f"call i32 {self.idle}()")
        text.put(f"br label %{again}")
        text.label(again)
        text.put(f"{count}.next = add i64 {count}, 1")
        text.put(f"br label %{spin}")
        text.label(done)
        return value, count

    def _pause(self) -> None:
        """Tells the processor that this thread is waiting."""
        if self.target.permute == "neon":
            self.text.call("void", "llvm.aarch64.hint", ("i32", "1"))
        elif self.target.permute != "extract":
            self.text.call("void", "llvm.x86.sse2.pause")

    def _work(self, step: str, size: str) -> None:
        """This thread's share of a step."""
        text, words = self.text, self.words
        unit = text.binary("udiv", step, self.steps)
        place = text.binary("add", text.binary("sub", step, text.binary("mul", unit, self.steps)), self.before_passes)
        tile = self._tile(unit)
        member = text.load("i64", self.member)
        chunks = self._share(words[SweepWord.CHUNKS], member, size)
        with text.when(text.value(f"icmp eq i64 {place}, 0")):
            self._copy(tile.state, ["%re", "%im"], chunks, gather=True)
        last = text.binary("add", words[SweepWord.RUNS], 1)
        with text.when(text.value(f"icmp eq i64 {place}, {last}")):
            self._copy(["%re", "%im"], tile.state, chunks, gather=False)
        number = text.binary("sub", place, 1)
        with text.when(text.value(f"icmp ult i64 {number}, {words[SweepWord.RUNS]}")):
            self._run(tile, number, member, size)

    def _share(self, count: str, member: str, size: str) -> tuple[str, str]:
        """The part of `count` things that is a member's: the first one, how many."""
        text = self.text
        following = text.binary("mul", count, text.binary("add", member, 1))
        first = text.binary("udiv", text.binary("mul", count, member), size)
        return first, text.binary("sub", text.binary("udiv", following, size), first)

    def _run(self, tile: Tile, number: str, member: str, size: str) -> None:
        """Pieces of a run or groups of its only pass: a member's own, then what others have not begun of theirs."""
        text = self.text
        run = self._ready_run(tile, number, "0")
        groups = text.load("i64", run.block, 8 * Word.GROUPS)
        pieces = text.binary("shl", "1", text.call("i64", "llvm.ctpop.i64", ("i64", run.fixed)))
        alone = text.value(f"icmp eq i64 {run.fixed}, 0")
        whole = text.value(f"select i1 {alone}, i64 {groups}, i64 {pieces}")
        with text.loop(size) as loop:
            share = text.binary("add", member, loop["index"])
            beyond = text.value(f"icmp uge i64 {share}, {size}")
            share = text.binary("sub", share, text.value(f"select i1 {beyond}, i64 {size}, i64 0"))
            self._parts(tile, run, alone, share, self._share(whole, share, size), size)
        text.store("i64", groups, run.block, 8 * Word.GROUPS)

    def _taken(self, share: str) -> str:
        """Where the count of a share's pieces is."""
        return self.text.at(self.places[TeamWord.TAKEN], self.text.binary("mul", share, 8 * LINE_WORDS))

    def _parts(self, tile: Tile, run: Run, whole: str, share: str, span: tuple[str, str], size: str) -> None:
        """Takes parts of a share (the first group or piece, how many), as long as there are any."""
        text, (first, count), block = self.text, span, run.block
        part = text.binary("lshr", count, PIECE_BITS)
        small = text.value(f"icmp ult i64 {part}, {LEAST_PIECE}")
        part = text.value(f"select i1 {small}, i64 {LEAST_PIECE}, i64 {part}")
        alone = text.value(f"icmp eq i64 {size}, 1")
        part = text.value(f"select i1 {alone}, i64 {count}, i64 {part}")
        part = text.value(f"select i1 {whole}, i64 {part}, i64 1")
        taken = self._taken(share)
        free = text.binary("xor", text.load("i64", block, 8 * Word.WALK), -1)
        take, piece, none = (text.fresh(stem) for stem in ("take", "piece", "none"))
        text.put(f"br label %{take}")
        text.label(take)
        begin = text.binary("mul", text.value(f"atomicrmw add ptr {taken}, i64 1 monotonic"), part)
        text.put(f"br i1 {text.value(f'icmp ult i64 {begin}, {count}')}, label %{piece}, label %{none}")
        text.label(piece)
        number = text.binary("add", first, begin)
        with text.when(whole):
            left = text.binary("sub", count, begin)
            last = text.value(f"icmp ult i64 {left}, {part}")
            text.store("i64", text.value(f"select i1 {last}, i64 {left}, i64 {part}"), block, 8 * Word.GROUPS)
            self._call(tile, block, deposited(text, number, free))
        with text.when(text.binary("xor", whole, "true", "i1")):
            self._call_piece(tile, run, deposited(text, number, run.fixed))
        text.put(f"br label %{take}")
        text.label(none)
