"""The linear model: hashed features times weights, softmax over the skills."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.understanding.features import Vector

PATH = Path(__file__).resolve().parent / "model.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """`rows` are the hashes of known features, ascending; `weights` has a row for each of them.

    A weight is its integer times the `scale` of its skill. `digest` names the corpus and the code
    that it comes from.
    """

    skills: tuple[str, ...]
    vocabulary: frozenset[str]
    rows: NDArray[np.uint32]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    digest: str

    def probabilities(self, vector: Vector) -> NDArray[np.float32]:
        """Return the probability of each skill, in the order of `skills`."""
        hashes = np.array(vector.hashes, np.uint32)
        places = np.minimum(np.searchsorted(self.rows, hashes), len(self.rows) - 1)
        known = self.rows[places] == hashes
        values = np.array(vector.values, np.float32)[known]
        scores = (values @ self.weights[places[known]].astype(np.float32)) * self.scale + self.bias
        raised = np.exp(scores - scores.max())
        found: NDArray[np.float32] = raised / raised.sum()
        return found


def save(model: Model, path: Path = PATH) -> None:
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            skills=np.array(model.skills),
            vocabulary=np.frombuffer(" ".join(sorted(model.vocabulary)).encode(), np.uint8),
            rows=model.rows,
            weights=model.weights,
            scale=model.scale,
            bias=model.bias,
            digest=np.array(model.digest),
        )


def load(path: Path = PATH) -> Model:
    with np.load(path, allow_pickle=False) as held:
        return Model(
            skills=tuple(map(str, held["skills"])),
            vocabulary=frozenset(held["vocabulary"].tobytes().decode().split()),
            rows=held["rows"],
            weights=held["weights"],
            scale=held["scale"],
            bias=held["bias"],
            digest=str(held["digest"]),
        )


@cache
def trained() -> Model:
    """Return the committed model; the first call reads it."""
    return load()
