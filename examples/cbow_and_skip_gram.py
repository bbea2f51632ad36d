"""CBOW and skip-gram on one Chinese sentence, step by step, and the similarity of Chinese phrases.

The sentence has nine different words.  One CBOW window is computed by hand (one-hot words, mean,
softmax, both updates) and compared with fastw2v's step; then both models are trained to the end.
"""

from __future__ import annotations

import numpy as np
from common import parser, picture, title

from fastw2v import Word2Vec, plot
from fastw2v.train.reference import cbow_window, softmax_step, train

SENTENCE = ["我", "爱", "学习", "没有", "什么", "能够", "阻挡", "我", "的", "脚步"]
WISHES, APOLOGIES, FAREWELLS = ["万事如意", "阖家欢乐", "身体健康"], ["不好意思", "非常抱歉"], ["下次再见", "一路平安"]


def greetings(seed: int = 1) -> list[list[str]]:
    """Small talk: wishes stand beside festive words, apologies beside mishaps, farewells beside journeys."""
    rng = np.random.default_rng(seed)
    settings = (
        (WISHES, ["新年", "春节", "祝", "祝愿", "快乐", "大家", "全家"]),
        (APOLOGIES, ["迟到", "打扰", "弄错", "忘记", "久等", "真的"]),
        (FAREWELLS, ["火车", "机场", "回家", "出发", "明天", "路上"]),
    )
    talk = []
    for _ in range(600):
        phrases, around = settings[rng.integers(3)]
        words = rng.choice(around, 4, replace=False).tolist()
        talk.append([*words[:2], str(rng.choice(phrases)), "你", *words[2:]])
    return talk


def cbow_by_hand(words: list[str]) -> None:
    """One window: 我 _ 学习 predict 爱."""
    n_words, dim, rate = len(words), 3, 0.1
    rng = np.random.default_rng(1)
    w, w_out = rng.normal(size=(2, n_words, dim))  # W, and W' with a row for each word
    context, target = np.array([words.index("我"), words.index("学习")]), words.index("爱")
    x = np.eye(n_words)[context]
    h = (x @ w).mean(axis=0)
    u = w_out @ h
    y = np.exp(u) / np.exp(u).sum()
    error = y - np.eye(n_words)[target]
    new_out = w_out - rate * np.outer(error, h)
    new_w = w.copy()
    np.add.at(new_w, context, -rate * (w_out.T @ error) / len(context))
    print(f"p(爱 | 我, 学习) = {y[target]:.4f}, sum of all {y.sum():.4f}, loss {-np.log(y[target]):.6f}")

    def objective(rows: np.ndarray, alpha: float) -> tuple[np.ndarray, float]:
        return softmax_step(rows, alpha, w_out=w_out, targets=[target])

    loss = cbow_window(w, context, objective, rate, exact=True)
    apart = max(np.abs(w - new_w).max(), np.abs(w_out - new_out).max())
    print(f"fastw2v's step: loss {loss:.6f}, largest difference of the weights {apart:.1e}")


def main() -> None:
    """Run the example."""
    args = parser(__doc__).parse_args()
    words = list(dict.fromkeys(SENTENCE))

    title(f"{len(words)} different words in a sentence of {len(SENTENCE)}")
    print(" ".join(words))

    title("One window of CBOW by hand")
    cbow_by_hand(words)

    title("CBOW: context -> centre word (one word on each side)")
    cbow = train([SENTENCE], skip_gram=False, window=1, epochs=400, alpha=0.2)
    print(f"loss {cbow.losses[0]:.3f} -> {cbow.losses[-1]:.3f}")
    right = 0
    for before, word, after in zip(SENTENCE, SENTENCE[1:], SENTENCE[2:], strict=False):
        found, p = cbow.predict([before, after], topn=1)[0]
        right += found == word
        print(f"{before} _ {after}: {found} {p:.2f}")
    print(f"CBOW: {right} of {len(SENTENCE) - 2} windows right")

    title("Skip-gram: centre word -> context")
    skip_gram = train([SENTENCE], window=1, epochs=400, alpha=0.2)
    print(f"loss {skip_gram.losses[0]:.3f} -> {skip_gram.losses[-1]:.3f}")
    right = 0
    for before, word, after in zip(SENTENCE, SENTENCE[1:], SENTENCE[2:], strict=False):
        beside = {"我": 3}.get(word, 2)  # 我 stands twice
        found = skip_gram.predict([word], topn=beside)
        right += {before, after} <= {other for other, _ in found}
        print(f"{word}: " + ", ".join(f"{other} {p:.2f}" for other, p in found))
    print(f"skip-gram: {right} of {len(SENTENCE) - 2} windows right")

    title("Similarity of phrases")
    settings = {"vector_size": 100, "window": 3, "min_count": 1, "sample": 0, "epochs": 20, "alpha": 0.05}
    for name, sg in (("skip-gram", 1), ("CBOW", 0)):
        model = Word2Vec(greetings(), sg=sg, workers=1, progress=False, **settings)
        alike, unlike = model.wv.similarity("万事如意", "阖家欢乐"), model.wv.similarity("万事如意", "不好意思")
        print(f"{name}: 万事如意 and 阖家欢乐 {alike:.3f}, 万事如意 and 不好意思 {unlike:.3f}")
    print("万事如意: [" + ", ".join(f"{x:.4f}" for x in model.wv["万事如意"][:3]) + ", ...]")
    phrases = [*WISHES, *APOLOGIES, *FAREWELLS]
    picture(args.plots, "phrases.png", lambda: plot.similarity_heatmap(model.wv, phrases))


if __name__ == "__main__":
    main()
