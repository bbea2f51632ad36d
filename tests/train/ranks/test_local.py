"""Ranks in one process: everything but the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.processes import run

from fastw2v import Word2Vec, train_distributed
from fastw2v.callbacks import CallbackAny2Vec
from fastw2v.distributed import Rows
from fastw2v.errors import ConfigError, CorpusError, RankError, TrainingError
from fastw2v.model.checkpoints import Checkpoint
from fastw2v.train.ranks.communicator import Communicator, collect_objects, share_of_array
from fastw2v.train.ranks.engine import Engine
from fastw2v.train.ranks.local import run_ranks

MODES = {"sg-ns": (1, 0), "cbow-ns": (0, 0), "sg-hs": (1, 1), "cbow-hs": (0, 1)}


def parameters(mode: str = "sg-ns") -> dict[str, Any]:
    sg, hs = MODES[mode]
    return {"sg": sg, "hs": hs, "negative": 0 if hs else 5, "vector_size": 24, "min_count": 1, "epochs": 2, "seed": 3,
            "workers": 1, "progress": False}  # fmt: skip


def on_ranks(size: int, corpus: Any, **how: Any) -> list[Word2Vec]:
    name = "corpus_file" if isinstance(corpus, str) else "sentences"
    return run_ranks(size, lambda ranks: Word2Vec(**{name: corpus}, engine=Engine(ranks), **how))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [2, 5])
def test_ranks_train_one_model_as_one_process_does(mode: str, size: int, text: str) -> None:
    """Same words, same draws, every line once in an epoch; every rank ends with the same bits, about as good ones."""
    alone = Word2Vec(corpus_file=text, **parameters(mode))
    models = on_ranks(size, text, **parameters(mode))
    for model in models:
        assert model.wv.index_to_key == alone.wv.index_to_key
        assert model.wv.expandos["count"].tolist() == alone.wv.expandos["count"].tolist()
        assert (model.corpus_count, model.corpus_total_words) == (alone.corpus_count, alone.corpus_total_words)
        assert np.array_equal(model.wv.vectors, models[0].wv.vectors)
        assert model.loss_history == models[0].loss_history
    assert models[0].loss_history[-1] == pytest.approx(alone.loss_history[-1], rel=0.03)


def test_equal_seeds_give_equal_bits(lines: list[list[str]]) -> None:
    first, second = (on_ranks(3, lines, **parameters())[0] for _ in range(2))
    assert np.array_equal(first.wv.vectors, second.wv.vectors)


@pytest.mark.parametrize("size", [1, 3])
def test_a_corpus_is_the_same_whatever_holds_it(size: int, lines: list[list[str]]) -> None:
    """A list, and an iterable that does not know how long it is: the same chunks, the same bits."""

    class Again:
        def __iter__(self) -> Any:
            return iter(lines)

    models = [on_ranks(size, corpus, **parameters())[0] for corpus in (lines, Again(), lambda: iter(lines))]
    for model in models[1:]:
        assert model.wv.index_to_key == models[0].wv.index_to_key
        assert np.array_equal(model.wv.vectors, models[0].wv.vectors)


def test_ranks_of_one_thread_exchange_within_long_chunks(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as the timetable says, whatever chunks a corpus has; the same words are trained."""
    from fastw2v.train.ranks import exchange, member
    from fastw2v.train.ranks.timetable import Timetable

    found: dict[int, int] = {}
    for words in (1_000, 30_000):
        costs: list[Any] = []
        made = exchange.Costs
        monkeypatch.setattr(exchange, "Costs", lambda costs=costs, made=made: costs.append(made()) or costs[-1])
        monkeypatch.setattr(member, "timetable_for", lambda *size, words=words, **how: Timetable(words, 1))
        model = on_ranks(2, text, **parameters() | {"epochs": 1, "min_alpha": 0.025})[0]
        monkeypatch.undo()
        found[words] = costs[0].n_exchanges
        assert model.corpus_total_words == 120_000
    assert found[1_000] == pytest.approx(120, abs=20)
    assert found[30_000] == pytest.approx(4, abs=2)


def test_each_update_of_a_row_counts_in_one_exchange(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hot rows, which are exchanged between the exchanges of all rows, too: who counts twice damps them twice."""
    from fastw2v.train.ranks import exchange, member
    from fastw2v.train.ranks.timetable import Timetable

    counted: list[float] = []
    made: list[float] = []
    one_change = exchange.one_change

    def counting(messages: list[Any], n_updates: Any, *how: Any) -> Any:
        counted.append(n_updates.sum())
        return one_change(messages, n_updates, *how)

    class Watched(exchange.Exchange):
        def follow(self, model: Any, first_word: int, n_threads: int) -> None:
            made.append(sum(rows.rate.sum() for rows in model.matrices()) * model.kept_share)
            super().follow(model, first_word, n_threads)

    monkeypatch.setattr(exchange, "one_change", counting)
    monkeypatch.setattr(member, "Exchange", Watched)
    monkeypatch.setattr(member, "timetable_for", lambda *size, **how: Timetable(2_000, 3))
    model = on_ranks(2, text, **parameters() | {"epochs": 1})[0]
    assert len(counted) > 50
    assert sum(counted) == pytest.approx(made[0] * model.corpus_total_words, rel=1e-6)


def test_many_ranks_do_not_swing(tmp_path: Path) -> None:
    """Words without order: all rows lie along one axis, as steep as can be, and are multiplied after each epoch."""
    rng = np.random.default_rng(7)
    path = tmp_path / "text.txt"
    path.write_text("".join(" ".join(f"w{word % 300}" for word in rng.zipf(1.15, 20)) + "\n" for _ in range(6000)))
    how = parameters() | {"epochs": 6, "vector_size": 32, "sample": 0}
    alone = Word2Vec(corpus_file=str(path), **how)
    together = on_ranks(16, str(path), **how)[0]
    assert np.all(np.array(together.loss_history) < 1.03 * np.array(alone.loss_history))


def test_more_ranks_than_chunks_are_warned_of(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """They would exchange at the end of each epoch alone; once for a training, by rank 0."""
    how = parameters() | {"epochs": 2}
    on_ranks(3, text, **how)
    assert "hear of each other" not in caplog.text
    on_ranks(64, text, **how)
    assert caplog.text.count("for 64 ranks, which hear of each other at the end of each epoch alone") == 1


def test_several_threads_in_each_rank(text: str) -> None:
    model = on_ranks(2, text, **parameters() | {"workers": 3})[0]
    alone = Word2Vec(corpus_file=text, **parameters())
    assert model.loss_history[-1] == pytest.approx(alone.loss_history[-1], rel=0.03)


@pytest.mark.parametrize("size", [1, 3])
def test_any_number_of_ranks_goes_on_from_a_checkpoint(size: int, text: str, tmp_path: Path) -> None:
    """One rank fails after the second epoch; the file is from within it. In the end all is trained, exactly twice."""
    path = str(tmp_path / "training.checkpoint")

    class Fails(CallbackAny2Vec):
        def __init__(self, rank: int) -> None:
            self.rank = rank

        def on_epoch_end(self, model: Any) -> None:
            if self.rank == 1 and len(model.loss_history) == 2:
                raise OSError("the disk is gone")

    def task(ranks: Communicator) -> Word2Vec:
        how = {"checkpoint": path, "checkpoint_every": "20000 words", "callbacks": [Fails(ranks.rank)], **parameters()}
        return Word2Vec(corpus_file=text, engine=Engine(ranks), **how)

    with pytest.raises(OSError, match="the disk is gone"):
        run_ranks(4, task)
    position = Checkpoint.read(path).position
    assert position.epoch == 1
    assert position.totals.n_chunks > 0
    alone = Word2Vec(corpus_file=text, **parameters())
    models = run_ranks(size, lambda ranks: Word2Vec.resume(path, corpus_file=text, engine=Engine(ranks)))
    finished = Checkpoint.read(path).position.finished
    assert [totals.n_words for totals in finished] == [alone.corpus_total_words] * 2
    assert [totals.n_sentences for totals in finished] == [alone.corpus_count] * 2
    assert [totals.n_chunks for totals in finished] == [finished[0].n_chunks] * 2
    for model in models:
        assert model.loss_history == models[0].loss_history
    assert models[0].loss_history[-1] == pytest.approx(alone.loss_history[-1], rel=0.05)


def test_checkpoints_know_the_same_corpus_whoever_wrote_them(text: str, tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("one", "three")]
    Word2Vec(corpus_file=text, checkpoint=paths[0], **parameters())
    on_ranks(3, text, checkpoint=paths[1], **parameters())
    one, three = map(Checkpoint.read, paths)
    assert one.corpus == three.corpus
    same = ("n_chunks", "n_words", "n_sentences", "n_kept", "n_pairs", "n_loss_pairs")
    for totals, others in zip(one.position.finished, three.position.finished, strict=True):
        assert [getattr(totals, name) for name in same] == [getattr(others, name) for name in same]


def test_another_corpus_on_one_rank_is_an_error(lines: list[list[str]]) -> None:
    def task(ranks: Communicator) -> Word2Vec:
        model = Word2Vec(engine=Engine(ranks), **parameters())
        model.build_vocab(lines)
        return model.train(lines[: 1500 - 100 * ranks.rank], total_examples=1500, epochs=1)

    with pytest.raises((CorpusError, RankError), match="all ranks must have the same corpus"):
        run_ranks(2, task)


def test_another_program_on_one_rank_is_an_error(lines: list[list[str]]) -> None:
    with pytest.raises((ConfigError, RankError), match="window=6"):
        run_ranks(2, lambda ranks: Word2Vec(lines, engine=Engine(ranks), window=5 + ranks.rank, **parameters()))


def test_divergence_on_ranks_is_an_error(lines: list[list[str]]) -> None:
    with pytest.raises((TrainingError, RankError), match="diverged"):
        on_ranks(2, lines, **parameters() | {"alpha": 1e6})


def test_an_error_of_one_rank_reaches_all(lines: list[list[str]]) -> None:
    class Broken:
        def __init__(self, rank: int) -> None:
            self.rank, self.passes = rank, 0

        def __iter__(self) -> Any:
            self.passes += 1
            for number, sentence in enumerate(lines):
                if self.rank == 1 and self.passes > 1 and number > 700:
                    raise OSError("the disk is gone")
                yield sentence

    ended = []

    def task(ranks: Communicator) -> None:
        try:
            Word2Vec(Broken(ranks.rank), engine=Engine(ranks), **parameters())
        except Exception as error:
            ended.append((ranks.rank, str(error)))
            raise

    with pytest.raises(OSError, match="the disk is gone"):
        run_ranks(3, task)
    assert sorted(rank for rank, _ in ended) == [0, 1, 2]
    assert all("the disk is gone" in text for _, text in ended)


def test_callbacks_decide_together(lines: list[list[str]]) -> None:
    class OnlyFirstRankStops(CallbackAny2Vec):
        def __init__(self, rank: int) -> None:
            self.rank = rank

        def on_epoch_end(self, model: Any) -> bool:
            return self.rank != 0

    models = run_ranks(
        2,
        lambda ranks: Word2Vec(
            lines, engine=Engine(ranks), callbacks=[OnlyFirstRankStops(ranks.rank)], **parameters() | {"epochs": 5}
        ),
    )
    assert [len(model.loss_history) for model in models] == [1, 1]


def test_ranks_begin_with_what_rank_0_has(lines: list[list[str]]) -> None:
    """Seeds that the ranks draw for themselves, weights that a program has put in."""
    models = on_ranks(2, lines, **parameters() | {"seed": None})
    assert np.array_equal(models[0].wv.vectors, models[1].wv.vectors)


@pytest.mark.parametrize("wire", ["float32", "float16", "bfloat16"])
def test_train_distributed_in_this_process(wire: str, text: str) -> None:
    model = train_distributed(text, engine="local", num_workers=2, wire=wire, **parameters())
    alone = Word2Vec(corpus_file=text, **parameters())
    assert model.loss_history[-1] == pytest.approx(alone.loss_history[-1], rel=0.03)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"engine": "pvm"}, "engine='pvm': must be"),
        ({"engine": "local", "wire": "int8"}, "wire='int8': must be one of"),
        ({"engine": "local", "num_workers": 0}, "num_workers=0"),
        ({"engine": "mpi", "num_workers": 3}, "takes no num_workers"),
        ({"engine": "local", "windows": 3}, "knows no windows"),
    ],
)
def test_arguments_that_cannot_be(how: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        train_distributed([["to", "be"]], **how)


def test_what_one_process_trains_alone_is_refused(lines: list[list[str]]) -> None:
    with pytest.raises((ConfigError, RankError), match="softmax=True with engine"):
        on_ranks(2, lines, **parameters() | {"softmax": True, "hs": 0})
    with pytest.raises(ConfigError, match="engine='pvm': must be None"):
        Word2Vec(lines, engine="pvm")


def test_an_array_that_all_ranks_have_does_not_travel() -> None:
    def task(ranks: Communicator) -> tuple[list[Any], float]:
        sent: list[Any] = []
        broadcast = ranks.broadcast
        ranks.broadcast = lambda value: [sent.append(value), broadcast(value)][1]  # type: ignore[method-assign]
        share_of_array(np.ones((5, 8), np.float32)[:, :3], ranks)
        assert not sent
        array = np.ones((5, 3), np.float32)
        array[4, 2] += ranks.rank == 2
        share_of_array(array, ranks)
        return sent, float(array.sum())

    for sent, total in run_ranks(3, task):
        assert len(sent) == 1
        assert total == 15


def test_the_calls_of_a_communicator() -> None:
    def task(ranks: Communicator) -> Any:
        me = np.array([ranks.rank], np.uint8)
        traded = ranks.trade([[me, np.full(other, ranks.rank, np.uint8)] for other in range(ranks.size)])
        array = np.full((5, 3), ranks.rank, np.float32)
        share_of_array(array, ranks)
        ranks.barrier()
        return (
            [[message.tolist() for message in theirs] for theirs in ranks.gather([me, me[:0]])],
            [[message.tolist() for message in theirs] for theirs in traded],
            collect_objects(ranks, ranks.rank),
            array.any(),
        )

    for rank, (gathered, traded, collected, any_left) in enumerate(run_ranks(3, task)):
        assert gathered == [[[other], []] for other in range(3)]
        assert traded == [[[other], [other] * rank] for other in range(3)]
        assert collected == ([0, 1, 2] if rank == 0 else [])
        assert not any_left


def test_one_process_imports_nothing_of_this() -> None:
    code = "import sys; from fastw2v import Word2Vec; Word2Vec([['to', 'be']] * 9, min_count=1); print(*sys.modules)"
    found = run("-c", code).stdout
    for name in ("ranks.exchange", "ranks.engine", "mpi4py", " ray ", "fastw2v.distributed"):
        assert name not in found


@pytest.mark.parametrize(
    "rows",
    [
        [{"text": "to be", "page": 1}, {"text": "or not", "page": 2}],
        [{"line": "to be"}, {"line": "or not"}],
        [{"words": ["to", "be"]}, {"words": np.array(["or", "not"])}],
    ],
)
def test_rows_of_a_dataset_are_sentences(rows: list[dict[str, Any]]) -> None:
    """Of the column ``text``, or of the only one; text is cut into words, a list is one of words."""

    class Dataset:
        def materialize(self) -> Any:
            return self

        def iter_rows(self) -> Any:
            return iter(rows)

    sentences = Rows(Dataset())
    assert list(sentences) == list(sentences) == [["to", "be"], ["or", "not"]]


def test_rows_of_a_dataset_without_a_text_are_an_error() -> None:
    class Dataset:
        def iter_rows(self) -> Any:
            return iter([{"title": "Hamlet", "page": 1}])

    with pytest.raises(CorpusError, match="columns page, title"):
        list(Rows(Dataset()))
