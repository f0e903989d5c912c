"""Is a headline good news? A frozen transformer's embedding, logistic regression on top.

Optional: the transformer is read from a local folder in the Hugging Face layout (`config.json`,
tokenizer files, `model.safetensors`), never from a network, and never from a pickle.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stockcast import paths
from stockcast.errors import InputError
from stockcast.features.text import training, words

STRENGTHS = (0.01, 0.03, 0.1, 0.3)
"""Inverse penalties to choose from: embeddings are dense, and correlated."""

LONGEST = 64
"""Tokens of a headline that are read."""

_FORMAT = "stockcast encoder model"


class Encoder:
    """Headlines to embeddings: the mean over a headline's tokens of the last layer.

    Parameters
    ----------
    folder
        Holds the transformer and its tokenizer, weights as safetensors.

    Raises
    ------
    InputError
        When transformers is not installed, or the folder or its files are missing or unreadable.

    Notes
    -----
    Mean pooling: Reimers and Gurevych (2019), "Sentence-BERT", EMNLP.
    """

    def __init__(self, folder: Path) -> None:
        folder = Path(folder)
        for name in ("config.json", "model.safetensors"):
            if not (folder / name).is_file():
                hint = "download a Chinese BERT on another machine and name its folder here"
                raise InputError(f"encoder {folder.name}", f"must hold {name}", hint=hint)
        try:
            from transformers import AutoModel, AutoTokenizer
        except ImportError:
            hint = "pip install transformers"
            raise InputError("encoder", "needs the package transformers", hint=hint) from None
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            self._model = AutoModel.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
            ).eval()
        except (OSError, ValueError, KeyError) as error:
            why = str(error).splitlines()[0][:120]
            raise InputError(f"encoder {folder.name}", "must be readable", why) from None

    def embed(
        self, titles: Sequence[str], names: Iterable[Sequence[str]] | None = None
    ) -> np.ndarray:
        """Embeddings of shape (n, width), float64; names are masked as for the classifier.

        One headline a pass: padding and batch size would show in the last bits.
        """
        import torch

        titles = list(titles)
        names = [()] * len(titles) if names is None else names
        texts = [_shown(title, tuple(of)) for title, of in zip(titles, names, strict=True)]
        found: dict[str, np.ndarray] = {}
        with torch.inference_mode():
            for text in dict.fromkeys(texts):
                tokens = self._tokenizer(
                    text, truncation=True, max_length=LONGEST, return_tensors="pt"
                )
                last = self._model(**tokens).last_hidden_state[0]  # (n_tokens, width)
                found[text] = last.mean(dim=0).double().numpy()
        width = self._model.config.hidden_size
        return np.stack([found[text] for text in texts]) if texts else np.empty((0, width))


@dataclass(frozen=True, eq=False)
class EncoderModel:
    """A fitted model; `fit` makes it. The interface is that of `classifier.HeadlineModel`.

    Attributes
    ----------
    encoder : Encoder
    centre, scale, weights : ndarray of shape (width,)
        Mean and standard deviation of the training embeddings, and the regression's weights.
    offset : float
    chosen : training.Chosen
    information_until : Timestamp
        The last day on which one of its labels was known.
    headlines : int
        Headlines it was fitted on.
    """

    encoder: Encoder
    centre: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    offset: float
    chosen: training.Chosen
    information_until: pd.Timestamp
    headlines: int

    def predict(
        self, titles: Sequence[str], names: Iterable[Sequence[str]] | None = None
    ) -> np.ndarray:
        """Probability that each headline is good, shape (n,)."""
        from scipy.special import expit

        design = (self.encoder.embed(titles, names) - self.centre) / self.scale
        # Row by row: a matrix product's last bits depend on how many rows there are.
        score = np.array([np.sum(row * self.weights) for row in design]) + self.offset
        return expit(self.chosen.slope * score + self.chosen.offset)

    def save(self, path: Path) -> None:
        """One safetensors file of the regression; the transformer stays where it is."""
        from safetensors.numpy import save_file

        told = {
            "offset": self.offset,
            "chosen": asdict(self.chosen),
            "information_until": self.information_until.isoformat(),
            "headlines": self.headlines,
        }
        tensors = {"centre": self.centre, "scale": self.scale, "weights": self.weights}
        with paths.replacing(path) as scratch:
            save_file(tensors, scratch, metadata={_FORMAT: json.dumps(told)})

    @classmethod
    def load(cls, path: Path, encoder: Encoder) -> EncoderModel:
        """The model of a file that `save` wrote, with the encoder it was fitted on.

        Raises
        ------
        InputError
            For a file that is missing or no encoder model, or an encoder of another width.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "numpy") as file:
                told = json.loads((file.metadata() or {})[_FORMAT])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError, KeyError) as error:
            why = type(error).__name__
            raise InputError(paths.shown(path), "must be a saved encoder model", why) from None
        width = encoder.embed([""]).shape[1]
        if len(tensors["weights"]) != width:
            rule = f"must be of the encoder's width {width}"
            raise InputError(paths.shown(path), rule, len(tensors["weights"]))
        return cls(
            encoder,
            **tensors,
            offset=told["offset"],
            chosen=training.Chosen(**told["chosen"]),
            information_until=pd.Timestamp(told["information_until"]),
            headlines=told["headlines"],
        )


def fit(
    news: pd.DataFrame, until: pd.Timestamp | str, encoder: Encoder, folds: int = 5
) -> EncoderModel:
    """A model of the headlines whose labels were known by `until`.

    Parameters
    ----------
    news, until
        As `stockcast.features.text.classifier.fit` takes them.
    encoder
        Gives the embeddings; it is not trained.
    folds
        Of the walk-forward that chooses the penalty and calibrates; 0: the first penalty.

    Raises
    ------
    InputError
        For missing columns, other labels, too few headlines, or labels of one kind only.
    """
    rows = training.labelled(news, until)
    embedded, label = encoder.embed(rows["title"], rows["names"]), rows["label"].to_numpy()

    def designs(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        centre, scale = _standard(embedded[train])
        return (embedded[train] - centre) / scale, (embedded[test] - centre) / scale

    splits = training.walk_forward(rows, folds) if folds else []
    chosen = training.chosen(designs, label, splits, STRENGTHS)
    every = np.arange(len(rows))
    design = designs(every, every)[0]
    weights, offset = training.logistic(design, label, chosen.strength)
    chosen = training.levelled(chosen, design @ weights + offset, label)
    centre, scale = _standard(embedded)
    return EncoderModel(
        encoder, centre, scale, weights, offset, chosen, rows["known"].max(), len(rows)
    )


def _standard(embedded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column; 1 for a column that stands still."""
    scale = embedded.std(axis=0)
    return embedded.mean(axis=0), np.where(scale > 0, scale, 1.0)


def _shown(title: str, names: tuple[str, ...]) -> str:
    """The masked headline in characters a tokenizer knows."""
    return words.unsigned(words.masked(title, names))
