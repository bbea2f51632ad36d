"""Programs find this package's log records under gensim's names while the patch lasts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.processes import needs_gensim, run, run_without_gensim

import fastw2v
from fastw2v.patch.names import LOGGERS

START = """
import logging, unittest
from gensim.models import Phrases, Word2Vec
class Keeping(logging.Handler):
    def __init__(self): super().__init__(); self.names = []
    def emit(self, record): self.names.append(record.name); assert record.getMessage()
def keeping(name):
    handler = Keeping(); logging.getLogger(name).addHandler(handler); return handler.names
def train(): return Word2Vec([["a", "b"]] * 9, vector_size=4, min_count=1, workers=1)
"""

BY_NAME = """
case = unittest.TestCase()                       # the root is at WARNING, as in any program
for name in ("gensim.models.word2vec", "gensim.models", "gensim"):
    with case.assertLogs(name, "INFO") as caught:
        train()
    assert {record.name for record in caught.records} == {"gensim.models.word2vec"}, caught.output
    assert any("lifecycle" in line for line in caught.output)
with case.assertLogs("gensim.models.phrases", "INFO"):
    Phrases([["a", "b"]])
with case.assertLogs("gensim.models.keyedvectors", "WARNING"):
    train().wv.doesnt_match(["a", "b", "x"])
"""

SILENCED = """
root = keeping(None)
logging.getLogger().setLevel(logging.INFO)
train()
assert set(root) == {"gensim.models.word2vec"}
del root[:]
for name in ("gensim", "gensim.models.word2vec"):
    logging.getLogger(name).setLevel(logging.WARNING); train(); assert not root
    logging.getLogger(name).setLevel(logging.NOTSET); train(); assert root; del root[:]
logger = logging.getLogger("gensim.models.word2vec")
logger.disabled = True; train(); assert not root
logger.disabled = False; train(); assert root; del root[:]
logger.propagate = False; train(); assert not root
logger.propagate = True
nothing = lambda record: False
logger.addFilter(nothing); train(); assert not root
logger.removeFilter(nothing)
"""

EACH_RECORD_ONCE = """
import fastw2v
seen = {name: keeping(name) for name in (None, "gensim", "gensim.models.word2vec", "fastw2v", "fastw2v.word2vec")}
logging.getLogger().setLevel(logging.INFO)
train()
counts = {name: len(names) for name, names in seen.items()}
assert len(set(counts.values())) == 1 and counts[None] > 3, counts
fastw2v.unpatch_gensim()
for names in seen.values(): del names[:]
fastw2v.Word2Vec([["a", "b"]] * 9, vector_size=4, min_count=1, workers=1)
assert not seen["gensim"] and not seen["gensim.models.word2vec"]
assert set(seen[None]) == set(seen["fastw2v"]) == {"fastw2v.word2vec"}
assert len(seen[None]) == len(seen["fastw2v"]) == counts[None]
logging.getLogger("fastw2v").setLevel(logging.WARNING)
fastw2v.Word2Vec([["a", "b"]] * 9, vector_size=4, min_count=1, workers=1)
assert len(seen[None]) == counts[None]
"""

PROGRAMS = [
    pytest.param(START + BY_NAME, id="by name"),
    pytest.param(START + SILENCED, id="silenced"),
    pytest.param(START + EACH_RECORD_ONCE, id="each record once"),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_without_gensim(program: str) -> None:
    run_without_gensim(program)


@needs_gensim
@pytest.mark.gensim
@pytest.mark.parametrize("program", PROGRAMS)
def test_with_gensim(program: str) -> None:
    run("-W", "ignore", "-m", "fastw2v.patch", "-c", program)


def test_no_logger_is_forgotten() -> None:
    package = Path(fastw2v.__file__).parent
    outside = {("cli",), ("patch",), ("scripts",), ("explore",), ("_progress",)}  # programs of their own, or no log
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        for argument in re.findall(r"logging\.getLogger\((.*?)\)", path.read_text("utf-8")):
            name = ".".join(("fastw2v", *parts)) if argument == "__name__" else argument.strip('"')
            assert name in LOGGERS or parts[:1] in outside, f"{path}: {name} is not in LOGGERS"
