"""Rulebooks of any size, generated, shaped like the real one: phrases of two to eight characters with shared beginnings,
groups that multiply, three bad and three good examples a rule. The same seed gives the same files."""

from __future__ import annotations

import random
from pathlib import Path

_FIRST = "加联系找转打发送给报退开补换收付下拍买卖查改催投催评返红优保质功治防减美白瘦快准低最好新全独首顶包免赠"
_REST = "微信号码电话地址银行卡款单货票邮费链接店铺客服平台活动价格时间承诺效果副作用成分会员积分现金二维群友好评差"


def write(root: Path, rules: int, files: int, seed: int = 1) -> None:
    """A rulebook of `rules` rules in `files` files, and words.yaml with 20 groups."""
    random_ = random.Random(seed)

    def word(low: int = 2, high: int = 5) -> str:
        return random_.choice(_FIRST) + "".join(random_.choices(_REST, k=random_.randint(low, high) - 1))

    root.mkdir(parents=True, exist_ok=True)
    groups = {f"group_{n}": [word(2, 4) for _ in range(15)] for n in range(20)}
    lines = [
        "fillers: [亲, 哦, 呢, 哈, 的]",
        "negation:",
        "  before: [不, 没, 不能, 没有, 别]",
        "  reach: 6",
        "groups:",
    ]
    lines += [f"  {name}: [{', '.join(members)}]" for name, members in groups.items()]
    (root / "words.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    names = list(groups)
    for n in range(files):
        out = [
            f"topic: topic-{n}",
            f"title: 主题{n}",
            "defaults: {level: block, source: 平台规则 2026-01-01}",
            "rules:",
        ]
        for m in range(n, rules, files):
            one, other = random_.sample(names, 2)
            plain, second = f"{word(3, 6)}甲{m}", word(3, 6)
            out += [
                f"  - id: topic-{n}.rule-{m}",
                f"    title: 不得{word()}",
                "    penalty: {tmall: 6}",
                f"    find: [{plain}, (帮|给)(您|你){second}, <{one}>…6<{other}>{word(2, 3)}]",
                f"    except: [{plain}规定]",
                f"    why: 平台不允许{word()}，会被扣分。",
                f"    say: [亲，这里按平台规则为您处理{m}]",
                f"    bad: [〔{plain}〕就行, 我〔给您{second}〕吧, 可以〔帮你{second}〕]",
                f"    good: [不能{plain}, 按{plain}规定办, 您好请稍等{m}]",
            ]
        (root / f"topic-{n}.yaml").write_text("\n".join(out) + "\n", encoding="utf-8")
