"""Write the files of this folder: phrase models as version 0.1 saved and pickled them (``make_phrases.py FOLDER``)."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from fastw2v.phrases import Phrases

SENTENCES = [["new", "york", "is", "big"], ["in", "new", "york"], ["lack", "of", "interest"]] * 5


def main(folder: Path) -> None:
    """Write a model of each scorer, frozen or not, and a corpus seen through two models."""
    counted = Phrases(SENTENCES, min_count=1, threshold=1, connector_words={"of"})
    rated = Phrases(SENTENCES, min_count=1, threshold=0.1, scoring="npmi", delimiter="-")
    counted.save(folder / "counted.fw2v")
    rated.freeze().save(folder / "frozen_npmi.fw2v")
    frozen = counted.freeze()
    for model in (counted, rated, frozen):
        for event in model.lifecycle_events:
            event["platform"] = "Linux"  # of whoever made the files
    for name, thing in (
        ("counted", counted),
        ("npmi", rated),
        ("frozen", frozen),
        ("corpus", rated[counted[SENTENCES[:3]]]),
    ):
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(thing, protocol=4))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
