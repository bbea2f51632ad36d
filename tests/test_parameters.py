"""One fact, one row: constructor, checks, files, command line and documents know each parameter, from one table."""

from __future__ import annotations

import inspect
import math
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fastw2v import Word2Vec, parameters
from fastw2v.checks import ParameterTypeError
from fastw2v.cli import build_parser
from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import native
from fastw2v.parameters import (
    DEFAULTS,
    STORED,
    TABLE,
    Amount,
    Anything,
    Device,
    Flag,
    Kind,
    Parameters,
    Real,
    Row,
    Threads,
    Whole,
)

ROOT = Path(__file__).parents[1]
TEXT = [["a", "b", "c", "d"], ["b", "c", "e"]] * 20
SMALL: dict[str, Any] = {"vector_size": 8, "min_count": 1, "workers": 1, "seed": 3, "epochs": 1}
SIGNATURE = inspect.signature(Word2Vec.__init__).parameters
ARGUMENTS = {"self", "sentences", "corpus_file", "trim_rule", "callbacks", "preset", "more"}  # of one call
FLAGS = [row for row in TABLE.values() if isinstance(row.kind, Flag)]


def other_value(row: Row) -> Any:
    """A value that is allowed and not the default."""
    if row.name == "negative":
        return 7
    if isinstance(row.kind, Flag):
        return row.kind.form(not row.default)
    if isinstance(row.kind, (Whole, Amount)):
        return 2 if row.default != 2 else 3
    if isinstance(row.kind, Real):
        return 0.125
    texts = {"checkpoint": "x", "checkpoint_every": 5, "engine": "mpi", "device": "cuda:1"}
    return {"hashfxn": len, "comment": {"why": "a test"}, **texts}[row.name]


def wrong_values(kind: Kind) -> list[Any]:
    """Values that a parameter of this kind cannot have."""
    if isinstance(kind, Anything):
        return []
    always = ["x", [1], math.nan, object()] + ([] if kind.none else [None])
    if isinstance(kind, Device):
        return [*always, 0, True, "gpu", "cuda:", "cuda:x", "CUDA", ""]
    if isinstance(kind, Flag):
        return [*always, 2, -1, 0.5, "false", "2", "", b"0", "cbow"]
    if isinstance(kind, Threads):
        return [*always, 0.5, math.inf, "0", 0, -2, parameters.MOST_THREADS + 1]
    if isinstance(kind, Whole):
        return [*always, 0.5, math.inf, "0"] + ([] if kind.low is None else [kind.low - 1])
    return [*always, math.inf, "0.1"] + ([] if kind.low in (None, -math.inf, -parameters.LARGEST) else [kind.low - 1])


# ------------------------------------------------------------------- everybody knows each ----


def test_the_signature_spells_them_out_in_order() -> None:
    named = [name for name in SIGNATURE if name not in ARGUMENTS]
    assert named == list(TABLE), "for editors and type checkers: name them in Word2Vec.__init__, as in the table"
    assert {name: SIGNATURE[name].default for name in named} == DEFAULTS
    for name in named:
        by_name_only = SIGNATURE[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert by_name_only != TABLE[name].gensim, name


@pytest.mark.gensim
def test_those_of_gensim_are_gensims() -> None:
    gensim = pytest.importorskip("gensim.models")
    theirs = inspect.signature(gensim.Word2Vec.__init__).parameters
    assert [name for name in theirs if name not in ARGUMENTS] == [row.name for row in TABLE.values() if row.gensim]
    assert {name: theirs[name].default for name in theirs if name in TABLE} == {
        row.name: row.default for row in TABLE.values() if row.gensim
    }


@pytest.mark.parametrize("row", TABLE.values(), ids=list(TABLE))
def test_the_docstring_says_what_the_row_says(row: Row) -> None:
    entry = re.search(rf"^    {row.name} : .*\n((?:        .*\n)+)", Word2Vec.__doc__ or "", re.MULTILINE)
    assert entry, f"{row.name} is missing in the docstring of Word2Vec"
    said = " ".join(entry[1].split()).replace("``", "`")
    assert said.startswith(" ".join(row.doc.split())), said


def test_the_page_is_made_from_the_table() -> None:
    page = (ROOT / "docs" / "parameters.md").read_text("utf-8")
    assert parameters.as_markdown() in page, "run: python -m fastw2v.parameters, and put the table into the page"


@pytest.mark.parametrize("row", TABLE.values(), ids=list(TABLE))
def test_the_command_line_has_a_flag(row: Row) -> None:
    if row.flags is None:
        return
    value = other_value(row)
    shown = str(int(value)) if isinstance(row.kind, Flag) else "words" if row.name == "comment" else str(value)
    for flag in row.flags:
        args = build_parser().parse_args(["train", "-train", "x", flag, shown])
        assert getattr(args, row.name) == (shown if row.name == "comment" else value)


@pytest.mark.parametrize("row", TABLE.values(), ids=list(TABLE))
def test_files_and_pickles_keep_it(row: Row, tmp_path: Path) -> None:
    model = Word2Vec(**{"checkpoint": "x", row.name: other_value(row)})
    assert getattr(model, row.name) == other_value(row)
    model.save(tmp_path / "m")
    loaded = Word2Vec.load(tmp_path / "m")
    assert getattr(loaded, row.name) == (other_value(row) if row.name in STORED else row.default)
    assert getattr(pickle.loads(pickle.dumps(model)), row.name) == other_value(row)


# --------------------------------------------------------------- every door checks each ----


@pytest.mark.parametrize("row", TABLE.values(), ids=list(TABLE))
def test_a_wrong_value_is_refused_and_named_at_every_door(row: Row, tmp_path: Path) -> None:
    trained = Word2Vec(TEXT, **SMALL)
    arrays, keys, stored = trained._state()
    for value in wrong_values(row.kind):
        with pytest.raises(ConfigError, match=rf"^{row.name}="):
            Word2Vec(**{row.name: value})
        if row.name == "compute_loss" and value is None:
            continue  # train(compute_loss=None) means: as the model says
        model = Word2Vec(TEXT, **SMALL)
        setattr(model, row.name, value)
        before = model.wv.vectors.copy()
        with pytest.raises(ConfigError, match=rf"^{row.name}="):
            model.train(TEXT, total_examples=40, epochs=1)
        with pytest.raises(ConfigError, match=rf"^{row.name}="):
            model.build_vocab(TEXT)
        assert (model.wv.vectors == before).all()
        if is_refused_in_files(row, value):
            native.save_arrays(tmp_path / "m", arrays, keys, {"kind": "word2vec", **stored, row.name: value})
            with pytest.raises(FormatError, match=rf"m: {row.name}="):
                Word2Vec.load(tmp_path / "m")


def is_refused_in_files(row: Row, value: Any) -> bool:
    """Whether a file may hold the value, as JSON, and must not."""
    if row.in_file is None or not isinstance(value, (str, float, int, list)):
        return False
    if isinstance(row.kind, Flag) and isinstance(value, (int, float)):  # 0.1 and gensim stored what was true
        return False
    return not (row.name == "workers" and value == 0)  # gensim's models may have none, and can be asked


@pytest.mark.parametrize("row", FLAGS, ids=[row.name for row in FLAGS])
@pytest.mark.parametrize("text", ["0", "1"])
def test_a_switch_may_be_a_text(row: Row, text: str, tmp_path: Path) -> None:
    meant = bool(int(text))
    one, other = (Word2Vec(TEXT, **{**SMALL, row.name: value}) for value in (text, meant))
    assert getattr(one, row.name) == getattr(other, row.name) == meant
    assert type(getattr(one, row.name)) is row.kind.form  # type: ignore[union-attr]
    assert (one.wv.vectors == other.wv.vectors).all()
    assert hasattr(one, "syn1") == hasattr(other, "syn1")
    if row.name == "softmax":  # which needs negative=0, too
        return
    late = Word2Vec(**SMALL)
    setattr(late, row.name, text)
    late.build_vocab(TEXT)
    late.train(TEXT, total_examples=40, total_words=140, epochs=1)
    early = Word2Vec(**{**SMALL, row.name: meant})
    early.build_vocab(TEXT)
    early.train(TEXT, total_examples=40, total_words=140, epochs=1)
    assert (late.wv.vectors == early.wv.vectors).all()
    late.save(tmp_path / "m")
    assert getattr(Word2Vec.load(tmp_path / "m"), row.name) == meant


def test_arguments_of_methods_that_are_switches() -> None:
    model = Word2Vec(**SMALL)
    model.build_vocab(TEXT, update="0", keep_raw_vocab="0", dry_run="0")  # type: ignore[arg-type]
    assert len(model.wv) == 5
    assert not model.raw_vocab
    model.train(TEXT, total_examples=40, epochs=1, compute_loss="0")  # type: ignore[arg-type]
    assert model.get_latest_training_loss() == 0
    for call in (
        lambda: model.build_vocab(TEXT, update="no"),  # type: ignore[arg-type]
        lambda: model.prepare_weights(update="no"),  # type: ignore[arg-type]
        lambda: model.train(TEXT, total_examples=40, epochs=1, compute_loss="no"),  # type: ignore[arg-type]
    ):
        with pytest.raises(ParameterTypeError, match=r"^(update|compute_loss)='no'"):
            call()


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'windows'"):
        Word2Vec(windows=5)
    with pytest.raises(TypeError, match="unexpected"):
        Parameters(windows=5)  # type: ignore[call-arg]


# ---------------------------------------------------------------------- one more, by one row ----

OLD = ("cbow_ns.fw2v", "empty.pickle")
NEW_ROW = '''    clip: float = row(
        0.5, Real(0, 1), "Largest change of a weight in one step.", "0.5 is usual", gensim=False
    )

    def __post_init__'''
ONE_WORD = "    if n_words < 2:\n"
USE = '    logger.warning("clip is %s", parameters.clip)\n'
PROGRAM = '''
import sys
from pathlib import Path
from fastw2v import Word2Vec, parameters
from fastw2v.cli import main
from fastw2v.errors import ConfigError, FormatError
from fastw2v.formats import native
import logging

folder, old_file, old_pickle = map(Path, sys.argv[1:])
assert Word2Vec().clip == 0.5 and Word2Vec(clip=0.25).clip == 0.25
for wrong in (7, "x", None):
    try: Word2Vec(clip=wrong)
    except ConfigError as error: assert "clip=" in str(error) and "0.5 is usual" in str(error)
    else: raise AssertionError(wrong)
text = [["a", "b"]] * 9
said = []
logging.getLogger("fastw2v.word2vec").addFilter(lambda record: said.append(record.getMessage()) or True)
model = Word2Vec(text, min_count=1, vector_size=4, clip=0.25, softmax=True)
assert "clip is 0.25" in said
model.clip = 2
try: model.train(text, total_examples=9, epochs=1)
except ConfigError as error: assert "clip=2" in str(error)
else: raise AssertionError("set later")
model.clip = 0.125
model.save(folder / "m")
assert Word2Vec.load(folder / "m").clip == 0.125
arrays, keys, stored = model._state()
native.save_arrays(folder / "bad", arrays, keys, {"kind": "word2vec", **stored, "clip": 2})
try: Word2Vec.load(folder / "bad")
except FormatError as error: assert "clip=2" in str(error)
else: raise AssertionError("in a file")
assert Word2Vec.load(old_file).clip == 0.5
import pickle
assert pickle.loads(old_pickle.read_bytes()).clip == 0.5
(folder / "t.txt").write_text("a b c a b c\\n" * 9)
assert main(["train", "-train", str(folder / "t.txt"), "-min-count", "1", "--clip", "0.75", "-q",
             "--save-model", str(folder / "c")]) == 0
assert Word2Vec.load(folder / "c").clip == 0.75
assert "| `clip` | `0.5` | number from 0 to 1 |  | yes | `--clip` | Largest change" in parameters.as_markdown()
'''


def test_a_new_parameter_is_one_row_and_its_use(tmp_path: Path) -> None:
    package = tmp_path / "fastw2v"
    shutil.copytree(ROOT / "fastw2v", package, ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__", "*.c"))
    for library in [*(ROOT / "fastw2v").rglob("*.so"), *(ROOT / "fastw2v").rglob("*.pyd")]:
        shutil.copy(library, package / library.relative_to(ROOT / "fastw2v"))
    for name, before, after in (
        ("parameters.py", "    def __post_init__", NEW_ROW),
        ("model/training.py", ONE_WORD, USE + ONE_WORD),
    ):
        source = (package / name).read_text("utf-8")
        assert source.count(before) == 1, name
        (package / name).write_text(source.replace(before, after), "utf-8")
    files = ROOT / "tests" / "data" / "files_0_1"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *(str(files / f"model_{one}") for one in OLD)],
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path), "PATH": ""}, capture_output=True, text=True, timeout=100,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("one", TABLE.values(), ids=lambda one: one.name)
def test_defaults_are_in_the_form_that_they_are_used_in(one: Row) -> None:
    # Parameters() does not check them
    assert one.checked(one.default) == one.default
    assert type(one.checked(one.default)) is type(one.default)
