"""Trains the classifier: `python -m compiler.classifier_data CASES.jsonl … [--rules rules/]`, which `make train` runs.

Writes `compiler/data/classifier.json` from labelled conversations (the fields of tests/eval/cases.jsonl) and from the
rulebook's own examples: every `bad` is a violation of its topic, every `good`, `say` and stored reply compliant.
Needs scikit-learn (`pip install -e '.[train]'`); nothing else of the project does. The same input gives the same file.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from compiler.build import Builder
from compiler.bundle import BETWEEN, Classifier
from compiler.classifier import FILE
from compiler.examples import context_of, parse
from compiler.matcher.classifier import BUYER_MESSAGES, BUYER_SHARE, BUYER_UNITS, REPLY_UNITS, ngrams
from compiler.matcher.reading import Reader
from compiler.rulebook import Reader as RulebookReader
from compiler.rulebook import Rulebook

GRAMS = 36000
"""Kept of all n-grams: twice as many find hardly more on unseen words, a third of them clearly less."""
RARE = 2
"""Texts that an n-gram must occur in."""
ROUGH = 40
"""Rounds of the first fit, which need not converge."""
STRENGTH = 3.0
"""Inverse of the regularisation (C of scikit-learn)."""
LOUDEST = 0.9995
"""Quantile of the weights that fills int8; the few beyond it are cut."""


class Sample(NamedTuple):
    topic: str
    """"" for compliant."""
    reply: tuple[Counter[str], int]
    """N-grams with the messages that they occur in, and how many n-grams there are."""
    buyer: tuple[Counter[str], int]


class Texts(NamedTuple):
    reply: str
    buyer: tuple[str, ...]
    topic: str


def from_cases(path: Path, topics: dict[str, str]) -> list[Texts]:
    """Labelled conversations; `topics` gives the id of each title."""
    found: list[Texts] = []
    for line in path.read_bytes().splitlines():
        case = msgspec.json.decode(line)
        said = tuple(turn["text"] for turn in case["turns"] if turn["role"] == "buyer")
        found.append(Texts(case["reply"], said, topics[case["expect"][0]["topic"]] if case["expect"] else ""))
    return found


def from_rules(book: Rulebook) -> list[Texts]:
    found: list[Texts] = []
    for rule in book.rules:
        if rule.source.status == "retired":
            continue
        # Of a hint no example is a violation, and a bad one not compliant either.
        bad = rule.source.bad if rule.level != "hint" else []
        for examples, topic in ((bad, rule.topic), (rule.source.good, "")):
            for example in examples:
                parsed = parse(example)
                said = tuple(turn.text for turn in parsed.turns if turn.role == "buyer")
                found.append(Texts(parsed.reply, said, topic))
        # As `ExampleRun.say` tries them: by themselves, and as the answer to what the first `bad` example asks.
        contexts = {(), tuple(turn.text for turn in context_of(rule) if turn.role == "buyer")}
        found += [Texts(text, context, "") for text in rule.source.say for context in sorted(contexts)]
    found += [Texts(text, (), "") for reply in book.replies for text in reply.source.say]
    return found


def samples(texts: Iterable[Texts], reader: Reader) -> list[Sample]:
    found = []
    for text in texts:
        buyer = [reader.fold(said).text for said in text.buyer[-BUYER_MESSAGES:]]
        heard = [ngrams(message, BUYER_UNITS) for message in buyer]
        said, count = ngrams(reader.fold(text.reply).text, REPLY_UNITS)
        asked = Counter(gram for present, _ in heard for gram in present)
        found.append(Sample(text.topic, (Counter(said), count), (asked, sum(count for _, count in heard))))
    return found


def train(data: Sequence[Sample]) -> Classifier:
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    topics = ["", *sorted({sample.topic for sample in data} - {""})]
    often: Counter[tuple[bool, str]] = Counter()
    for sample in data:
        often.update((False, gram) for gram in sample.reply[0])
        often.update((True, gram) for gram in sample.buyer[0])
    columns = sorted(key for key, count in often.items() if count >= RARE)

    def matrix(columns: Sequence[tuple[bool, str]], telling: Any) -> Any:
        index = {key: n for n, key in enumerate(columns)}
        rows, places, values = [], [], []
        for row, sample in enumerate(data):
            for buyer, (grams, count), share in ((False, sample.reply, 1.0), (True, sample.buyer, BUYER_SHARE)):
                value = share / max(1, count) ** 0.5
                for gram, times in sorted(grams.items()):
                    place = index.get((buyer, gram))
                    if place is not None:
                        rows.append(row)
                        places.append(place)
                        values.append(times * value * telling[place])
        return csr_matrix((values, (rows, places)), shape=(len(data), len(columns)))

    labels = [topics.index(sample.topic) for sample in data]

    def fit(columns: Sequence[tuple[bool, str]], rounds: int) -> tuple[Any, Any]:
        """Weights by column and topic, and the topics' biases."""
        # Rare n-grams say more, each time (inverse document frequency).
        telling = np.log(len(data) / np.array([often[key] for key in columns]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(C=STRENGTH, max_iter=rounds).fit(matrix(columns, telling), labels)
        return model.coef_.T * telling[:, None], model.intercept_

    # All of them first and roughly, then those that weigh most for the texts they occur in, weighed anew.
    rough, _ = fit(columns, ROUGH)
    weight = abs(rough).max(axis=1) * np.sqrt([often[key] for key in columns])
    kept = sorted(columns[n] for n in np.argsort(-weight, kind="stable")[:GRAMS])
    weights, biases = fit(kept, 400)
    scale = round(float(np.quantile(abs(weights), LOUDEST)) / 127, 6)
    return Classifier(
        topics=tuple(topics),
        reply=BETWEEN.join(gram for buyer, gram in kept if not buyer),
        buyer=BETWEEN.join(gram for buyer, gram in kept if buyer),
        scale=scale,
        bias=tuple(round(float(bias), 4) for bias in biases),
        weights=np.rint(weights / scale).clip(-127, 127).astype(np.int8).tobytes(),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description="Train the classifier.")
    arguments.add_argument("cases", nargs="+", type=Path)
    arguments.add_argument("--rules", type=Path, default=Path("rules"))
    arguments.add_argument("--out", type=Path, default=FILE)
    options = arguments.parse_args()
    book = RulebookReader(options.rules).read()
    topics = {title: topic for topic, title in book.topics.items()}
    texts = from_rules(book)
    for path in options.cases:
        texts += from_cases(path, topics)
    built = Builder(options.rules).build(examples=False)
    if built.engine is None:
        raise SystemExit("the rulebook has faults: replyguard check")
    model = train(samples(texts, built.engine.reader))
    options.out.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1))
    print(f"{len(texts)} texts → {options.out}, {options.out.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
