from collections.abc import Callable, Mapping
from typing import Any

from fastw2v.phrases._counts import PhraseTable

ORIGINAL: int
NPMI: int
CUSTOM: int
FROZEN: int

TOKENS: int
PAIRS: int
PHRASES: int

class Rule:
    def __init__(
        self,
        kind: int,
        threshold: float,
        min_count: float = 0,
        len_vocab: float = 0,
        corpus_word_count: float = 0,
        scorer: Callable[..., Any] | None = None,
        scores: Mapping[str, Any] | None = None,
        table: PhraseTable | None = None,
    ) -> None: ...

def export(table: PhraseTable, rule: Rule) -> dict[str, Any]: ...

class Segmenter:
    def __init__(self, table: PhraseTable, rule: Rule) -> None: ...
    def segment(
        self, sentences: list[list[Any]], form: int = ..., whole_only: bool = False
    ) -> list[list[Any] | None]: ...
