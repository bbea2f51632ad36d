"""Files of word2vec through KeyedVectors; quirks 9, 11 and 17 of gensim, fixed."""

import numpy as np
import pytest

from fastw2v import KeyedVectors


class TestFilesOfWord2vec:
    @pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
    @pytest.mark.parametrize("lockf", [None, np.ones(1, np.float32), np.full(5, 0.5, np.float32)])
    def test_intersect(self, kv, tmp_path, binary, lockf):  # quirk 11
        other = KeyedVectors(3)
        other.add_vectors(["x", "d", "a"], [[1, 1, 1], [4, 4, 4], [5, 5, 5]])
        other.save_word2vec_format(tmp_path / "other", binary=binary)
        if lockf is not None:
            kv.vectors_lockf = lockf.copy()
        rest = 1.0 if lockf is None else lockf[-1]
        kv.fill_norms()
        kv.intersect_word2vec_format(tmp_path / "other", binary=binary)
        assert kv.index_to_key == list("abcde")
        assert kv["a"].tolist() == [5, 5, 5]
        assert kv["d"].tolist() == [4, 4, 4]
        assert kv["b"].tolist() == [1, 1, 0]
        assert kv.vectors_lockf.tolist() == [0, rest, rest, 0, rest]
        assert kv.vectors_lockf.dtype == np.float32
        assert kv.similarity("a", "d") == 1
        assert kv.norms is None

    def test_intersect_refuses_another_size(self, rows, kv, tmp_path):
        other = KeyedVectors(2)
        other.add_vectors(["a"], [[1, 1]])
        other.save_word2vec_format(tmp_path / "other.txt")
        with pytest.raises(ValueError, match="incompatible vector size 2"):
            kv.intersect_word2vec_format(tmp_path / "other.txt")
        assert (kv.vectors == rows).all()

    def test_duplicate_words_leave_no_holes(self, tmp_path):  # quirk 9
        path = tmp_path / "twice.txt"
        path.write_text("3 2\na 1 2\na 3 4\nb 5 6\n")
        kv = KeyedVectors.load_word2vec_format(path)
        assert kv.index_to_key == ["a", "b"]
        assert kv.vectors.shape == (2, 2)
        assert kv["a"].tolist() == [1, 2]
        assert np.isfinite(kv.most_similar("a", topn=None)).all()

    def test_paths_everywhere(self, rows, kv, tmp_path):  # quirk 17
        for binary in (False, True):
            kv.save_word2vec_format(tmp_path / "kv", fvocab=tmp_path / "vocab", binary=binary)
            loaded = KeyedVectors.load_word2vec_format(tmp_path / "kv", fvocab=tmp_path / "vocab", binary=binary)
            assert loaded.get_vecattr("e", "count") == 1
            assert (loaded.vectors == rows).all()
        kv.save(tmp_path / "kv")
        assert KeyedVectors.load(tmp_path / "kv").index_to_key == kv.index_to_key
