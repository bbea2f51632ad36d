"""Analogies, word pairs and Word Mover's Distance; quirks 10 and 18 of gensim, fixed."""

import math

import numpy as np
import pytest

from fastw2v import KeyedVectors


class TestEvaluation:
    @pytest.fixture
    def planted(self):
        """Man, woman, king, queen and words in other directions; also a method that answers nonsense."""

        class Planted(KeyedVectors):
            def always_first(self, positive, negative, topn, restrict_vocab):
                return [(self.index_to_key[0], 1.0)]

        kv = Planted(4)
        rows = [[1, 0, 0, 0.1], [0, 1, 0, 0.1], [1, 0, 1, 0.1], [0, 1, 1, 0.1], [0, 0, 0, 1], [-1, 0, 0, 0]]
        kv.add_vectors(["man", "woman", "King", "queen", "tree", "king"], rows)
        return kv

    @pytest.fixture
    def questions(self, tmp_path):
        path = tmp_path / "questions.txt"
        path.write_text(": royal\nman king woman queen\nwoman queen man KING\nman king zebra x\nonly three words\n")
        return path

    def test_accuracy(self, planted, questions):
        accuracy, sections = planted.evaluate_word_analogies(questions)
        assert accuracy == 1.0
        assert [section["section"] for section in sections] == ["royal", "Total accuracy"]
        assert sections[0]["correct"] == [
            ("MAN", "KING", "WOMAN", "QUEEN"),
            ("WOMAN", "QUEEN", "MAN", "KING"),
        ]
        accuracy, sections = planted.evaluate_word_analogies(questions, dummy4unknown=True)
        assert accuracy == pytest.approx(2 / 3)
        _, sections = planted.evaluate_word_analogies(questions, case_insensitive=False)
        assert sections[0]["correct"] == [("man", "king", "woman", "queen")], "KING is unknown now"

    def test_the_similarity_function_is_used(self, planted, questions):  # quirk 10
        assert planted.evaluate_word_analogies(questions, similarity_function="most_similar_cosmul")[0] == 1.0
        assert planted.evaluate_word_analogies(questions, similarity_function="always_first")[0] == 0.0
        with pytest.raises(ValueError, match="similarity_function='nothing'"):
            planted.evaluate_word_analogies(questions, similarity_function="nothing")

    def test_an_overridden_most_similar_is_used(self, planted, questions):
        class Blind(type(planted)):
            def most_similar(self, *args, **kwargs):
                return []

        planted.__class__ = Blind
        assert planted.evaluate_word_analogies(questions)[0] == 0.0

    def test_files_without_analogies(self, kv, tmp_path):  # quirk 18
        path = tmp_path / "empty.txt"
        for text in ("", ": section\n"):
            path.write_text(text)
            with pytest.raises(ValueError, match="no analogies"):
                kv.evaluate_word_analogies(path)
        path.write_text(": section\nv w x y\n")
        assert kv.evaluate_word_analogies(path) == (
            0.0,
            [{"section": name, "correct": [], "incorrect": []} for name in ("section", "Total accuracy")],
        )
        assert kv.key_to_index["a"] == 0

    def test_word_pairs(self, kv, tmp_path):
        path = tmp_path / "pairs.tsv"
        path.write_text("# comment\nA\tb\t9\na\tc\t5\na\te\t1\na\tzz\t4\n")
        pearson, spearman, oov = kv.evaluate_word_pairs(path)
        assert spearman[0] == pytest.approx(1)
        assert pearson[0] == pytest.approx(np.corrcoef([9, 5, 1], [math.sqrt(0.5), 0, -1])[0, 1])
        assert oov == 25
        assert kv.evaluate_word_pairs(path, dummy4unknown=True)[2] == 25
        path.write_text("v\tw\t1\n")
        with pytest.raises(ValueError, match="No valid similarity judgements"):
            kv.evaluate_word_pairs(path)

    def test_wmdistance(self, kv):
        pytest.importorskip("ot")
        assert kv.wmdistance(["a", "b"], ["b", "a"]) == 0
        assert kv.wmdistance(["a"], ["c"]) == pytest.approx(math.sqrt(2))
        assert kv.wmdistance(["a"], ["c"], norm=False) == pytest.approx(math.sqrt(5))
        assert kv.wmdistance(["a"], ["nowhere"]) == math.inf
        kv["twin"] = kv["a"]
        assert kv.wmdistance(["a"], ["twin"]) == 0, "gensim: infinite"

    def test_without_pot(self, kv, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "ot", None)
        with pytest.raises(ImportError, match="pip install"):
            kv.wmdistance(["a"], ["b"])
