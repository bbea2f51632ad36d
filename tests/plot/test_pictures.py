"""Pictures of vectors: what they show is read back from the Axes."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

from fastw2v import KeyedVectors, Word2Vec, plot
from fastw2v.errors import ConfigError
from fastw2v.plot import common


@pytest.fixture
def matplotlib():
    """The module, drawing into memory; figures are closed afterwards."""
    module = pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'fastw2v[plot]'")
    module.use("Agg")
    import_module("matplotlib.pyplot")
    yield module
    module.pyplot.close("all")


@pytest.fixture
def wv() -> KeyedVectors:
    vectors = KeyedVectors(3)
    rows = [[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 1], [-5, 0, 2]]
    vectors.add_vectors(["man", "woman", "king", "queen", "water"], np.array(rows, dtype=np.float32))
    return vectors


def names_of(ticks) -> list[str]:
    return [tick.get_text() for tick in ticks]


def test_pca_keeps_distances_within_the_plane():
    rng = np.random.default_rng(1)
    flat = rng.normal(size=(7, 2)) * [3, 1]
    turned = np.linalg.qr(rng.normal(size=(5, 5)))[0][:2]
    points, shares = plot.pca(flat @ turned + 10)
    distances = [np.linalg.norm(rows[:, None] - rows, axis=2) for rows in (flat, points)]
    np.testing.assert_allclose(*distances, atol=1e-12)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] > shares[1]
    np.testing.assert_allclose(plot.pca(-turned)[0].shape, (2, 2))


def test_pca_of_equal_rows_is_zero():
    points, shares = plot.pca(np.ones((3, 4)))
    np.testing.assert_allclose(points, 0)
    np.testing.assert_allclose(shares, 0)


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (5,), (0, 3)])
def test_pca_needs_two_rows_and_dimensions(shape):
    with pytest.raises(ConfigError, match="n_components=2"):
        plot.pca(np.zeros(shape))


def test_heat_map_of_vectors(matplotlib, wv):
    ax = plot.vector_heatmap(wv, ["king", "queen"])
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 0, 1], [0, 1, 1]])
    assert names_of(ax.get_yticklabels()) == ["king", "queen"]
    assert ax.images[0].get_clim() == (-1, 1)
    assert plot.vector_heatmap(wv).images[0].get_array().shape == (5, 3)


def test_arrays_do_as_well(matplotlib):
    ax = matplotlib.pyplot.subplots()[1]
    assert plot.vector_heatmap([[0.0, 2.0]], ["me"], limit=4, ax=ax) is ax
    assert names_of(ax.get_yticklabels()) == ["me"]
    assert ax.images[0].get_clim() == (-4, 4)
    assert names_of(plot.vector_heatmap(np.eye(3)).get_yticklabels()) == ["0", "1", "2"]


def test_heat_map_of_similarities(matplotlib, wv):
    ax = plot.similarity_heatmap(wv, ["man", "woman", "king"])
    half = np.sqrt(0.5)
    np.testing.assert_allclose(ax.images[0].get_array(), [[1, half, 0], [half, 1, 0], [0, 0, 1]], atol=1e-12)
    assert [text.get_text() for text in ax.texts][:3] == ["1.00", "0.71", "0.00"]
    assert names_of(ax.get_xticklabels()) == ["man", "woman", "king"]
    nearly = plot.similarity_heatmap([[1.0, 0.0], [-1e-3, 1.0]])
    assert [text.get_text() for text in nearly.texts] == ["1.00", "0.00", "0.00", "1.00"]


def test_scatter(matplotlib, wv):
    ax = plot.scatter(wv)
    np.testing.assert_allclose(ax.collections[0].get_offsets(), plot.pca(wv.vectors)[0])
    assert [text.get_text() for text in ax.texts] == wv.index_to_key
    assert "%" in ax.get_xlabel()


@pytest.mark.parametrize("words", [["man", "woman", "king", "queen"], ["man", "woman", "king"]])
def test_analogy(matplotlib, wv, words):
    ax = plot.analogy(wv, words)
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["man", "woman", "king", "queen"]
    points, cross = (group.get_offsets() for group in ax.collections)
    np.testing.assert_allclose(points[1] - points[0], points[3] - points[2], atol=1e-6)
    np.testing.assert_allclose(cross[0], points[3], atol=1e-6)
    ax.figure.canvas.draw()


def test_loss_curve(matplotlib, sentences):
    model = Word2Vec(sentences, min_count=1, vector_size=4, epochs=3, progress=False)
    ax = plot.loss_curve(model, label="cbow")
    plot.loss_curve([3.0, 2.0], label="by hand", ax=ax)
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), np.c_[[1, 2, 3], model.loss_history])
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [3, 2])
    assert names_of(ax.get_legend().get_texts()) == ["cbow", "by hand"]


def test_what_cannot_be_drawn(matplotlib, wv):
    with pytest.raises(KeyError, match="quen"):
        plot.scatter(wv, ["king", "quen"])
    with pytest.raises(ConfigError, match="1 labels for 2 vectors"):
        plot.scatter(np.eye(2), ["one"])
    with pytest.raises(ConfigError, match="at least one row"):
        plot.vector_heatmap(np.zeros(3))
    with pytest.raises(ConfigError, match="a, b, c, d"):
        plot.analogy(np.eye(3), ["a", "b", "c"])
    with pytest.raises(ConfigError, match="at least one"):
        plot.loss_curve([])


def test_letters_without_a_font_are_spoken_of(matplotlib, monkeypatch):
    monkeypatch.setattr(common, "CJK_FONTS", ())
    monkeypatch.setattr(common, "_add_new_fonts", lambda: None)
    if common.has_letters(matplotlib.rcParams["font.family"], {"爱"}):
        pytest.skip("the usual font has Chinese letters here")
    with pytest.warns(UserWarning, match=r"'爱'.*install one"):
        plot.scatter(np.eye(2), ["爱", "love"])


def test_a_font_with_the_letters_is_taken(matplotlib, monkeypatch):
    fonts = SimpleNamespace(fontManager=SimpleNamespace(ttflist=[SimpleNamespace(name="SimHei")]))
    modules = {"": matplotlib, ".font_manager": fonts}
    monkeypatch.setattr(common, "matplotlib_module", modules.__getitem__)
    monkeypatch.setattr(common, "has_letters", lambda families, letters: "SimHei" in families and letters == {"爱"})
    usual = matplotlib.rcParams["font.family"]
    assert common.families(["爱", "love"]) == [*usual, "SimHei"]
    assert common.families(["love", "é"]) == usual


def test_a_font_that_was_installed_later_is_found(matplotlib, monkeypatch):
    """matplotlib keeps its list of fonts in a file, which knows nothing of new ones."""
    listed = [SimpleNamespace(name="Other", fname="/fonts/other.ttf")]

    def add(path: str) -> None:
        if path == "/fonts/broken.ttf":
            raise RuntimeError("no font")
        listed.append(SimpleNamespace(name="SimHei", fname=path))

    found = ["/fonts/other.ttf", "/fonts/broken.ttf", "/fonts/simhei.ttf"]
    fonts = SimpleNamespace(fontManager=SimpleNamespace(ttflist=listed, addfont=add), findSystemFonts=lambda: found)
    monkeypatch.setattr(common, "matplotlib_module", {"": matplotlib, ".font_manager": fonts}.__getitem__)
    monkeypatch.setattr(common, "has_letters", lambda families, letters: "SimHei" in families)
    assert common.families(["爱"])[-1] == "SimHei"
    assert [font.fname for font in listed] == ["/fonts/other.ttf", "/fonts/simhei.ttf"]


def test_without_matplotlib_the_extra_is_named():
    program = (
        "import sys; sys.modules['matplotlib'] = sys.modules['matplotlib.pyplot'] = None\n"
        "from fastw2v import plot\n"
        "try: plot.scatter([[1, 2], [3, 5]])\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "pip install 'fastw2v[plot]'" in done.stdout


def boxes_of(ax) -> np.ndarray:
    """Left, bottom, right, top of each label, in pixels, as they are drawn."""
    ax.figure.canvas.draw()
    extents = [text.get_window_extent() for text in ax.texts if text.get_text()]
    for text, extent in zip([text for text in ax.texts if text.get_text()], extents, strict=True):
        if text.arrow_patch is not None:  # the extent of an annotation holds its line
            extent.update_from_data_xy(np.array(text_extent(text)))
    return np.array([[one.x0, one.y0, one.x1, one.y1] for one in extents])


def text_extent(text):
    from matplotlib.text import Text

    extent = Text.get_window_extent(text)
    return [[extent.x0, extent.y0], [extent.x1, extent.y1]]


def n_overlaps(boxes: np.ndarray) -> int:
    width = np.minimum(boxes[:, None, 2], boxes[:, 2]) - np.maximum(boxes[:, None, 0], boxes[:, 0])
    height = np.minimum(boxes[:, None, 3], boxes[:, 3]) - np.maximum(boxes[:, None, 1], boxes[:, 1])
    return int(np.triu((width > 1) & (height > 1), 1).sum())


@pytest.mark.parametrize("n", [5, 40, 2000])
def test_labels_do_not_collide(matplotlib, n):
    rng = np.random.default_rng(n)
    ax = plot.scatter(rng.normal(size=(n, 4)), [f"word{number}" for number in range(n)])
    boxes = boxes_of(ax)
    assert n_overlaps(boxes) == 0
    assert len(boxes) == n if n <= 40 else len(boxes) > 60
    shown = [text.get_text() for text in ax.texts]
    assert shown[0] == "word0", "the first words have the first choice"


def test_points_in_one_place_get_labels_beside_each_other(matplotlib):
    rows = np.vstack([np.zeros((6, 2)), [[5, 5], [-5, -5]]])
    ax = plot.scatter(rows, [f"word{number}" for number in range(8)])
    boxes = boxes_of(ax)
    assert len(boxes) == 8
    assert n_overlaps(boxes) == 0


def test_no_more_labels_than_wanted(matplotlib, wv):
    assert len(plot.scatter(wv, most_labels=2).texts) == 2


def test_groups_have_colours_and_a_legend(matplotlib, wv):
    ax = plot.scatter(wv, groups={"royal": ["king", "queen"], "people": ["man", "woman"]}, title="words")
    assert names_of(ax.get_legend().get_texts()) == ["royal", "people"]
    assert [text.get_text() for text in ax.texts] == ["king", "queen", "man", "woman"]
    colours = [text.get_color() for text in ax.texts]
    assert colours[0] == colours[1] != colours[2] == colours[3]
    assert ax.get_title() == "words"
    rest = plot.scatter(wv, wv.index_to_key, groups={"royal": ["king"]})
    assert [len(group.get_offsets()) for group in rest.collections] == [4, 1]
    numbered = plot.scatter(wv, groups=[0, 0, 1, 1, 0])
    assert names_of(numbered.get_legend().get_texts()) == ["0", "1"]
    with pytest.raises(ConfigError, match="2 for 5 points"):
        plot.scatter(wv, groups=[0, 1])


@pytest.mark.parametrize("method", ["tsne", pytest.param("umap", marks=pytest.mark.slow)])
def test_maps_of_neighbourhoods(matplotlib, method):
    pytest.importorskip("sklearn" if method == "tsne" else "umap")
    rng = np.random.default_rng(0)
    two = rng.normal(size=(30, 5))
    two[:15, 0] += 9
    two[15:, 1] += 9
    with np.errstate(all="ignore"), pytest.warns() if method == "umap" else _nothing():
        ax = plot.scatter(two, method=method)
    points = np.asarray(ax.collections[0].get_offsets())
    between = np.linalg.norm(points[:15].mean(axis=0) - points[15:].mean(axis=0))
    assert between > points[:15].std() * 1.5
    assert ax.get_xlabel() == ""


def _nothing():
    from contextlib import nullcontext

    return nullcontext()


def test_dark_pictures(matplotlib, wv):
    black, white = (0, 0, 0, 1), (1, 1, 1, 1)
    usual = matplotlib.rcParams["axes.facecolor"]
    for ax in (plot.scatter(wv, dark=True), plot.analogy(wv, ["man", "woman", "king"], dark=True),
               plot.loss_curve([2, 1], dark=True), plot.similarity_heatmap(wv, dark=True)):  # fmt: skip
        assert matplotlib.colors.to_rgba(ax.get_facecolor()) == black
        assert matplotlib.colors.to_rgba(ax.xaxis.label.get_color()) == white
    assert matplotlib.rcParams["axes.facecolor"] == usual


def test_a_hundred_words_can_be_read_and_more_are_not_named(matplotlib):
    rows = np.random.default_rng(0).normal(size=(101, 3))
    assert len(names_of(plot.similarity_heatmap(rows[:100]).get_yticklabels())) == 100
    assert len(plot.similarity_heatmap(rows[:100]).get_yticks()) == 100
    assert len(plot.similarity_heatmap(rows).get_yticks()) != 101


def test_similar_words_stand_beside_each_other(matplotlib):
    rows = np.array([[1, 0], [0, 1], [1, 0.1], [0.1, 1]])
    ax = plot.similarity_heatmap(rows, ["a", "x", "b", "y"], order=True)
    assert sorted(map("".join, (names_of(ax.get_yticklabels())[:2], names_of(ax.get_yticklabels())[2:]))) in (
        ["ab", "xy"], ["ab", "yx"], ["ba", "xy"], ["ba", "yx"],
    )  # fmt: skip


def test_curves_of_several_trainings(matplotlib, sentences):
    runs = {f"alpha={a}": Word2Vec(sentences, min_count=1, vector_size=4, epochs=3, alpha=a) for a in (0.025, 0.05)}
    ax = plot.training_curves({**runs, "by hand": [3, 2, 1]})
    assert names_of(ax.get_legend().get_texts()) == ["alpha=0.025", "alpha=0.05", "by hand"]
    rates = ax.figure.axes[1]
    np.testing.assert_allclose([line.get_ydata()[0] for line in rates.lines], [0.025, 0.05])
    np.testing.assert_allclose([line.get_ydata()[1] for line in rates.lines], [0.0001, 0.0001])
    with pytest.raises(ConfigError, match="at least one training"):
        plot.training_curves({})


def test_what_a_vocabulary_keeps(matplotlib, sentences):
    counts = {"the": 90, "king": 9, "rules": 1}
    ax = plot.vocabulary(counts, min_count=5, sample=0.1)
    texts = names_of(ax.get_legend().get_texts())
    assert texts[1] == "min_count=5 keeps 2 of 3 words, 99.0% of the text"
    kept = 90 * (np.sqrt(10 / 90) + 10 / 90) + 10
    assert texts[2] == f"sample=0.1 trains {kept / 100:.1%} of the text"
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [90, 9, 1])
    model = Word2Vec(sentences, min_count=1, vector_size=4)
    assert plot.vocabulary(model).lines[0].get_ydata()[0] == model.wv.get_vecattr(model.wv.index_to_key[0], "count")
    with pytest.raises(ConfigError, match="there are none"):
        plot.vocabulary({})


def test_one_hint_about_fonts_and_not_one_for_each_glyph(matplotlib, monkeypatch):
    import warnings

    monkeypatch.setattr(common, "CJK_FONTS", ())
    monkeypatch.setattr(common, "_add_new_fonts", lambda: None)
    if common.has_letters(matplotlib.rcParams["font.family"], {"爱"}):
        pytest.skip("the usual font has Chinese letters here")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        plot.scatter(np.eye(3), ["爱", "中文", "国王"]).figure.canvas.draw()
    assert len(caught) == 1
    assert "install one" in str(caught[0].message)
