"""Embeddings from the beginning: people as vectors, words as vectors, analogies, next words, noise words.

Recommendations from sequences of items are in recommender.py.
"""

from __future__ import annotations

import numpy as np
from common import parser, picture, title

from fastw2v import KeyedVectors, Word2Vec, plot
from fastw2v.train import reference

# Five traits from -1 to 1, made up: open, conscientious, outgoing, agreeable, anxious
PEOPLE = {
    "me": [-0.4, 0.8, 0.5, -0.2, 0.3],
    "Ada": [-0.3, 0.2, 0.3, -0.4, 0.9],
    "Ben": [-0.5, -0.4, -0.2, 0.7, -0.1],
}
PAIRS = {
    "ruler": ("king", "queen"), "person": ("man", "woman"), "heir": ("prince", "princess"),
    "parent": ("father", "mother"), "child": ("boy", "girl"),
}  # fmt: skip
PROVERBS = [
    "a rolling stone gathers no moss", "a watched pot never boils", "a stitch in time saves nine",
    "time and tide wait for no man", "still waters run deep", "the early bird catches the worm",
]  # fmt: skip


def tales(n_sentences: int = 5000, seed: int = 1) -> list[list[str]]:
    """Sentences about people: some words go with the role, some with the gender; and some about water."""
    rng = np.random.default_rng(seed)
    cues = {name: [f"{name}-{i}" for i in range(5)] for name in (*PAIRS, "male", "female", "thing")}
    roles = list(PAIRS)
    told = []
    for _ in range(n_sentences):
        role, gender = roles[rng.integers(len(roles))], int(rng.integers(2))
        around = [*rng.choice(cues[role], 2, replace=False), *rng.choice(cues["female" if gender else "male"], 2)]
        word = PAIRS[role][gender]
        if rng.random() < 0.1:
            word, around = "water", rng.choice(cues["thing"], 4).tolist()
        mixed = [str(around[i]) for i in rng.permutation(4)]
        told.append([*mixed[:2], word, *mixed[2:]])
    return told


def noise_step() -> None:
    """One step of skip-gram with negative sampling: one neighbour, two noise words."""
    rng = np.random.default_rng(1)
    words = ["pot", "watched", "piano", "comet"]
    embedding, context = rng.normal(size=(2, 4, 5)) * 0.5
    labels = np.array([1.0, 0.0, 0.0])
    outputs = reference.Outputs(np.array([1, 2, 3]), labels)

    def show(when: str) -> None:
        p = reference.sigmoid(context[1:] @ embedding[0])
        print(f"{when}: " + ", ".join(f"{word} {share:.3f}" for word, share in zip(words[1:], p, strict=True)))

    show("sigmoid of the scores of 'pot', before")
    errors = labels - reference.sigmoid(context[1:] @ embedding[0])
    print("error = target - sigmoid: " + ", ".join(f"{error:.3f}" for error in errors))
    step, _ = reference.logistic_step(embedding[:1], 0.5, w_out=context, outputs=outputs)
    embedding[0] += step[0]
    show("after one step")


def main() -> None:
    """Run the example."""
    args = parser(__doc__).parse_args()

    title("People as vectors")
    people = KeyedVectors(5)
    people.add_vectors(list(PEOPLE), np.array(list(PEOPLE.values()), dtype=np.float32))
    for other in ("Ada", "Ben"):
        two = np.array([PEOPLE["me"][:2], PEOPLE[other][:2]])
        by_two = two[0] @ two[1] / np.prod(np.linalg.norm(two, axis=1))
        print(f"cosine of me and {other}: {by_two:.2f} by two traits, {people.similarity('me', other):.2f} by five")
    print(f"most like me: {people.most_similar('me', topn=1)[0][0]}")
    picture(args.plots, "people.png", lambda: plot.vector_heatmap(people, limit=1))

    title("Words as vectors: skip-gram with negative sampling")
    model = Word2Vec(
        tales(), sg=1, negative=5, vector_size=24, window=4, sample=0, alpha=0.05, epochs=10, workers=1, progress=False
    )
    print("king: [" + ", ".join(f"{x:.2f}" for x in model.wv["king"][:8]) + ", ...]")
    for one, other in (("man", "woman"), ("king", "queen"), ("king", "water")):
        print(f"cosine of {one} and {other}: {model.wv.similarity(one, other):.2f}")
    print("king - man + woman = " + ", ".join(
        f"{word} {cosine:.2f}" for word, cosine in model.wv.most_similar(["king", "woman"], ["man"], topn=3)
    ))  # fmt: skip
    words = ["king", "queen", "man", "woman", "boy", "girl", "water"]
    picture(args.plots, "words.png", lambda: plot.vector_heatmap(model.wv, words))
    picture(args.plots, "analogy.png", lambda: plot.analogy(model.wv, ["man", "woman", "king"]))

    title("The next word, from the words before it")
    texts = [proverb.split() for proverb in PROVERBS]
    language = reference.train(texts, skip_gram=False, left_only=True, window=2, vector_size=16, epochs=150, alpha=0.2)
    right = total = 0
    for text in texts:
        for place in range(2, len(text)):
            total += 1
            right += language.predict(text[place - 2 : place], topn=1)[0][0] == text[place]
    print(f"right after two words: {right} of {total}")
    for before in (["rolling", "stone"], ["no"]):
        best = ", ".join(f"{word} {p:.0%}" for word, p in language.predict(before, topn=3))
        print(f"{' '.join(before)} ... {best}")
    everything = language.predict(["no"], topn=len(language.words))
    print(f"probabilities of all {len(everything)} words: sum {sum(p for _, p in everything):.6f}")

    title("Words on both sides: CBOW fills a gap")
    both = reference.train(texts, skip_gram=False, window=2, vector_size=16, epochs=150, alpha=0.2)
    for text, place in ((texts[0], 3), (texts[2], 3)):
        gap = [*text[place - 2 : place], *text[place + 1 : place + 3]]
        word, p = both.predict(gap, topn=1)[0]
        print(f"{' '.join(text[place - 2 : place])} _ {' '.join(text[place + 1 : place + 3])}: {word} {p:.0%}")

    title("One step of negative sampling")
    noise_step()


if __name__ == "__main__":
    main()
