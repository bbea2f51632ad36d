"""Skip-gram with softmax, derived panel by panel: C output panels, their errors, both weight updates.

The drawing that most texts start from has one output panel for each context word, all sharing the same
weights.  This program computes every panel separately, and shows that one pass over the vocabulary,
which is what fastw2v does, gives the same updates.
"""

from __future__ import annotations

import numpy as np
from common import parser, title

from fastw2v.train.reference import numeric_gradient, softmax_step

SENTENCE = ["我", "爱", "自然语言处理", "和", "机器学习"]
DIM, RATE = 4, 0.1


def compare(name: str, exact: np.ndarray, numeric: np.ndarray) -> None:
    """Print how far a derived gradient is from the numeric one."""
    print(f"{name}: largest difference {np.abs(exact - numeric).max():.1e}")


def main() -> None:
    """Run the example."""
    parser(__doc__).parse_args()
    words = SENTENCE
    centre = words.index("自然语言处理")
    context = [i for i in range(len(words)) if i != centre]
    n_words, n_panels = len(words), len(context)
    rng = np.random.default_rng(1)
    w = rng.normal(size=(n_words, DIM))  # input to hidden: W, V x N
    w_out = rng.normal(size=(DIM, n_words))  # hidden to output: W', N x V

    title("Forward")
    one_hot = np.eye(n_words)[centre]
    h = one_hot @ w
    print(f"one-hot times W is row {centre} of W: {np.array_equal(h, w[centre])}")
    scores = np.array([w_out.T @ h for _ in context])  # u_c, one row for each panel
    y = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    print(f"{n_panels} panels of {n_words} outputs share W', so they are equal: {bool((y == y[0]).all())}")
    print("each is a distribution:", ", ".join(f"{words[j]} {y[0, j]:.3f}" for j in range(n_words)))

    title("Loss")
    panels = -np.log(y[np.arange(n_panels), context])
    together = -scores[np.arange(n_panels), context].sum() + n_panels * np.log(np.exp(scores[0]).sum())
    print(f"sum of the panels {panels.sum():.12f}, in one formula {together:.12f}")

    title("Backward, each derivative against central differences")

    def loss() -> float:
        u = w_out.T @ w[centre]
        return float(n_panels * np.log(np.exp(u).sum()) - u[context].sum())

    t = np.eye(n_words)[context]  # t_c: one-hot targets of the panels
    errors = y - t  # e_c
    by_scores = numeric_gradient(
        lambda: float(np.sum(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(n_panels), context])), scores
    )
    compare("errors of the panels   y - t ", errors, by_scores)
    summed = errors.sum(axis=0)  # EI
    by_w_out = np.outer(h, summed)
    compare("gradient by W'         h EI^T", by_w_out, numeric_gradient(loss, w_out))
    hidden_error = w_out @ summed  # EH
    by_w = np.outer(one_hot, hidden_error)
    compare("gradient by W          x EH^T", by_w, numeric_gradient(loss, w))
    print(f"rows of W that change: {int(by_w.any(axis=1).sum())} of {n_words}; columns of W': {n_words} of {n_words}")

    title("One pass instead of the panels")
    rows = w_out.T.copy()
    step, value = softmax_step(h[None], RATE, w_out=rows, targets=context)
    apart = max(np.abs(step[0] + RATE * hidden_error).max(), np.abs(rows - (w_out - RATE * by_w_out).T).max())
    print(f"fastw2v's update: largest difference {apart:.1e}, loss {value:.12f}")
    before = loss()
    w[centre] += step[0]
    w_out[:] = rows.T
    print(f"the loss falls from {before:.4f} to {loss():.4f}")


if __name__ == "__main__":
    main()
