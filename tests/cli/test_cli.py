"""The fastw2v command: what it prints, what it writes, and how it fails."""

import io
import subprocess
import sys

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec, demo
from fastw2v.cli import COMMANDS, build_parser, main
from fastw2v.phrases import FrozenPhrases


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text("king man queen woman\nnew york boy king\nman new york woman\nboy queen\n" * 30)
    return path


@pytest.fixture
def vectors(tmp_path):
    path = tmp_path / "vectors.txt"
    rows = {"man": (1, 0, 0), "woman": (0, 1, 0), "king": (1, 0, 1), "queen": (0, 1, 1), "far": (-1, -1, -1)}
    text = "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in rows.items())
    path.write_text(f"{len(rows)} 3\n{text}")
    return path


def train(corpus, *arguments):
    return main(
        ["train", "-train", str(corpus), "-size", "6", "-min-count", "1", "-threads", "1", *map(str, arguments)]
    )


def test_help_lists_every_flag(capsys):
    for name in COMMANDS:
        with pytest.raises(SystemExit) as stopped:
            main([name, "--help"])
        assert stopped.value.code == 0
        assert "fastw2v " + name in capsys.readouterr().out
    for action in build_parser()._subparsers._group_actions[0].choices["train"]._actions:
        assert action.help, action


def test_train_with_the_flags_of_word2vec_c(corpus, tmp_path, capsys):
    out = tmp_path / "out.bin"
    flags = (
        "-size 5 -window 3 -sample 1e-4 -hs 0 -negative 4 -threads 2 -iter 3 -min-count 2 -alpha 0.03 "
        "-classes 0 -debug 2 -binary 1 -cbow 0"
    )
    arguments = ["train", "-train", str(corpus), "-output", str(out), *flags.split(), "-save-vocab", f"{out}.vocab"]
    assert main([*arguments, "--save-model", f"{out}.model"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "words/s" in captured.err
    model = Word2Vec.load(f"{out}.model")
    assert (model.vector_size, model.window, model.sample, model.negative) == (5, 3, 1e-4, 4)
    assert (model.workers, model.epochs, model.min_count, model.alpha, model.sg) == (2, 3, 2, 0.03, 1)
    vectors = KeyedVectors.load_word2vec_format(out, binary=True)
    np.testing.assert_array_equal(vectors.vectors, model.wv.vectors)
    counts = dict(line.split() for line in (tmp_path / "out.bin.vocab").read_text().splitlines())
    assert counts["king"] == "60"


def test_train_defaults_and_quiet(corpus, tmp_path, capsys):
    assert train(corpus, "-output", tmp_path / "out.fw2v", "-q") == 0
    assert capsys.readouterr() == ("", "")
    assert len(KeyedVectors.load(tmp_path / "out.fw2v")) == 7
    assert train(corpus, "-output", tmp_path / "out.txt", "-debug", 0) == 0
    assert (tmp_path / "out.txt").read_text().startswith("7 6\n")


def test_train_with_a_vocabulary_of_the_frequent_words(corpus, tmp_path, caplog):
    (tmp_path / "vocab").write_text("king 60\nqueen 60\n")
    with caplog.at_level("WARNING"):
        assert train(corpus, "-output", tmp_path / "out.txt", "-read-vocab", tmp_path / "vocab", "-q") == 0
    assert "count" not in caplog.text  # of raw words, which is not the sum of those in the file


@pytest.mark.parametrize("text", [b"once only\n", b"", b"caf\xe9 au lait\n"], ids=["rare", "empty", "latin-1"])
def test_the_demo_on_a_text_that_will_not_do(text, tmp_path, capsys):
    (tmp_path / "text.txt").write_bytes(text)
    with pytest.raises(SystemExit) as stopped:
        demo.main([str(tmp_path / "text.txt")])
    assert stopped.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_train_with_a_given_vocabulary(corpus, tmp_path):
    (tmp_path / "vocab").write_text("king 60\nqueen 60\nman 60\nnew+york 5\n")
    assert train(corpus, "-output", tmp_path / "out.txt", "-read-vocab", tmp_path / "vocab", "-q") == 0
    assert set(KeyedVectors.load_word2vec_format(tmp_path / "out.txt").index_to_key) == {
        "king", "queen", "man", "new+york",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train -train {tmp}/none.txt -output {tmp}/x", "none.txt"),
        ("train -train {corpus}", "nothing to write"),
        ("train -train {corpus} -output {tmp}/no/folder/x", "there is no folder"),
        ("train -train {corpus} -output {tmp}/x -window 0", "error: -window 0: must"),
        ("train -train {corpus} -output {tmp}/x -negative 0", "set -negative 5"),
        ("train -train {corpus} -output {tmp}/x -min-count 1000", "-min-count"),
        ("train -train {corpus} -output {tmp}/x --checkpoint-every 5", "without --checkpoint"),
        ("train -train {corpus} -output {tmp}/x.parquet", ".npz (npz)"),
        ("train -train {corpus} -output - -save-vocab -", "two outputs are -"),
        ("convert {vectors} {tmp}/x.npy", "the extension .npy names no format"),
        ("convert {vectors} {tmp}/x", "without an extension"),
        ("similar {vectors} kinng", "closest: 'king'"),
        ("odd-one-out {vectors} man king nobody", "nobody"),
        ("train -train {corpus} -output {tmp}/x -read-vocab {corpus}", "line 1"),
        ("similar {corpus} king", "corpus.txt"),
        ("similar {tmp}/none king", "none"),
        ("similar {vectors} nobody", "nobody"),
        ("analogy {vectors} man king", "give 3 words, not 2"),
        ("evaluate {vectors}", "nothing to measure"),
        ("evaluate {vectors} --pairs {tmp}/none", "none"),
        ("convert {vectors} {tmp}/x --to nonsense", "nonsense"),
        ("convert {vectors} {tmp}/no/folder/x.txt", "folder"),
        ("phrases -train {corpus}", "nothing to write"),
        ("phrases -train {corpus} -output {tmp}/x -min-count 0", "-min-count 0"),
    ],
)
def test_errors_are_one_line(corpus, vectors, tmp_path, capsys, arguments, message):
    given = [part.format(corpus=corpus, vectors=vectors, tmp=tmp_path) for part in arguments.split()]
    assert main([*given, *(["-q"] if given[0] in ("train", "phrases") else [])]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith(f"fastw2v {given[0]}: error: ")
    assert message in last
    assert "Traceback" not in err
    assert not (tmp_path / "x").exists()


def test_traceback_on_demand(vectors):
    with pytest.raises(KeyError, match="nobody"):
        main(["similar", str(vectors), "nobody", "--traceback"])


@pytest.mark.parametrize("arguments", [["nonsense"], [], ["train"], ["similar"]])
def test_bad_usage(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_similar(vectors, capsys):
    assert main(["similar", str(vectors), "king", "-n", "1"]) == 0
    assert capsys.readouterr().out == "man\t0.707107\n"
    assert main(["similar", str(vectors), "king", "woman", "--negative", "man", "-n", "1"]) == 0
    assert capsys.readouterr().out.startswith("queen\t")
    assert main(["similar", str(vectors), "king", "-n", "9", "--restrict-vocab", "2"]) == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"man", "woman"}


def test_analogy(vectors, capsys):
    assert main(["analogy", str(vectors), "man", "king", "woman", "-n", "1"]) == 0
    assert capsys.readouterr().out.startswith("queen\t")


def test_questions_from_stdin(vectors, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("man king woman\n\nman king\nman nobody woman\n"))
    assert main(["analogy", str(vectors), "-n", "1"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("queen\t")
    assert "give 3 words" in err
    assert "nobody" in err


@pytest.mark.parametrize("name", ["out.fw2v", "out.bin", "out.txt.gz", "out.npz", "out_tensor.tsv", "out.glove"])
def test_convert_and_back(vectors, tmp_path, capsys, name):
    assert main(["convert", str(vectors), str(tmp_path / name)]) == 0
    assert main(["convert", str(tmp_path / name), str(tmp_path / "back.txt")]) == 0
    expected = KeyedVectors.load_word2vec_format(vectors)
    found = KeyedVectors.load_word2vec_format(tmp_path / "back.txt")
    assert found.index_to_key == expected.index_to_key
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    assert capsys.readouterr().out == ""


def test_limit_and_names_of_formats(vectors, tmp_path):
    for name in ("a.txt", "a.fw2v"):
        assert main(["convert", str(vectors), str(tmp_path / name), "--limit", "2"]) == 0
    assert main(["convert", str(tmp_path / "a.fw2v"), str(tmp_path / "b"), "--to", "word2vec", "--limit", "1"]) == 0
    assert len(KeyedVectors.load(tmp_path / "a.fw2v")) == 2
    assert main(["convert", str(tmp_path / "b"), str(tmp_path / "c.fw2v"), "--from", "word2vec"]) == 0
    assert KeyedVectors.load(tmp_path / "c.fw2v").index_to_key == ["man"]


def test_unicode_errors(tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"1 2\nb\xffd 1 2\n")
    arguments = ["convert", str(tmp_path / "bad.txt"), str(tmp_path / "out.fw2v")]
    assert main(arguments) == 2
    assert main([*arguments, "--unicode-errors", "replace"]) == 0
    assert KeyedVectors.load(tmp_path / "out.fw2v").index_to_key == ["b\ufffdd"]


def test_evaluate(vectors, tmp_path, capsys):
    (tmp_path / "questions").write_text(": royal\nman king woman queen\nking man queen woman\n: x\nno such words at\n")
    (tmp_path / "pairs").write_text("man king 9\nman woman 3\nman far 1\nman nobody 5\n")
    arguments = [
        "evaluate",
        str(vectors),
        "--analogies",
        str(tmp_path / "questions"),
        "--pairs",
        str(tmp_path / "pairs"),
    ]
    assert main([*arguments, "--delimiter", " "]) == 0
    out = capsys.readouterr().out
    assert "royal\t100.00%\t2/2" in out
    assert "accuracy 100.00%\t2/2" in out
    assert "spearman 1.0000" in out
    assert "unknown 25.0%" in out


def test_info(vectors, capsys):
    assert main(["info", str(vectors)]) == 0
    out = capsys.readouterr().out
    assert "kind\tvectors\nvectors\t5\ndimension\t3\ndtype\tfloat32\n" in out
    assert "man woman king queen far" in out
    assert main(["info"]) == 0
    assert "numpy" in capsys.readouterr().out


def test_phrases(corpus, tmp_path, capsys):
    arguments = ["phrases", "-train", str(corpus), "-output", str(tmp_path / "out.txt"), "-threshold", "0.2"]
    arguments += ["--export", str(tmp_path / "phrases.tsv"), "--save-model", str(tmp_path / "model")]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "phrases" in err
    assert "new_york" in (tmp_path / "out.txt").read_text()
    assert any(line.startswith("new_york\t") for line in (tmp_path / "phrases.tsv").read_text().splitlines())
    model = FrozenPhrases.load(tmp_path / "model")
    assert "new_york" in model.phrasegrams
    assert len((tmp_path / "out.txt").read_text().splitlines()) == len(corpus.read_text().splitlines())


def test_phrases_with_npmi_and_connectors(tmp_path):
    (tmp_path / "in.txt").write_text("lack of interest\nno time\nis here\n" * 9)
    arguments = ["phrases", "-train", str(tmp_path / "in.txt"), "-output", str(tmp_path / "out.txt"), "-q"]
    assert main([*arguments, "--scoring", "npmi", "--connector-words", "english", "--delimiter", "+"]) == 0
    assert "lack+of+interest" in (tmp_path / "out.txt").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="needs `head`")
def test_as_a_process_in_a_pipe(vectors):
    command = f'"{sys.executable}" -m fastw2v similar "{vectors}" king'
    done = subprocess.run(f"{command} | head -n 1", shell=True, capture_output=True, text=True, check=False)
    assert done.stdout == "man\t0.707107\n"
    assert done.stderr == ""


def test_version():
    done = subprocess.run([sys.executable, "-m", "fastw2v", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("fastw2v ")


def test_interruption(monkeypatch, vectors, capsys):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(KeyedVectors, "most_similar", interrupt)
    assert main(["similar", str(vectors), "king"]) == 130
    assert "interrupted" in capsys.readouterr().err
