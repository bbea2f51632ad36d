"""Word2vec from scratch in NumPy: window 3, 5000 epochs, a falling learning rate, cost, neighbours.

First ``fastw2v.train.reference``, which is the formulas and nothing else; then the same through
``Word2Vec(softmax=True)``.
"""

from __future__ import annotations

from common import parser, picture, title

from fastw2v import Word2Vec, plot
from fastw2v.train import reference

TEXT = "small boats that stay near the shore never learn how deep the quiet water of a wide sea can be"
WINDOW, EPOCHS = 3, 5000


def neighbours(tokens: list[str], word: str) -> set[str]:
    """The words that stand within the window of a word, wherever it stands."""
    return {
        tokens[j]
        for i, token in enumerate(tokens)
        if token == word
        for j in range(max(0, i - WINDOW), min(len(tokens), i + WINDOW + 1))
        if j != i
    }


def share_found(tokens: list[str], model: reference.ReferenceModel | Word2Vec) -> float:
    """How many of the true neighbours are among the most probable words, of all words' neighbours."""
    predict = model.predict_output_word if isinstance(model, Word2Vec) else model.predict
    found = total = 0
    for word in dict.fromkeys(tokens):
        true = neighbours(tokens, word)
        found += len(true & {other for other, _ in predict([word], topn=len(true)) or ()})
        total += len(true)
    return found / total


def main() -> None:
    """Run the example."""
    options = parser(__doc__)
    options.add_argument("--epochs", type=int, default=EPOCHS)
    args = options.parse_args()
    tokens = TEXT.split()

    title("The training data")
    ids = {word: number for number, word in enumerate(dict.fromkeys(tokens))}
    pairs = sum(min(len(tokens), i + WINDOW + 1) - max(0, i - WINDOW) - 1 for i in range(len(tokens)))
    print(f"{len(tokens)} words, {len(ids)} different ones, {pairs} pairs (word, neighbour)")

    title("Plain NumPy")
    model = reference.train(
        [tokens],
        vector_size=10,
        window=WINDOW,
        epochs=args.epochs,
        alpha=lambda done: 0.05 * 0.98 ** int(done * 100),  # 2 % less after each hundredth of the training
    )
    for share in (0, 0.01, 0.1, 1):
        epoch = max(1, int(share * args.epochs))
        print(f"epoch {epoch:5}: cost {model.losses[epoch - 1]:.4f}")
    for word in ("shore", "water"):
        true = neighbours(tokens, word)
        best = ", ".join(f"{other} {p:.2f}" for other, p in model.predict([word], topn=len(true)))
        print(f"{word} -> {best}")
    print(f"true neighbours among the most probable words: {share_found(tokens, model):.0%}")

    title("The same through Word2Vec")
    fast = Word2Vec(
        [tokens], softmax=True, sg=1, vector_size=10, window=WINDOW, shrink_windows=False, min_count=1, sample=0,
        alpha=0.05, min_alpha=0.005, epochs=args.epochs, workers=1, progress=False,
    )  # fmt: skip
    print(f"cost {fast.loss_history[0]:.4f} -> {fast.loss_history[-1]:.4f}")
    print(f"true neighbours among the most probable words: {share_found(tokens, fast):.0%}")

    def curves() -> object:
        axes = plot.loss_curve(model.losses, label="NumPy")
        return plot.loss_curve(fast, label="Word2Vec(softmax=True)", ax=axes)

    picture(args.plots, "cost.png", curves)


if __name__ == "__main__":
    main()
