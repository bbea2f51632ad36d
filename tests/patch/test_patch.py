"""Programs written for gensim run on this package, with gensim installed or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.processes import HAVE_GENSIM, needs_gensim, run, run_without_gensim

import fastw2v

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize("program", sorted(path.name for path in PROGRAMS.glob("*.py")))
def test_a_program_runs_by_the_command(program: str) -> None:
    done = run("-m", "fastw2v.patch", str(PROGRAMS / program), "one", "-two")
    assert done.stdout.splitlines()[-1].startswith("ok fastw2v.word2vec")


@needs_gensim
@pytest.mark.parametrize("program", ["online.py", "tutorial.py", "walker.py"])
def test_the_programs_run_on_gensim_too(program: str) -> None:
    done = run("-W", "ignore", str(PROGRAMS / program))
    assert done.stdout.splitlines()[-1].startswith("ok gensim.models.word2vec")


@pytest.mark.parametrize("program", sorted(path.name for path in PROGRAMS.glob("*.py")))
def test_a_program_runs_without_gensim(program: str) -> None:
    done = run_without_gensim((PROGRAMS / program).read_text())
    assert done.stdout.splitlines()[-1].startswith("ok fastw2v.word2vec")


def test_the_command_passes_arguments_and_finds_neighbours(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("VALUE = 7\n")
    (tmp_path / "main.py").write_text(
        "import sys, beside\nprint(__name__, sys.argv[1:], beside.VALUE, sys.argv[0] == __file__)\n"
        "from gensim.models import Word2Vec; print(Word2Vec.train.__module__)\n"
    )
    done = run("-m", "fastw2v.patch", str(tmp_path / "main.py"), "-x", "y")
    assert done.stdout.split("\n")[:2] == ["__main__ ['-x', 'y'] 7 True", "fastw2v.word2vec"]
    done = run("-m", "fastw2v.patch", "-m", "main", "z", cwd=tmp_path)
    assert done.stdout.startswith("__main__ ['z'] 7 True\nfastw2v")
    done = run("-m", "fastw2v.patch", "-c", "import sys; print(sys.argv)", "z")
    assert done.stdout == "['-c', 'z']\n"


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    assert "usage" in run("-m", "fastw2v.patch", code=2).stderr
    assert "there is no file" in run("-m", "fastw2v.patch", "nothing.py", code=2).stderr
    assert "unknown option" in run("-m", "fastw2v.patch", "--nonsense", code=2).stderr
    assert "usage" in run("-m", "fastw2v.patch", "--help").stdout
    (tmp_path / "fails.py").write_text("raise SystemExit(5)\n")
    run("-m", "fastw2v.patch", str(tmp_path / "fails.py"), code=5)


def test_without_gensim_the_other_parts_say_so() -> None:
    done = run_without_gensim("""
import importlib.metadata, importlib.util
import gensim, gensim.models
assert gensim.__version__ == importlib.metadata.version("gensim") == "4.4.0"
assert importlib.util.find_spec("gensim") is not None
for line in ("from gensim.models import LdaModel", "import gensim.corpora", "gensim.downloader",
             "from gensim.models.word2vec import train_batch_sg", "import gensim.models.ldamodel"):
    try:
        exec(line)
    except ImportError as error:
        print(error)
    else:
        print("no error:", line)
assert not hasattr(gensim, "__nothing__")
import fastw2v
fastw2v.unpatch_gensim()
import sys
print([name for name in sys.modules if name.startswith("gensim")])
try:
    importlib.metadata.version("gensim") and print("metadata of an installed gensim")
except importlib.metadata.PackageNotFoundError:
    print("no metadata")
""")
    lines = done.stdout.splitlines()
    assert sum("pip install gensim" in line for line in lines) == 4
    assert "another layout" in lines[3]
    assert lines[5] == "[]"


def test_gensims_scripts_are_ours(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.write_text("a b c d\n" * 50)
    run(
        "-m", "fastw2v.patch", "-m", "gensim.scripts.word2vec_standalone", "-train", str(corpus), "-output",
        str(tmp_path / "vectors"), "-size", "4", "-min_count", "1", "-iter", "1",
    )  # fmt: skip
    assert (tmp_path / "vectors").read_text().splitlines()[0] == "4 4"


def test_patching_and_unpatching_in_one_process() -> None:
    program = """
import sys
import fastw2v
from fastw2v.patch import is_patched
before = {name for name in sys.modules if name.startswith("gensim")}
assert not is_patched()
fastw2v.patch_gensim(); fastw2v.patch_gensim()
assert is_patched()
from gensim.models import Word2Vec
import gensim.models.word2vec as module
assert Word2Vec is module.Word2Vec is fastw2v.Word2Vec
fastw2v.unpatch_gensim(); fastw2v.unpatch_gensim()
assert not is_patched()
try:
    import gensim
    from gensim.models import Word2Vec, KeyedVectors
except ImportError:
    print("absent")
else:
    assert Word2Vec is gensim.models.word2vec.Word2Vec is not fastw2v.Word2Vec
    assert Word2Vec.__module__ == "gensim.models.word2vec"
    assert gensim.utils.simple_preprocess.__module__ == "gensim.utils"
    print("present")
"""
    assert run("-c", program).stdout.strip() == ("present" if HAVE_GENSIM else "absent")


@needs_gensim
@pytest.mark.gensim
def test_the_rest_of_gensim_keeps_its_own_classes(tmp_path: Path) -> None:
    program = """
import pickle, sys
import fastw2v
fastw2v.patch_gensim()
import gensim
from gensim.models import Doc2Vec, FastText, LdaModel, Word2Vec, KeyedVectors
from gensim.models.doc2vec import TaggedDocument
from gensim.test.utils import common_texts
assert not issubclass(Doc2Vec, Word2Vec) and not issubclass(FastText, Word2Vec)
documents = [TaggedDocument(text, [i]) for i, text in enumerate(common_texts)]
model = Doc2Vec(documents, vector_size=5, min_count=1, workers=1)
model.save(sys.argv[1] + "doc"); loaded = Doc2Vec.load(sys.argv[1] + "doc")
assert (loaded.dv[0] == model.dv[0]).all() and type(loaded.wv) is type(model.wv)
assert (pickle.loads(pickle.dumps(model)).dv[0] == model.dv[0]).all()
fast = FastText(common_texts, vector_size=5, min_count=1, workers=1)
fast.save(sys.argv[1] + "fast"); assert "humanoid" in FastText.load(sys.argv[1] + "fast").wv
from gensim.models.word2vec import Heapitem                        # gensim's own, where we have none
from gensim.models.callbacks import PerplexityMetric
from gensim.models.word2vec import FAST_VERSION
assert FAST_VERSION >= 0
try:
    from gensim.models.word2vec import train_batch_sg
except ImportError as error:
    assert "layout" in str(error)
else:
    raise SystemExit("train_batch_sg would read our arrays")
"""
    prefix = str(tmp_path / "x")
    run("-W", "ignore", "-c", program, prefix)
    # what was saved under the patch is an ordinary file of gensim's
    run(
        "-W", "ignore", "-c",
        "import sys; from gensim.models import Doc2Vec, FastText; d = Doc2Vec.load(sys.argv[1] + 'doc'); d.dv[0];"
        "assert type(d.wv).__module__ == 'gensim.models.keyedvectors'; FastText.load(sys.argv[1] + 'fast').wv['x']",
        prefix,
    )  # fmt: skip


@needs_gensim
@pytest.mark.gensim
def test_gensims_files_load_through_a_subclass(tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("model", "kv", "pickle")]
    run("-W", "ignore", "-c", """
import pickle, sys
from gensim.models import Word2Vec
from gensim.test.utils import common_texts
model = Word2Vec(common_texts, vector_size=5, min_count=1, hs=1)
model.save(sys.argv[1]); model.wv.save(sys.argv[2]); pickle.dump(model, open(sys.argv[3], "wb"))
""", *paths)  # fmt: skip
    program = """
import pickle, sys
from gensim.models import KeyedVectors, Word2Vec
class Mine(KeyedVectors):
    def shout(self): return self.index_to_key[0].upper()
vectors = Mine.load(sys.argv[2])
assert type(vectors) is Mine and vectors.shout()
model = Word2Vec.load(sys.argv[1])
assert (model.wv.vectors == vectors.vectors).all() and model.syn1.any()
old = pickle.load(open(sys.argv[3], "rb"))
assert type(old) is Word2Vec
for one in (model, old):
    one.build_vocab([["new", "human"]] * 5, update=True)
    one.train([["new", "human"]] * 5, total_examples=5, epochs=2)
    assert one.wv["new"].any()
"""
    run("-W", "ignore", "-m", "fastw2v.patch", "-c", program, *paths)


def test_vectors_may_be_replaced_by_a_memory_map(tmp_path: Path) -> None:
    model = fastw2v.Word2Vec([["a", "b", "c"]] * 30, vector_size=5, min_count=1, workers=1, sample=0)
    path = tmp_path / "rows"
    rows = np.memmap(path, dtype=np.float32, mode="w+", shape=model.wv.vectors.shape)
    rows[:] = model.wv.vectors
    model.wv.vectors = rows
    before = np.array(rows)
    model.train([["a", "b", "c"]] * 30, total_examples=30, epochs=5)
    assert model.wv.vectors is rows
    assert np.abs(np.fromfile(path, np.float32).reshape(before.shape) - before).max() > 0


def test_small_models_are_one_file(tmp_path: Path) -> None:
    fastw2v.Word2Vec([["a", "b"]] * 9, vector_size=5, min_count=1).save(str(tmp_path / "model"))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
