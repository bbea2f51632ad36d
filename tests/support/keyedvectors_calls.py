"""One row for every public name of gensim's KeyedVectors: calls that must have the same outcome on ours.

Each call gets a fresh table and an empty folder. Where we differ on purpose the row has no such call, and
tests/test_keyedvectors.py has a test of its own.
"""

import numpy as np

SIZE = 12
WORDS = ["The", "the", "king", "King", "queen", "man", "woman", "tree", "river", "two", "deux", "été"]
ROWS = np.random.default_rng(42).standard_normal((len(WORDS), SIZE)).astype(np.float32)
NEW = np.random.default_rng(43).standard_normal((3, SIZE))
PAIRS = "# comment\nking\tQUEEN\t8.5\nman\twoman\t8\nking\ttree\t1.5\nriver\ttree\t4\nking\tzz\t2\nbad line\n"
ANALOGIES = (
    ": family\nman king woman queen\nking man queen woman\nbad\nman king zz queen\n: nature\nriver tree two deux\n"
)


def make(cls):
    kv = cls(SIZE)
    kv.add_vectors(list(WORDS), ROWS.copy())
    for row, word in enumerate(WORDS):
        kv.set_vecattr(word, "count", 100 - row)
    return kv


class Indexer:
    def most_similar(self, vector, topn):
        return [("vector", vector), ("topn", topn)]


def after(change, *results):
    """A call that changes the table and gives the named attributes (or results of functions) afterwards."""

    def call(kv, path):
        answer = change(kv)
        parts = [part(kv) if callable(part) else getattr(kv, part) for part in results]
        return [answer, *parts]

    return call


def keep(kv):
    return kv.index_to_key, kv.key_to_index, kv.vectors


def written(**options):
    def call(kv, path):
        kv.save_word2vec_format(str(path / "out"), **options)
        return (path / "out").read_bytes()

    return call


def loaded(text, **options):
    def call(kv, path):
        (path / "in").write_bytes(text)
        table = type(kv).load_word2vec_format(str(path / "in"), **options)
        return table.index_to_key, table.vectors, table.expandos["count"], table.vectors.dtype.name

    return call


def intersected(change):
    def call(kv, path):
        other = type(kv)(SIZE)
        other.add_vectors(["king", "new", "queen"], NEW)
        other.save_word2vec_format(str(path / "other"))
        kv.vectors_lockf = np.ones(len(kv), dtype=np.float32)
        change(kv, str(path / "other"))
        return kv.vectors, kv.vectors_lockf, kv.index_to_key

    return call


def on_file(method, text, **options):
    def call(kv, path):
        (path / "set.txt").write_text(text)
        return getattr(kv, method)(str(path / "set.txt"), **options)

    return call


def reloaded(kv, path):
    kv.save(str(path / "kv"))
    again = type(kv).load(str(path / "kv"))
    return again.index_to_key, again.vectors, again.expandos["count"]


def v(call):
    """A call that needs the table only."""
    return lambda kv, path: call(kv)


TABLE = {
    "add_lifecycle_event": [
        after(lambda kv: kv.add_lifecycle_event("e", msg="m"), lambda kv: kv.lifecycle_events[-1]["msg"])
    ],
    "add_vector": [
        after(lambda kv: kv.add_vector("new", NEW[0]), keep),
        v(lambda kv: kv.add_vector("new", NEW[0, :3])),
        v(lambda kv: [(t := type(kv)(SIZE, 2)).add_vector("x", NEW[0]), keep(t), t.next_index]),
    ],
    "add_vectors": [
        after(lambda kv: kv.add_vectors(["x", "king"], NEW[:2]), keep),
        after(lambda kv: kv.add_vectors(["x", "king"], list(NEW[:2]), replace=True), keep),
        after(lambda kv: kv.add_vectors("x", NEW[0]), keep),
        v(lambda kv: kv.add_vectors(["x"], NEW[:1, :4])),
    ],
    "allocate_vecattrs": [
        after(
            lambda kv: kv.allocate_vecattrs(["n", "f", "s"], [int, float, object]),
            lambda kv: {k: c.dtype.name for k, c in kv.expandos.items()},
        ),
        v(lambda kv: kv.allocate_vecattrs(["count"], [float])),
        after(lambda kv: (kv.index_to_key.append("x"), kv.allocate_vecattrs())[1], lambda kv: kv.expandos["count"]),
    ],
    "closer_than": [
        v(lambda kv: kv.closer_than("king", "tree")),
        v(lambda kv: kv.closer_than("king", "king")),
        v(lambda kv: kv.closer_than("king", "zz")),
    ],
    "cosine_similarities": [
        v(lambda kv: kv.cosine_similarities(ROWS[0], ROWS)),
        v(lambda kv: type(kv).cosine_similarities(ROWS[0], ROWS[:3])),
    ],
    "distance": [
        v(lambda kv: kv.distance("king", "queen")),
        v(lambda kv: kv.distance("king", "zz")),
        v(lambda kv: kv.distance(2, 3)),
    ],
    "distances": [
        v(lambda kv: kv.distances("king")),
        v(lambda kv: kv.distances("king", ["tree", 3])),
        v(lambda kv: kv.distances(NEW[0].astype(np.float32))),
        v(lambda kv: kv.distances("king", ["zz"])),
        v(lambda kv: kv.distances("zz")),
        v(lambda kv: kv.distances(2)),
    ],
    "doesnt_match": [
        v(lambda kv: kv.doesnt_match(["king", "queen", "tree", "zz"])),
        v(lambda kv: kv.doesnt_match([])),
        v(lambda kv: kv.doesnt_match(["zz"])),
    ],
    "evaluate_word_analogies": [
        on_file("evaluate_word_analogies", ANALOGIES),
        on_file("evaluate_word_analogies", ANALOGIES, case_insensitive=False),
        on_file("evaluate_word_analogies", ANALOGIES, dummy4unknown=True),
        on_file("evaluate_word_analogies", ANALOGIES, restrict_vocab=7),
        on_file("evaluate_word_analogies", ": s\nv w x y\n"),
        on_file("evaluate_word_analogies", "man king woman queen\n"),
    ],
    "evaluate_word_pairs": [
        on_file("evaluate_word_pairs", PAIRS),
        on_file("evaluate_word_pairs", PAIRS, dummy4unknown=True),
        on_file("evaluate_word_pairs", PAIRS, case_insensitive=False, restrict_vocab=9),
        on_file("evaluate_word_pairs", PAIRS.replace("\t", ";"), delimiter=";"),
        on_file("evaluate_word_pairs", "x\ty\t1\n"),
    ],
    "fill_norms": [after(lambda kv: kv.fill_norms(), "norms"), after(lambda kv: kv.fill_norms(force=True), "norms")],
    "get_index": [
        v(lambda kv: kv.get_index("king")),
        v(lambda kv: kv.get_index(3)),
        v(lambda kv: kv.get_index("zz", 7)),
        v(lambda kv: kv.get_index("zz")),
        v(lambda kv: kv.get_index(-1)),
        v(lambda kv: kv.get_index(["king"])),
    ],
    "get_mean_vector": [
        v(lambda kv: kv.get_mean_vector(["king", 3, NEW[0]])),
        v(lambda kv: kv.get_mean_vector(["king", "queen"], weights=[2, -0.5])),
        v(lambda kv: kv.get_mean_vector(["king", "queen"], weights=[0, 0])),
        v(lambda kv: kv.get_mean_vector(["king", "zz"], pre_normalize=False)),
        v(lambda kv: kv.get_mean_vector(["king", "queen"], post_normalize=True)),
        v(lambda kv: kv.get_mean_vector(kv.vectors[:3])),
        v(lambda kv: kv.get_mean_vector(["zz"])),
        v(lambda kv: kv.get_mean_vector(["zz"], ignore_missing=False)),
        v(lambda kv: kv.get_mean_vector([])),
        v(lambda kv: kv.get_mean_vector(["king"], weights=[1, 2])),
    ],
    "get_normed_vectors": [v(lambda kv: kv.get_normed_vectors())],
    "get_vecattr": [
        v(lambda kv: kv.get_vecattr("king", "count")),
        v(lambda kv: kv.get_vecattr("zz", "count")),
        v(lambda kv: kv.get_vecattr("king", "zz")),
    ],
    "get_vector": [
        v(lambda kv: kv.get_vector("king")),
        v(lambda kv: kv.get_vector("king", norm=True)),
        v(lambda kv: kv.get_vector(np.int64(4))),
        v(lambda kv: kv.get_vector("zz")),
        v(lambda kv: kv.get_vector("king").flags.writeable),
    ],
    "has_index_for": [v(lambda kv: [kv.has_index_for(key) for key in ("king", "zz", 0, 11, 12, -1, None)])],
    "index2entity": [after(lambda kv: setattr(kv, "index2entity", ["x"]), "index_to_key")],
    "index2word": [after(lambda kv: setattr(kv, "index2word", ["x"]), "index_to_key")],
    "init_sims": [after(lambda kv: kv.init_sims(), "norms"), after(lambda kv: kv.init_sims(replace=True), "vectors")],
    "intersect_word2vec_format": [
        intersected(lambda kv, path: kv.intersect_word2vec_format(path)),
        intersected(lambda kv, path: kv.intersect_word2vec_format(path, lockf=0.5)),
    ],
    "load": [reloaded, v(lambda kv: type(kv).load("/no/such/file"))],
    "load_word2vec_format": [
        loaded(b"2 3\nking 1 2 3\nqueen 4 5 6\n"),
        loaded(b"2 3\nking 1 2 3\nqueen 4 5 6\n", limit=1),
        loaded(b"2 3\r\nking 1 2 3\r\nqueen 4 5 6\r\n", datatype=np.float64),
        loaded(b"king 1 2 3\nqueen 4 5 6\n", no_header=True),
        loaded(b"2 1\nking \x00\x00\x80\x3f\nqueen \x00\x00\x00\x40", binary=True),
        loaded(b"3 1\nking \x00\x00\x80\x3fqueen \x00\x00\x00\x40", binary=True),
        loaded(b"3 2\nking 1 2\n"),
        loaded(b"1 1\nk\xe4nig 1\n"),
        loaded(b"1 1\nk\xe4nig 1\n", unicode_errors="ignore"),
        loaded(b"1 1\nk\xe4nig 1\n", encoding="latin1"),
        loaded(b"nonsense\n"),
        loaded(b"1 1\nking x\n"),
        loaded(b"1 1\nking 1\n", binary=True, no_header=True),
        v(lambda kv: type(kv).load_word2vec_format("/no/such/file")),
    ],
    "log_accuracy": [v(lambda kv: kv.log_accuracy({"section": "x", "correct": [1], "incorrect": [2, 3]}))],
    "log_evaluate_word_pairs": [v(lambda kv: kv.log_evaluate_word_pairs((0.1, 0.2), (0.3, 0.4), 5.0, "file"))],
    "most_similar": [
        v(lambda kv: kv.most_similar("king")),
        v(lambda kv: kv.most_similar(["king", "woman"], ["man"], topn=3)),
        v(lambda kv: kv.most_similar(positive=["king", 3, NEW[0]], negative="man")),
        v(lambda kv: kv.most_similar(NEW, topn=2)),
        v(lambda kv: kv.most_similar(NEW[0], topn=2)),
        v(lambda kv: kv.most_similar([("king", 2.0), (NEW[1], -0.5), "tree"])),
        v(lambda kv: kv.most_similar(negative=["king"])),
        v(lambda kv: kv.most_similar("king", topn=None)),
        v(lambda kv: kv.most_similar("king", topn=None, clip_start=2, clip_end=5)),
        v(lambda kv: kv.most_similar("king", clip_start=2, clip_end=5)),
        v(lambda kv: kv.most_similar("king", restrict_vocab=4, clip_start=3)),
        v(lambda kv: kv.most_similar("king", restrict_vocab=0, topn=99)),
        v(lambda kv: kv.most_similar(np.int64(2), topn=np.uint8(3))),
        v(lambda kv: kv.most_similar("zz", topn=0)),
        v(lambda kv: kv.most_similar("king", topn=2, indexer=Indexer())),
        v(lambda kv: kv.most_similar("zz")),
        v(lambda kv: kv.most_similar()),
        v(lambda kv: kv.most_similar([])),
        v(lambda kv: kv.most_similar("king", topn=2.0)),
        v(lambda kv: kv.most_similar(("king", 0.5))),
        v(lambda kv: kv.most_similar({"king"})),
        v(lambda kv: kv.most_similar([None])),
        v(lambda kv: kv.most_similar([0.5, 0.5])),
        v(lambda kv: kv.most_similar(np.zeros(3))),
    ],
    "most_similar_cosmul": [
        v(lambda kv: kv.most_similar_cosmul("king", topn=4)),
        v(lambda kv: kv.most_similar_cosmul(["king", "woman"], ["man"])),
        v(lambda kv: kv.most_similar_cosmul(["king"], "man", topn=None)),
        v(lambda kv: kv.most_similar_cosmul([kv.get_vector("king", norm=True)], topn=3)),
        v(lambda kv: kv.most_similar_cosmul("king", topn=0)),
        v(lambda kv: kv.most_similar_cosmul("zz")),
        v(lambda kv: kv.most_similar_cosmul(negative=["king"])),
        v(lambda kv: kv.most_similar_cosmul()),
    ],
    "most_similar_to_given": [
        v(lambda kv: kv.most_similar_to_given("king", ["tree", "queen", "two"])),
        v(lambda kv: kv.most_similar_to_given("king", [])),
        v(lambda kv: kv.most_similar_to_given("king", ["zz"])),
    ],
    "n_similarity": [
        v(lambda kv: kv.n_similarity(["king", "man"], ["queen", "woman", "zz"])),
        v(lambda kv: kv.n_similarity(["king"], ["queen"])),
        v(lambda kv: kv.n_similarity(["zz"], ["queen"])),
        v(lambda kv: kv.n_similarity([], ["queen"])),
    ],
    "rank": [
        v(lambda kv: kv.rank("king", "tree")),
        v(lambda kv: kv.rank("king", "king")),
        v(lambda kv: kv.rank("king", "zz")),
    ],
    "rank_by_centrality": [
        v(lambda kv: kv.rank_by_centrality(["king", "queen", "tree", "zz"])),
        v(lambda kv: kv.rank_by_centrality(["king", "queen", "tree"], use_norm=False)),
        v(lambda kv: kv.rank_by_centrality(["zz"])),
    ],
    "relative_cosine_similarity": [
        v(lambda kv: kv.relative_cosine_similarity("king", "tree", 3)),
        v(lambda kv: kv.relative_cosine_similarity("king", "tree", 0)),
        v(lambda kv: kv.relative_cosine_similarity("king", "zz")),
    ],
    "resize_vectors": [
        after(
            lambda kv: (kv.index_to_key.append("x"), kv.resize_vectors(seed=5))[1],
            "vectors",
            lambda kv: kv.expandos["count"],
        )
    ],
    "save": [reloaded],
    "save_word2vec_format": [
        written(),
        written(binary=True),
        written(write_header=False, prefix="pre_"),
        written(total_vec=99, sort_attr="none"),
        after(lambda kv: kv.expandos["count"].__setitem__(3, 500), "index_to_key"),
        written(binary=True, sort_attr="none"),
        v(lambda kv: kv.save_word2vec_format("/no/such/folder/file")),
    ],
    "set_vecattr": [
        after(
            lambda kv: [
                kv.set_vecattr("king", name, value)
                for name, value in (("count", 7), ("f", 0.5), ("s", "x"), ("count", np.int64(8)))
            ],
            lambda kv: {k: (c.dtype.name, c.tolist()) for k, c in kv.expandos.items()},
        ),
        v(lambda kv: kv.set_vecattr("king", "count", 0.5)),
        v(lambda kv: kv.set_vecattr("king", "count", None)),
        v(lambda kv: kv.set_vecattr("zz", "count", 1)),
    ],
    "similar_by_key": [
        v(lambda kv: kv.similar_by_key("king", 3)),
        v(lambda kv: kv.similar_by_key("king", topn=None, restrict_vocab=4)),
    ],
    "similar_by_vector": [
        v(lambda kv: kv.similar_by_vector(NEW[0])),
        v(lambda kv: kv.similar_by_vector(ROWS[3], topn=2, restrict_vocab=6)),
    ],
    "similar_by_word": [v(lambda kv: kv.similar_by_word("king")), v(lambda kv: kv.similar_by_word("zz"))],
    "similarity": [
        v(lambda kv: kv.similarity("king", "queen")),
        v(lambda kv: kv.similarity(0, "queen")),
        v(lambda kv: kv.similarity("king", "zz")),
    ],
    "similarity_unseen_docs": [v(lambda kv: kv.similarity_unseen_docs(1, 2))],
    "sort_by_descending_frequency": [
        after(
            lambda kv: (
                kv.expandos.update(count=np.array([3, 1, 2, 3, 5, 1, 1, 9, 0, 2, 2, 4])),
                kv.sort_by_descending_frequency(),
            )[1],
            keep,
            lambda kv: kv.expandos["count"],
        ),
        v(lambda kv: (kv.expandos.clear(), kv.sort_by_descending_frequency())),
    ],
    "unit_normalize_all": [after(lambda kv: kv.unit_normalize_all(), "vectors", lambda kv: kv.most_similar("king"))],
    "vectors_for_all": [
        v(lambda kv: keep(kv.vectors_for_all(["tree", "zz", "king", "tree"]))),
        v(lambda kv: kv.vectors_for_all(["tree", "king"]).expandos),
        v(lambda kv: kv.vectors_for_all(["tree", "king"], copy_vecattrs=True).expandos),
        v(lambda kv: kv.vectors_for_all(["tree", "king"], allow_inference=False).next_index),
    ],
    "vectors_norm": [after(lambda kv: setattr(kv, "vectors_norm", 1), "vectors")],
    "vocab": [v(lambda kv: setattr(kv, "vocab", {}))],
    "wmdistance": [
        v(lambda kv: kv.wmdistance(["king", "man", "man"], ["queen", "tree", "zz"])),
        v(lambda kv: kv.wmdistance(["king", "man"], ["queen", "tree"], norm=False)),
        v(lambda kv: kv.wmdistance(["king", "tree"], ["tree", "king"])),
        v(lambda kv: kv.wmdistance(["king"], ["king"])),
        v(lambda kv: kv.wmdistance(["zz"], ["king"])),
    ],
    "word_vec": [v(lambda kv: kv.word_vec("king")), v(lambda kv: kv.word_vec("king", norm=True))],
    "words_closer_than": [v(lambda kv: kv.words_closer_than("king", "tree"))],
    "__len__": [v(len)],
    "__str__": [v(str)],
    "__contains__": [v(lambda kv: ["king" in kv, 3 in kv, "zz" in kv])],
    "__getitem__": [
        v(lambda kv: kv["king"]),
        v(lambda kv: kv[3]),
        v(lambda kv: kv[["king", 3]]),
        v(lambda kv: kv["king", "tree"]),
        v(lambda kv: kv["zz"]),
        v(lambda kv: kv[["king", "zz"]]),
        v(lambda kv: kv[[]]),
        v(lambda kv: kv[0:2]),
        v(lambda kv: kv[-1]),
    ],
    "__setitem__": [
        after(lambda kv: kv.__setitem__("king", NEW[0]), keep),
        after(lambda kv: kv.__setitem__("x", NEW[0]), keep),
        after(lambda kv: kv.__setitem__(["king", "x"], NEW[:2]), keep),
        after(lambda kv: kv.__setitem__(["x"], [NEW[0]]), keep),
        v(lambda kv: kv.__setitem__("x", NEW[0, :2])),
    ],
}
