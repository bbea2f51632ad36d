"""Names of gensim 3.x: each gives what replaced it, with one DeprecationWarning."""

import numpy as np
import pytest

from fastw2v import KeyedVectors
from fastw2v.compat.old_names import CompatVocab, DeprecatedWord2VecNames, rename_old_keywords


@pytest.fixture
def kv():
    made = KeyedVectors(2)
    made.add_vectors(["a", "b", "c"], [[3, 4], [1, 0], [0, 2]], extras={"count": [9, 5, 1]})
    return made


class Model(DeprecatedWord2VecNames):
    def __init__(self, wv):
        self.wv, self.epochs, self.vector_size, self.syn1neg = wv, 5, 2, "syn1neg"


@pytest.fixture
def model(kv):
    kv.vectors_lockf = np.ones(1, np.float32)
    return Model(kv)


def once(call):
    with pytest.warns(DeprecationWarning, match="is deprecated, use") as caught:
        result = call()
    assert len(caught) == 1
    assert caught[0].filename == __file__, "the warning points at the caller"
    return result


class TestKeyedVectors:
    def test_vocab(self, kv):
        vocab = once(lambda: kv.vocab)
        assert len(vocab) == 3
        assert list(vocab) == ["a", "b", "c"]
        assert "a" in vocab
        assert "z" not in vocab
        assert (vocab["b"].count, vocab["b"].index) == (5, 1)
        assert sorted(vocab.items(), key=lambda item: item[1].count)[0][0] == "c"
        assert vocab.get("z") is None
        with pytest.raises(KeyError):
            vocab["z"]
        assert vocab["c"] < vocab["a"]
        assert repr(vocab["b"]) == "CompatVocab(count:5, index:1)"
        del kv.expandos["count"]
        assert vocab["a"].count > vocab["c"].count

    def test_vectors(self, kv):
        assert once(lambda: kv.syn0) is kv.vectors
        for name in ("syn0norm", "vectors_norm"):
            np.testing.assert_allclose(once(lambda name=name: getattr(kv, name)), [[0.6, 0.8], [1, 0], [0, 1]])

    def test_keys(self, kv):
        for name in ("index2word", "index2entity"):
            assert once(lambda name=name: getattr(kv, name)) is kv.index_to_key
        assert once(lambda: kv.wv) is kv

    def test_setting(self, kv):
        for name in ("syn0", "syn0norm", "vocab", "wv"):
            with pytest.raises(AttributeError, match=f"KeyedVectors.{name} .*only be read"):
                setattr(kv, name, 1)
        once(lambda: setattr(kv, "index2word", ["x", "y", "z"]))
        assert kv.index_to_key == ["x", "y", "z"]
        once(lambda: setattr(kv, "vectors_norm", None))

    def test_methods(self, kv, tmp_path):
        assert once(lambda: kv.word_vec("a", use_norm=True)).tolist() == pytest.approx([0.6, 0.8])
        assert once(lambda: kv.words_closer_than("a", "b")) == kv.closer_than("a", "b")
        once(lambda: kv.init_sims())
        assert kv.norms.tolist() == [5, 1, 2]
        once(lambda: kv.init_sims(replace=True))
        np.testing.assert_allclose(kv.vectors[0], [0.6, 0.8])
        (tmp_path / "q").write_text(": s\na b c a\n")
        assert once(lambda: kv.accuracy(str(tmp_path / "q")))[-1]["section"] == "total"

    def test_nothing_of_it_is_state(self, kv):
        before = set(kv.__dict__)
        once(lambda: kv.vocab)
        assert set(kv.__dict__) == before


class TestWord2Vec:
    def test_words(self, model, kv):
        assert (once(lambda: model["a"]) == kv["a"]).all()
        assert once(lambda: "a" in model)
        with pytest.raises(TypeError, match="not iterable"):
            iter(model)

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("most_similar", ("a",)), ("most_similar_cosmul", ("a",)), ("most_similar_to_given", ("a", ["b", "c"])),
            ("similar_by_word", ("a",)), ("similar_by_vector", (np.ones(2),)), ("similarity", ("a", "b")),
            ("distance", ("a", "b")), ("n_similarity", (["a"], ["b"])), ("doesnt_match", (["a", "b"],)),
            ("closer_than", ("a", "b")), ("rank", ("a", "b")),
        ],
    )  # fmt: skip
    def test_queries(self, model, kv, name, arguments):
        assert once(lambda: getattr(model, name)(*arguments)) == getattr(kv, name)(*arguments)

    def test_attributes(self, model, kv):
        assert once(lambda: model.iter) == 5
        assert once(lambda: model.size) == 2
        assert once(lambda: model.syn0) is kv.vectors
        assert once(lambda: model.index2word) is kv.index_to_key
        assert once(lambda: model.vocab)["a"].index == 0
        assert once(lambda: model.syn0_lockf) is kv.vectors_lockf
        assert once(lambda: model.trainables).syn1neg == "syn1neg"
        assert once(lambda: model.vocabulary) is model
        assert once(lambda: model.word_vec("a")).tolist() == [3, 4]
        assert once(lambda: model.delete_temporary_training_data(replace_word_vectors_with_normalized=True)) is None

    def test_a_program_may_use_the_names_for_itself(self, model):
        model.iter = 3
        assert model.iter == 3
        del model.iter
        assert once(lambda: model.iter) == 5
        with pytest.raises(AttributeError):
            del model.iter


class TestKeywords:
    def test_renaming(self):
        with pytest.warns(DeprecationWarning, match="= is deprecated") as caught:
            renamed = rename_old_keywords("__init__", {"size": 50, "iter": 3, "window": 4}, stacklevel=1)
        assert renamed == {"vector_size": 50, "epochs": 3, "window": 4}
        assert [str(warning.message) for warning in caught] == [
            "size= is deprecated, use vector_size=",
            "iter= is deprecated, use epochs=",
        ]

    def test_present_names_pass_in_silence(self):
        assert rename_old_keywords("train", {"epochs": 3, "unknown": 1}) == {"epochs": 3, "unknown": 1}

    def test_both_names(self):
        for keywords in ({"size": 1, "vector_size": 2}, {"vector_size": 2, "size": 1}):
            with pytest.warns(DeprecationWarning, match="size="), pytest.raises(TypeError, match="same argument"):
                rename_old_keywords("__init__", keywords)


def test_compat_vocab():
    word = CompatVocab(index=3, sample_int=7)
    assert (word.count, word.index, word.sample_int) == (0, 3, 7)
