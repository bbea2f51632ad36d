"""The oracle itself: formulas against numeric gradients and hand-made answers, and the tutorials' systems."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastw2v.errors import ConfigError, VocabularyError
from fastw2v.train import reference
from fastw2v.train.huffman import build_huffman
from fastw2v.train.reference import Weights, hs_outputs, ns_outputs, numeric_gradient, walk_windows

TREE = build_huffman(np.array([9, 7, 5, 3, 2, 1]))
CONTEXT = np.array([3, 0, 3, 5])  # one word twice


def weights(n_words: int = 6, dim: int = 4) -> Weights:
    rng = np.random.default_rng(n_words)
    return Weights(*(rng.standard_normal((n_words, dim)) for _ in Weights._fields))


# ---------------------------------------------------------------------------------- objectives


@given(st.floats(-800, 800))
def test_sigmoid_and_its_logarithm(x):
    value, log = reference.sigmoid(np.array(x)), reference.log_sigmoid(np.array(x))
    assert value + reference.sigmoid(np.array(-x)) == pytest.approx(1, abs=1e-15)
    assert log - reference.log_sigmoid(np.array(-x)) == pytest.approx(x, abs=1e-12)
    if x > -700:
        assert np.log(value) == pytest.approx(log, rel=1e-12)


def test_noise_words_that_are_drawn_again_come_in_further_passes_and_the_word_itself_is_left_out():
    passes = ns_outputs(4, [2, 4, 2, 0, 2])
    assert [outputs.rows.tolist() for outputs in passes] == [[4, 2, 0], [2], [2]]
    assert [outputs.labels.tolist() for outputs in passes] == [[1, 0, 0], [0], [0]]


def test_context_words_see_what_those_before_them_did():
    """word2vec.c's loop, number by number: outputs move after each context word, and it by what they were then."""
    found, (w_in, w_out, *_) = weights(), weights()
    outputs = ns_outputs(1, [0, 2, 5])[0]
    for word in CONTEXT:
        step = np.zeros(w_in.shape[1])
        for row, label in zip(*outputs, strict=True):
            g = 0.3 * (label - 1 / (1 + np.exp(-w_in[word] @ w_out[row])))
            step += g * w_out[row]
            w_out[row] += g * w_in[word]
        w_in[word] += step
    objective = partial(reference.logistic_step, w_out=found.w_ns, outputs=outputs)
    reference.skip_gram_window(found.w_in, CONTEXT, objective, 0.3)
    np.testing.assert_allclose(found.w_in, w_in)
    np.testing.assert_allclose(found.w_ns, w_out)


def test_a_joint_context_moves_by_the_outputs_before_it():
    found, (w_in, w_out, *_) = weights(), weights()
    context, outputs, before = np.array([2, 0, 3]), ns_outputs(1, [4])[0], w_out.copy()
    for word in context:
        g = 0.3 * (outputs.labels - 1 / (1 + np.exp(-w_out[outputs.rows] @ w_in[word])))
        w_out[outputs.rows] += np.outer(g, w_in[word])
        w_in[word] += g @ before[outputs.rows]
    objective = partial(reference.logistic_step, w_out=found.w_ns, outputs=outputs)
    reference.joint_context_window(found.w_in, context, objective, 0.3, w_out=found.w_ns)
    np.testing.assert_allclose(found.w_in, w_in)
    np.testing.assert_allclose(found.w_ns, w_out)


def test_blocks_of_a_joint_context_hold_no_word_twice():
    blocks = [block.tolist() for block in reference.joint_blocks(np.array([1, 2, 3, 1, 4, 4, *range(5, 25)]))]
    assert blocks[:3] == [[1, 2, 3], [1, 4], [4, *range(5, 11)]]
    assert sum(map(len, blocks)) == 26
    assert max(map(len, blocks)) <= reference.JOINT_ROWS


@given(st.lists(st.integers(0, 5), min_size=2, max_size=12), st.integers(0, 99))
def test_the_leaves_of_the_tree_share_a_probability_of_one(counts, seed):
    tree, rng = build_huffman(np.array(counts)), np.random.default_rng(seed)
    w_hs, x = rng.standard_normal((len(counts), 3)), rng.standard_normal((1, 3))
    losses = [
        reference.logistic_step(x, 0.0, w_out=w_hs, outputs=hs_outputs(word, tree))[1] for word in range(len(counts))
    ]
    assert np.exp(-np.array(losses)).sum() == pytest.approx(1)


def test_softmax_is_what_the_tutorials_derive_number_by_number():
    eta, (w_in, _, _, w_out) = 0.1, weights()
    h, targets = w_in[2], [1, 4, 4]
    u = [float(np.dot(row, h)) for row in w_out]
    y = [np.exp(u_j) / sum(np.exp(u_k) for u_k in u) for u_j in u]
    ei = [sum(y[j] - (j == target) for target in targets) for j in range(6)]  # EI_j = sum_c e_cj
    eh = [sum(ei[j] * w_out[j][i] for j in range(6)) for i in range(4)]
    expected_out = [[w_out[j][i] - eta * ei[j] * h[i] for i in range(4)] for j in range(6)]
    loss = -sum(u[target] for target in targets) + 3 * np.log(sum(np.exp(u)))

    found = w_out.copy()
    step, found_loss = reference.softmax_step(h[None], eta, w_out=found, targets=targets)
    np.testing.assert_allclose(found, expected_out)
    np.testing.assert_allclose(step[0], -eta * np.array(eh))
    assert found_loss == pytest.approx(loss)


OBJECTIVES = {
    "ns": partial(reference.logistic_step, outputs=ns_outputs(1, [0, 2, 2, 5])[0]),
    "hs": partial(reference.logistic_step, outputs=hs_outputs(4, TREE)),
    "softmax": partial(reference.softmax_step, targets=[1, 2, 2]),
}
ARCHITECTURES = {  # and what their input update is, as a multiple of the gradient, for four context words
    "sg": (reference.skip_gram_window, 1),
    "mean-exact": (partial(reference.cbow_window, mean=True, exact=True), 1),
    "sum-exact": (partial(reference.cbow_window, mean=False, exact=True), 1),
    "mean-gensim": (partial(reference.cbow_window, mean=True, exact=False), 4),
    "sum-gensim": (partial(reference.cbow_window, mean=False, exact=False), 1 / 4),
}


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_step_is_the_gradient_where_the_rate_is_small(architecture, objective):
    """Its derivative by the rate, at 0: context words see each other's steps, by the square of the rate."""
    window, factor = ARCHITECTURES[architecture]
    w_in, w_out, *_ = weights()

    def loss(alpha: float = 0.0) -> float:
        return window(w_in, CONTEXT, partial(OBJECTIVES[objective], w_out=w_out), alpha)

    gradient_in, gradient_out = numeric_gradient(loss, w_in), numeric_gradient(loss, w_out)
    after, rate = [], 1e-5
    for sign in (1, -1):
        w_in[:], w_out[:] = weights()[:2]
        loss(sign * rate)
        after.append((w_in.copy(), w_out.copy()))
    for matrix, expected in ((0, factor * gradient_in), (1, gradient_out)):
        slope = (after[0][matrix] - after[1][matrix]) / (2 * rate)
        np.testing.assert_allclose(slope, -expected, atol=1e-7)
    assert np.abs(gradient_in[3]).max() > 1e-3  # the word that stands twice


def test_lock_scales_input_updates_only():
    free, locked = weights(), weights()
    lock = np.array([0.0, 0.5, 2.0])  # of words 0 and 3, 1 and 4, 2 and 5
    position = reference.Position(0, 1, np.array([0, 4, 5]))
    for state, factors in ((free, np.ones(1)), (locked, lock)):
        reference.train_window(state._replace(w_hs=None, w_softmax=None), position, 0.1, skip_gram=True, lock=factors)
    moved = free.w_in - weights().w_in
    np.testing.assert_allclose(locked.w_in - weights().w_in, moved * np.tile(lock, 2)[:, None], atol=1e-15)
    assert not (locked.w_in - weights().w_in)[0].any()


def test_tree_first_then_noise():
    """With both objectives on, negative sampling sees what the tree's step left."""
    position, options = reference.Position(0, 4, CONTEXT), {"skip_gram": True, "tree": TREE}
    both = weights()._replace(w_softmax=None)
    loss = reference.train_window(both, position, 0.1, noise=[1, 2], **options)
    one = weights()._replace(w_softmax=None)
    first = reference.train_window(one._replace(w_ns=None), position, 0.1, **options)
    second = reference.train_window(one._replace(w_hs=None), position, 0.1, noise=[1, 2], **options)
    assert loss == first + second
    for found, expected in zip(both[:3], one[:3], strict=True):
        np.testing.assert_array_equal(found, expected)


# ------------------------------------------------------------------------------------ the walk


def walked(ids, offsets, keep, reduced, window, **options):
    positions = walk_windows(np.array(ids), np.array(offsets), np.array(keep), np.array(reduced), window, **options)
    return [(at.place, at.centre, at.context.tolist()) for at in positions]


def test_windows_by_hand():
    #      sentence 0: 7 (5) 6 8 | empty | 9 | 4 4; the 5 is dropped, so 7 and 6 are neighbours
    ids, offsets, keep = [7, 5, 6, 8, 9, 4, 4], [0, 4, 4, 5, 7], [True, False, True, True, True, True, True]
    full = walked(ids, offsets, keep, [0] * 6, 2)
    assert full == [(0, 7, [6, 8]), (1, 6, [7, 8]), (2, 8, [7, 6]), (4, 4, [4]), (5, 4, [4])]
    shrunk = walked(ids, offsets, keep, [1, 0, 1, 0, 1, 0], 2)
    assert shrunk == [(0, 7, [6]), (1, 6, [7, 8]), (2, 8, [6]), (4, 4, [4]), (5, 4, [4])]
    left = walked(ids, offsets, keep, [0] * 6, 2, left_only=True)
    assert left == [(1, 6, [7]), (2, 8, [7, 6]), (5, 4, [4])]


# ------------------------------------------------------------------------- the tutorials' systems

words = str.split
INVESTING = words("after the deduction of the costs of investing beating the stock market is a losers game")
STUDY = words("我 爱 学习 没有 什么 能够 阻挡 我 的 脚步")
MACHINE = words("thou shalt not make a machine in the likeness of a human mind")


def neighbours(sentence: list[str], window: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for i, word in enumerate(sentence):
        found.setdefault(word, set()).update(sentence[max(0, i - window) : i], sentence[i + 1 : i + 1 + window])
    return found


def test_numpy_from_scratch_skip_gram_predicts_the_neighbours():
    """One sentence, softmax, full windows, a decaying rate: each word's best guesses are its neighbours."""
    model = reference.train([INVESTING], window=3, epochs=400, alpha=lambda done: 0.05 * 0.98 ** (100 * done))
    assert model.losses[0] == pytest.approx(np.log(13), abs=0.05)  # thirteen words, nothing known
    assert model.losses[-1] < 1.9
    for word, others in neighbours(INVESTING, 3).items():
        assert {guess for guess, _ in model.predict([word], topn=3)} <= others


@pytest.mark.parametrize("mean", [True, False])
def test_softmax_cbow_predicts_the_word_in_the_middle(mean):
    model = reference.train([STUDY], skip_gram=False, window=1, epochs=300, alpha=0.2, cbow_mean=mean)
    assert model.predict(["我", "学习"], topn=1)[0][0] == "爱"
    assert model.predict(["什么", "阻挡"], topn=1)[0][0] == "能够"
    assert model.predict(["我", "学习"])[0][1] > 0.8
    assert sum(p for _, p in model.predict(["我", "学习"], topn=99)) == pytest.approx(1)


def test_language_model_predicts_the_next_word():
    model = reference.train([MACHINE], skip_gram=False, left_only=True, window=2, epochs=300, alpha=0.2)
    for before, word in (("thou shalt", "not"), ("a machine", "in"), ("human", "mind")):
        assert model.predict(before.split(), topn=1)[0][0] == word


@pytest.mark.parametrize("objective", ["softmax", "ns", "hs"])
@pytest.mark.parametrize("skip_gram", [True, False])
def test_items_that_share_a_basket_come_together(objective, skip_gram):
    """Item ids, any objective: what is bought together predicts each other."""
    rng = np.random.default_rng(4)
    baskets = [rng.permutation(np.arange(5) + 5 * (i % 2)).tolist() for i in range(40)]
    model = reference.train(
        baskets, objective=objective, skip_gram=skip_gram, window=3, epochs=25, shrink_windows=True, alpha=0.1
    )
    assert model.losses[-1] < 0.8 * model.losses[0]
    for item in range(10):
        guesses = model.predict([item], topn=4)
        assert {guess // 5 for guess, _ in guesses} == {item // 5}
    assert np.isfinite(model.weights.w_in).all()


def test_equal_seeds_give_equal_models():
    runs = [reference.train([INVESTING], objective="ns", epochs=2, seed=seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0].weights.w_in, runs[1].weights.w_in)
    assert (runs[0].weights.w_in != runs[2].weights.w_in).any()


def test_bad_arguments_are_refused():
    with pytest.raises(ConfigError, match="'softmax', 'ns' or 'hs'"):
        reference.train([INVESTING], objective="sg")
    with pytest.raises(VocabularyError, match="1 different words"):
        reference.train([["a", "a"]])
