"""Patterns and texts for the benchmark, generated, and the same in every run: no corpus is shipped.

Words come from pypinyin's dictionary (a dependency of the product), ranked so that short words of common characters
come first, and are drawn by Zipf's law. Between them stand the particles, polite words, digits, Latin and punctuation
of a seller's chat. Every tenth message or so holds one of the patterns, besides those that occur by chance.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from functools import cache

from pypinyin.constants import PHRASES_DICT

SEED = 20240611

PARTICLES, ENDS, LATIN = map(
    str.split,
    (
        "的 了 我 你 是 不 在 有 吗 呢 哦 啊 亲 您 就 都 也 要 这 那 给 和 到 还 会 能 可以 这个 那个 什么 怎么 没有 我们 "
        "您好 亲爱的 在的 请问 谢谢 好的 不是 一下 现在 已经 还是 如果 的话 因为 收到 发货 快递 退款 尺码 颜色 质量 客服 订单",
        "， 。 ！ ？ ~ … ， ， 。 、",
        "ok OK VIP xl M L 5g usb type-c app http://t.cn/ wifi",
    ),
)


@cache
def words() -> tuple[str, ...]:
    """Two to eight Chinese characters, the commonest first."""
    found = sorted(word for word in PHRASES_DICT if 2 <= len(word) <= 8 and all("一" <= unit <= "龥" for unit in word))
    count = Counter("".join(found))
    return tuple(sorted(found, key=lambda word: (-min(count[unit] for unit in word) / len(word), word)))


def patterns(number: int) -> list[str]:
    """Distinct, as a rulebook's are: words, families of one stem, and look-alikes that differ in one character."""
    rng = random.Random(SEED + number)
    vocabulary = words()
    stems = rng.choices(vocabulary[:20_000], k=max(1, number // 12))
    chosen: dict[str, None] = {}
    while len(chosen) < number:
        kind = rng.random()
        if kind < 0.35:
            pattern = rng.choice(vocabulary)
        elif kind < 0.85 or not chosen:
            pattern = rng.choice(stems) + rng.choice(vocabulary[:10_000])[: rng.choice((1, 1, 2, 2, 2, 3, 4))]
        else:
            model = rng.choice(stems) + rng.choice(vocabulary[:2_000])
            at = rng.randrange(len(model))
            pattern = model[:at] + rng.choice(rng.choice(vocabulary)) + model[at + 1 :]
        chosen[pattern[:8]] = None
    return list(chosen)


def chat_log(length: int, planted: list[str]) -> str:
    """`length` UTF-16 units of chat, one message a line; all in the BMP."""
    rng = random.Random(SEED)
    vocabulary = words()
    weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(len(vocabulary))))
    drawn = iter(rng.choices(vocabulary, cum_weights=weights, k=length // 2))
    parts: list[str] = []
    size = 0
    while size < length:
        message = ["买家：" if rng.random() < 0.5 else "客服："]
        for _ in range(int(rng.lognormvariate(2.2, 0.6)) + 1):
            kind = rng.random()
            if kind < 0.42:
                message.append(rng.choice(PARTICLES))
            elif kind < 0.80:
                message.append(next(drawn))
            elif kind < 0.95:
                message.append(rng.choice(ENDS))
            elif kind < 0.98:
                message.append(str(rng.randrange(10 ** rng.choice((1, 2, 3, 6, 11)))))
            else:
                message.append(rng.choice(LATIN))
        if rng.random() < 0.1:
            message.insert(rng.randrange(1, len(message) + 1), rng.choice(planted))
        message.append("\n")
        line = "".join(message)
        parts.append(line)
        size += len(line)
    return "".join(parts)[:length]


def replies(log: str, number: int) -> list[str]:
    """Single messages of the log, as an agent would send them."""
    lines = [line.partition("：")[2] for line in log[: number * 80].splitlines()]
    return [line for line in lines if 4 <= len(line) <= 80][:number]
