"""An engine of what some texts can hold is, for these texts, the engine of the whole rulebook."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from compiler import overlay
from compiler.assembly import Assembly
from compiler.build import Builder
from compiler.examples import texts_of
from compiler.folding import bundle_folding
from compiler.lowering import Lowering
from compiler.matcher.conversation import Conversation, Turn
from compiler.matcher.engine import Engine
from compiler.matcher.fold import Folder
from compiler.programs import Programs
from compiler.rulebook import Reader
from compiler.schema import ChannelSource
from compiler.touched import searched
from tests.benchmarks import rulebooks


@pytest.mark.parametrize("seed", range(4))
def test_findings_are_the_same(seed: int, tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 40, 3, seed)
    builder = Builder(tmp_path)
    whole = builder.build().engine
    assert whole is not None
    book = Reader(tmp_path).read()
    rules = overlay.apply(book, "", "2026-01-01").rules
    folding = bundle_folding(sorted(book.astral))
    folder = Folder(folding)
    lowering = Lowering(lambda text: folder.fold(text).text)
    lowering.begin(book)
    assembly = Assembly(
        book, overlay.apply(book, "", "2026-01-01"), Programs(lowering), ChannelSource(id="default"), folding
    )
    random = Random(seed)
    said = [text for rule in rules for text in texts_of(rule)]
    found = 0
    for _ in range(40):
        reply = random.choice(["", " ", "。", "♥"]).join(random.sample(said, 3))
        asked = random.choice(said)
        conversation = Conversation(reply, (Turn("buyer", asked),))
        texts = [part for text in (reply, asked) for part in searched(text, folder)]
        some = Engine(assembly.part(rules, texts)[0], folder)
        assert some.check(conversation) == whole.check(conversation), (asked, reply)
        assert len(some.bundle.atoms.literals) < len(whole.bundle.atoms.literals)
        found += len(whole.check(conversation))
    assert found > 20
