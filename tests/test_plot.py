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
    monkeypatch.setattr(plot, "CJK_FONTS", ())
    if plot._has_letters(matplotlib.rcParams["font.family"], {"爱"}):
        pytest.skip("the usual font has Chinese letters here")
    with pytest.warns(UserWarning, match=r"'爱'.*install one"):
        plot.scatter(np.eye(2), ["爱", "love"])


def test_a_font_with_the_letters_is_taken(matplotlib, monkeypatch):
    fonts = SimpleNamespace(fontManager=SimpleNamespace(ttflist=[SimpleNamespace(name="SimHei")]))
    modules = {"": matplotlib, ".font_manager": fonts}
    monkeypatch.setattr(plot, "_matplotlib", modules.__getitem__)
    monkeypatch.setattr(plot, "_has_letters", lambda families, letters: "SimHei" in families and letters == {"爱"})
    usual = matplotlib.rcParams["font.family"]
    assert plot._families(["爱", "love"]) == [*usual, "SimHei"]
    assert plot._families(["love", "é"]) == usual


def test_without_matplotlib_the_extra_is_named():
    program = (
        "import sys; sys.modules['matplotlib'] = sys.modules['matplotlib.pyplot'] = None\n"
        "from fastw2v import plot\n"
        "try: plot.scatter([[1, 2], [3, 5]])\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "pip install 'fastw2v[plot]'" in done.stdout
