"""The classifier that releases carry: `compiler/data/classifier.json`, made by `compiler.classifier_data`.

docs/classifier.md says what it is for and how it is trained and measured; `compiler/matcher/classifier.py` applies it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from compiler.bundle import Classifier

FILE = Path(__file__).parent / "data" / "classifier.json"


@cache
def load_classifier() -> Classifier:
    """The committed classifier."""
    return msgspec.json.decode(FILE.read_bytes(), type=Classifier)
