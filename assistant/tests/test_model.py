"""The committed model, the corpus it comes from, and how it is trained."""

import os
import subprocess
import sys

import numpy as np
import pytest
import yaml
from django.core.management import CommandError
from hypothesis import given
from hypothesis import strategies as st

from assistant.management.commands.train_assistant import check
from assistant.skills import SKILLS
from assistant.understanding.corpus import (
    CorpusError,
    Pattern,
    expand,
    read_corpus,
    read_values,
)
from assistant.understanding.evaluation import confusions, judge, leave_voice_out, score
from assistant.understanding.features import encode
from assistant.understanding.meaning import intent_of
from assistant.understanding.model import PATH, load, save, trained
from assistant.understanding.normalise import read
from assistant.understanding.training import train, vocabulary_of

LINES = {
    "logistics.locate": ("where is the {item}", "has the {item} arrived", "find the {item}"),
    "act.notify": ("remind {person}", "tell {person} about it", "message {person} please"),
    "out_of_scope": ("who won the game", "sing me a song", "what is the capital of France"),
}
SMALL = [
    Pattern(voice, skill, "plain", line)
    for skill, lines in LINES.items()
    for voice, line in zip("abc", lines, strict=True)
]


def test_the_committed_model_is_of_the_committed_corpus_and_code():
    check(PATH)


def test_a_model_of_another_corpus_is_found_out(tmp_path):
    path = tmp_path / "model.npz"
    save(train(SMALL), path)
    check(path)  # the digest is of the files, whatever was trained on
    changed = load(path)
    object.__setattr__(changed, "digest", "other")
    save(changed, path)
    with pytest.raises(CommandError, match="another corpus"):
        check(path)
    with pytest.raises(CommandError, match="does not exist"):
        check(tmp_path / "none.npz")


def test_the_model_knows_every_skill_and_is_small():
    assert set(trained().skills) == set(SKILLS)
    assert PATH.stat().st_size < 3_000_000


def test_training_twice_gives_the_same_bytes(tmp_path):
    paths = [tmp_path / name for name in ("one.npz", "two.npz")]
    for path in paths:
        save(train(SMALL), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_message_is_encoded_the_same_way_in_every_process(seed):
    """The order of a set of texts differs between processes, and sums of floats with it."""
    program = (
        "from assistant.understanding.features import encode\n"
        "words = 'where is the ivory gown please tell me now'.split()\n"
        "print(encode(words, words, kit='home', asks=True, vocabulary={'where'}).hashes)"
    )
    there = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    words = ["where", "is", "the", "ivory", "gown", "please", "tell", "me", "now"]
    here = encode(words, words, kit="home", asks=True, vocabulary={"where"})
    assert there.stdout.strip() == str(here.hashes)


def test_a_model_is_read_back_as_it_was_written(tmp_path):
    model = train(SMALL)
    save(model, tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert again.skills == model.skills
    assert again.vocabulary == model.vocabulary
    assert np.array_equal(again.weights, model.weights)


def test_what_was_trained_on_is_recognised():
    model = train(SMALL)
    for outcome in judge(model, SMALL):
        assert outcome.right, outcome.message


def test_each_voice_is_judged_by_a_model_that_never_heard_it():
    heard = []

    def fit(patterns):
        heard.append({pattern.voice for pattern in patterns})
        return train(patterns)

    judged = [{one.pattern.voice for one in outcomes} for outcomes in leave_voice_out(SMALL, fit)]
    assert judged == [{"a"}, {"b"}, {"c"}]
    assert all(not left & judged_ for left, judged_ in zip(heard, judged, strict=True))


def test_scores_are_shares_of_what_was_judged():
    outcomes = judge(train(SMALL), SMALL)
    scores = score(outcomes, intent_of)
    assert (scores.count, scores.skill, scores.negated_hits) == (9, 1.0, 0)
    assert confusions(outcomes, 5) == []


@given(st.text(max_size=80), st.sampled_from(["home", "media"]))
def test_probabilities_add_up_whatever_is_said(message, kit):
    words = read(message).spelled
    model = trained()
    vector = encode(words, words, kit=kit, asks=False, vocabulary=model.vocabulary)
    found = model.probabilities(vector)
    assert found.sum() == pytest.approx(1, abs=1e-4)
    assert len(set(vector.hashes)) <= len(vector.hashes) == len(vector.values)


# The corpus.


def test_the_corpus_has_every_skill_in_every_voice():
    patterns = read_corpus()
    voices = {pattern.voice for pattern in patterns} - {"house"}
    for voice in voices:
        assert {pattern.skill for pattern in patterns if pattern.voice == voice} == set(SKILLS)
    assert len(patterns) > 5_000


def test_every_slot_of_the_corpus_has_values():
    values = read_values()
    for pattern in read_corpus():
        assert expand(pattern, values, most=1)


def test_a_pattern_gives_the_same_messages_each_time():
    values = read_values()
    pattern = Pattern("a", "act.task_assign", "plain", "assign the {task} to {person}")
    once = expand(pattern, values, most=6)
    assert once == expand(pattern, values, most=6)
    assert len({example.message for example in once}) > 3
    assert not any("{" in example.message for example in once)


def test_where_the_kit_decides_every_message_is_of_that_kit():
    pattern = Pattern("a", "media.missing", "plain", "what's missing", "media")
    assert {example.kit for example in expand(pattern, read_values(), most=6)} == {"media"}


def test_an_unknown_slot_is_named():
    with pytest.raises(CorpusError, match="sock"):
        expand(Pattern("a", "smalltalk", "plain", "my {sock}"), read_values(), most=1)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (["a"], "mapping"),
        ({"smalltalk": ["hi"]}, "mapping"),
        ({"smalltalk": {"loud": ["hi"]}}, "loud"),
        ({"smalltalk": {"plain": [3]}}, "no text"),
    ],
)
def test_a_file_that_is_no_patterns_is_refused(tmp_path, document, said):
    (tmp_path / "me").mkdir()
    (tmp_path / "me" / "help.yml").write_text(yaml.safe_dump(document))
    with pytest.raises(CorpusError, match=said):
        read_corpus(tmp_path)


def test_the_kit_of_a_line_stands_behind_its_at_sign(tmp_path):
    (tmp_path / "me").mkdir()
    (tmp_path / "me" / "media.yml").write_text("media.missing:\n  terse:\n    - gaps? @media\n")
    assert read_corpus(tmp_path) == [Pattern("me", "media.missing", "terse", "gaps?", "media")]


def test_words_that_patterns_share_are_no_names():
    lines = ["where is the {item}", "where is the velvet cape", "so where is the train"]
    patterns = [Pattern("a", "logistics.locate", "plain", line) for line in lines]
    vocabulary = vocabulary_of(patterns)
    assert {"where", "is", "the"} <= vocabulary
    assert "velvet" not in vocabulary
