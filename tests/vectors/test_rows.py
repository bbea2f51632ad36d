"""Rows by key: access, growth, attributes; quirks 8 and 16 of gensim, fixed."""

import copy
import warnings

import numpy as np
import pytest

from fastw2v import KeyedVectors
from fastw2v.errors import ConfigError
from fastw2v.keyedvectors import prep_vectors


class TestAccess:
    def test_rows_by_key_and_number(self, kv):
        assert kv["a"].tolist() == [2, 0, 0]
        assert kv[1].tolist() == kv["b"].tolist()
        assert kv[np.int64(1)].tolist() == kv["b"].tolist()
        assert kv[["a", 2]].tolist() == [[2, 0, 0], [0, 1, 0]]
        assert kv[("a", "c")].tolist() == kv[np.array(["a", "c"])].tolist() == [[2, 0, 0], [0, 1, 0]]
        assert [("a" in kv), ("z" in kv), (4 in kv), (5 in kv), (-1 in kv), (True in kv)] == [
            True, False, True, False, False, False,
        ]  # fmt: skip

    def test_vectors_are_read_only_views(self, kv):
        vector = kv["a"]
        with pytest.raises(ValueError, match="read-only"):
            vector[0] = 1
        assert np.shares_memory(vector, kv.vectors)
        kv.get_vector("a", norm=True)
        kv.vectors[0, 0] = 5  # the view did not lock the table
        assert vector[0] == 5

    @pytest.mark.parametrize(
        ("key", "error"),
        [
            ("z", KeyError),
            (-1, KeyError),
            (99, KeyError),
            (True, KeyError),
            (slice(0, 2), TypeError),
            ([], ValueError),
        ],
    )
    def test_what_is_not_a_key(self, kv, key, error):
        with pytest.raises(error):
            kv[key]

    def test_default(self, kv):
        assert kv.get_vector("z", default=None) is None
        assert kv.get_vector("z", default=lambda key: key * 2) == "zz"
        assert kv.get_vector("a", default=None).tolist() == [2, 0, 0]
        assert kv.get_index("z", 17) == 17

    def test_iteration_gives_keys(self, kv):
        assert list(kv) == list("abcde")
        assert {key: kv.get_index(key) for key in kv} == kv.key_to_index

    def test_texts(self, kv):
        assert str(kv) == repr(kv) == "KeyedVectors<vector_size=3, 5 keys>"

    def test_any_hashable_is_a_key(self):
        kv = KeyedVectors(2)
        keys = [("a", 1), frozenset({2}), b"x", 3.5, None]
        kv.add_vectors(keys, np.arange(10).reshape(5, 2))
        for row, key in enumerate(keys):
            assert kv[key].tolist() == [2 * row, 2 * row + 1]
        assert kv.most_similar(("a", 1), topn=1)[0][0] in keys
        assert kv.most_similar(frozenset({2}), topn=1)
        assert kv.similarity(None, b"x") == pytest.approx(0.993, abs=1e-2)

    def test_vector_size(self):
        assert KeyedVectors(8.0).vector_size == 8
        for wrong in ("8", 8.5, -1, None):
            with pytest.raises(ConfigError, match="vector_size"):
                KeyedVectors(wrong)


class TestChanges:
    def test_prepared_rows_are_filled_in_order(self):
        kv = KeyedVectors(2, count=2)
        assert (len(kv), kv.index_to_key) == (2, [None, None])
        assert [kv.add_vector("a", [1, 2]), kv.add_vector("b", [3, 4])] == [0, 1]
        with pytest.warns(UserWarning, match="grows by one"):
            assert kv.add_vector("c", [5, 6]) == 2
        assert kv["c"].tolist() == [5, 6]
        assert len(kv) == len(kv.vectors) == 3

    def test_a_key_is_added_once(self, kv):  # quirk 8
        assert kv.add_vector("a", [7, 7, 7]) == 0
        assert kv["a"].tolist() == [7, 7, 7]
        kv.add_vectors(["x", "y", "x"], [[1, 1, 1], [2, 2, 2], [3, 3, 3]])
        assert kv.index_to_key == [*"abcde", "x", "y"]
        assert len(kv.vectors) == 7
        assert kv["x"].tolist() == [1, 1, 1]
        kv[["z", "z"]] = [[1, 1, 1], [2, 2, 2]]
        assert kv["z"].tolist() == [2, 2, 2]

    def test_known_keys_keep_their_vectors_unless_told(self, kv):
        kv.add_vectors(["a", "new"], np.ones((2, 3)))
        assert kv["a"].tolist() == [2, 0, 0]
        kv.add_vectors(["a"], np.ones((1, 3)), replace=True)
        assert kv["a"].tolist() == [1, 1, 1]

    def test_attributes_grow_along(self, kv):  # quirk 8
        kv.set_vecattr("a", "tag", "first")
        kv.add_vectors(["x", "a"], np.ones((2, 3)), extras={"count": [4, 100], "weight": [0.5, 2.5]})
        assert kv.get_vecattr("x", "count") == 4
        assert kv.get_vecattr("a", "count") == 9, "a known key keeps its attributes, like its vector"
        assert kv.get_vecattr("x", "weight") == 0.5
        assert kv.get_vecattr("b", "weight") == 0
        assert kv.get_vecattr("a", "tag") == "first"
        kv.add_vector("a", np.ones(3))
        with pytest.warns(UserWarning, match="costly"):
            assert kv.add_vector("y", np.ones(3)) == 6
        assert kv.get_vecattr("y", "count") == 0
        assert kv.index_to_key == [*"abcde", "x", "y"]

    @pytest.mark.parametrize(
        "change",
        [
            lambda kv: kv.add_vectors(["x", "y"], np.ones((2, 4))),
            lambda kv: kv.add_vectors(["x", "y"], np.ones((1, 3))),
            lambda kv: kv.add_vectors(["x", "y"], [[1, 2, 3], [1, 2]]),
            lambda kv: kv.add_vectors(["x"], np.ones((1, 3)), extras={"count": [1, 2]}),
            lambda kv: kv.add_vectors("x", [1, 2]),
            lambda kv: kv.add_vector("x", np.ones(4)),
            lambda kv: kv.__setitem__("x", np.ones(4)),
            lambda kv: kv.__setitem__(["a", "x"], np.ones((2, 2))),
        ],
    )
    def test_all_or_nothing(self, kv, change):  # quirk 8
        before = copy.deepcopy(kv.__dict__)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            with pytest.raises(ValueError, match=r"3\)|3 numbers|2 values"):
                change(kv)
        assert kv.index_to_key == before["index_to_key"]
        assert kv.key_to_index == before["key_to_index"]
        assert (kv.vectors == before["vectors"]).all()
        assert {name: len(column) for name, column in kv.expandos.items()} == {"count": 5}

    def test_extras_of_the_wrong_type_change_nothing(self, kv):
        with pytest.raises(TypeError, match="cast"):
            kv.add_vectors(["x"], np.ones((1, 3)), extras={"count": [1.5]})
        assert len(kv) == len(kv.vectors) == 5
        assert "x" not in kv.key_to_index

    def test_integer_keys_are_keys(self):  # quirk 16
        kv = KeyedVectors(2)
        kv.add_vectors([5, 0], [[1, 0], [0, 1]])
        assert kv[0].tolist() == [0, 1]
        assert 1 not in kv, "row 1 belongs to item 0; item 1 is unknown"
        with pytest.raises(KeyError):
            kv[1]
        kv.add_vectors([1], [[2, 2]])
        assert kv[1].tolist() == [2, 2]
        some = kv.vectors_for_all([0, 1, 5, 7])
        assert some.index_to_key == [0, 1, 5]
        assert some[5].tolist() == [1, 0]

    def test_numbers_become_keys_of_a_new_table(self, kv):  # quirk 16
        some = kv.vectors_for_all([3, "a", 0, 1])
        assert some.index_to_key == [3, "a", 0, 1]
        assert len(some.vectors) == 4
        assert some[0].tolist() == kv["a"].tolist()

    def test_integer_keys_are_written_once(self, tmp_path):  # quirk 16
        kv = KeyedVectors(1)
        kv.add_vectors([0, 1, 2], [[5], [6], [7]])
        kv.save_word2vec_format(tmp_path / "ints.txt")
        assert (tmp_path / "ints.txt").read_text().split("\n")[:4] == ["3 1", "0 5.0", "1 6.0", "2 7.0"]

    def test_sorting(self, kv, caplog):
        kv.expandos["count"][:] = [1, 5, 5, 2, 9]
        kv.sort_by_descending_frequency()
        assert kv.index_to_key == ["e", "c", "b", "d", "a"]
        assert kv["a"].tolist() == [2, 0, 0]
        assert kv.get_vecattr("b", "count") == 5
        assert "sorting after vectors have been allocated" in caplog.text

    def test_resizing(self, rows, kv):
        kv.index_to_key.append("f")
        kv.key_to_index["f"] = 5
        kv.resize_vectors(seed=3)
        assert (kv.vectors[:5] == rows).all()
        assert 0 < np.abs(kv["f"]).max() <= 1 / 3
        assert kv.get_vecattr("f", "count") == 0

    def test_prep_vectors(self):
        prior = np.ones((2, 3), np.float32)
        assert prep_vectors((2, 3), prior) is prior
        grown = prep_vectors((4, 5), prior, seed=1)
        assert (grown[:2, :3] == 1).all()
        assert np.abs(grown[2:]).max() <= 0.2
        assert (prep_vectors((3, 2), seed=1) == prep_vectors((3, 2), seed=1)).all()

    def test_attribute_types(self, kv):
        kv.set_vecattr("a", "count", np.int32(4))
        assert kv.expandos["count"].dtype == np.int64
        for value in (1.5, None, "x"):
            with pytest.raises(TypeError, match="count"):
                kv.set_vecattr("a", "count", value)
        with pytest.raises(KeyError):
            kv.get_vecattr("a", "unknown")
        with pytest.raises(KeyError):
            kv.set_vecattr("z", "count", 1)
