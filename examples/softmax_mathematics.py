"""The mathematics of softmax skip-gram in numbers: probability, loss, both gradients, gradient descent.

Every formula is written out here with loops or plain NumPy, and compared with central differences and
with fastw2v's own steps (docs/math.md, sections 2 and 3).
"""

from __future__ import annotations

import numpy as np
from common import parser, picture, title

from fastw2v import plot
from fastw2v.train.reference import numeric_gradient, softmax_step

SENTENCES = [
    "the cat drinks milk", "the dog drinks water", "the cat chases the dog", "the dog chases the cat",
    "a cow gives milk", "a well gives water", "the cow drinks water",
]  # fmt: skip
WINDOW, DIM = 2, 5


def pairs_of(sentences: list[list[int]], window: int) -> list[tuple[int, int]]:
    """Every (centre word, context word) of a corpus."""
    return [
        (centre, sentence[j])
        for sentence in sentences
        for i, centre in enumerate(sentence)
        for j in range(max(0, i - window), min(len(sentence), i + window + 1))
        if j != i
    ]


def probabilities(u: np.ndarray, v_c: np.ndarray) -> np.ndarray:
    """p(o | c) for all words o: the softmax of their scores."""
    exponentials = np.exp(u @ v_c - (u @ v_c).max())
    return exponentials / exponentials.sum()


def mean_loss(u: np.ndarray, v: np.ndarray, pairs: list[tuple[int, int]]) -> float:
    """The cost of the whole corpus: minus the mean logarithm of p(o | c)."""
    return float(-np.mean([np.log(probabilities(u, v[c])[o]) for c, o in pairs]))


def gradients(u: np.ndarray, v: np.ndarray, pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of :func:`mean_loss` by all output and all input vectors."""
    by_u, by_v = np.zeros_like(u), np.zeros_like(v)
    for c, o in pairs:
        p = probabilities(u, v[c])
        by_v[c] += p @ u - u[o]  # what was expected, minus what was there
        by_u += np.outer(p, v[c])  # every word w that is not o: p(w | c) v_c
        by_u[o] -= v[c]  # o itself: (p(o | c) - 1) v_c
    return by_u / len(pairs), by_v / len(pairs)


def main() -> None:
    """Run the example."""
    args = parser(__doc__).parse_args()
    texts = [sentence.split() for sentence in SENTENCES]
    words = sorted({word for text in texts for word in text})
    pairs = pairs_of([[words.index(word) for word in text] for text in texts], WINDOW)
    rng = np.random.default_rng(1)
    u, v = rng.normal(size=(2, len(words), DIM)) * 0.5

    title("One centre word and one window")
    c, context = words.index("cat"), [words.index("drinks"), words.index("milk")]
    p = probabilities(u, v[c])
    print(f"p(. | cat) sums to {p.sum():.12f}; drinks {p[context[0]]:.4f}, milk {p[context[1]]:.4f}")
    print(f"both at once, independent given the centre: {p[context].prod():.6f}")
    print(f"its logarithm is the sum of both: {np.log(p[context]).sum():.6f} = {np.log(p[context].prod()):.6f}")

    title("Both gradients against central differences, on the whole corpus")
    by_u, by_v = gradients(u, v, pairs)
    for name, exact, array in (("v (centre)", by_v, v), ("u (context)", by_u, u)):
        numeric = numeric_gradient(lambda: mean_loss(u, v, pairs), array)
        print(f"by {name}: largest difference {np.abs(exact - numeric).max():.1e}")
    u_stepped = u.copy()
    step, _ = softmax_step(v[c][None], 1.0, w_out=u_stepped, targets=context)
    one_u, one_v = gradients(u, v, [(c, o) for o in context])
    apart = max(np.abs(step + 2 * one_v[c]).max(), np.abs(u_stepped - (u - 2 * one_u)).max())
    print(f"fastw2v's step of one window is minus their sum: largest difference {apart:.1e}")

    title("Gradient descent on the whole corpus")
    costs = [mean_loss(u, v, pairs)]
    for _ in range(300):
        by_u, by_v = gradients(u, v, pairs)
        u -= 2.0 * by_u
        v -= 2.0 * by_v
        costs.append(mean_loss(u, v, pairs))
    for done in (0, 10, 100, 300):
        print(f"after {done:3} steps: cost {costs[done]:.4f}")
    counts = np.zeros((len(words), len(words)))
    np.add.at(counts, tuple(np.array(pairs).T), 1)
    shares = counts / counts.sum(axis=1, keepdims=True)
    entropy = -np.sum(counts[counts > 0] * np.log(shares[counts > 0])) / len(pairs)
    print(f"no model can be below the entropy of the pairs: {entropy:.4f}")

    title("The vectors in two dimensions")
    points, explained = plot.pca(v)
    for word, (x, y) in zip(words, points, strict=True):
        print(f"{word:8} {x:6.2f} {y:6.2f}")
    print(f"share of the variance: {explained.sum():.0%}")
    picture(args.plots, "pca.png", lambda: plot.scatter(v, words))


if __name__ == "__main__":
    main()
