"""Forecasters that others have trained on other series, read from a local folder.

Two ways of reading a series are known, by what the folder's `config.json` says:

tokens
    Chronos: values are scaled, cut into bins and read as words by a T5; sampled continuations are
    the forecast.
quantiles
    TimesFM: values are read in patches; the network returns the mean and quantiles of each later
    step, of which the mean is taken.

Weights are read as safetensors from the folder alone, never from a network and never from a
pickle, and no code of the folder is run. What such weights were trained on is not known here: who
brings them says up to which date they may know anything, and no earlier day is forecast.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stockcast.errors import InputError

SAMPLES = 20
"""Continuations drawn for a stock and day where the folder does not say how many."""


class Forecaster(Protocol):
    """A foundation model.

    Attributes
    ----------
    context : int
        Days of the past that it reads, at most.
    weights : str
        First 16 hexadecimal digits of the SHA-256 of its weights.
    """

    context: int
    weights: str

    def expected(self, returns: np.ndarray, steps: int, seed: int) -> np.ndarray:
        """Expected log return of each of the next `steps` days.

        Parameters
        ----------
        returns : ndarray of shape (n_stocks, n_days)
            Daily log returns, NaN where unknown; the last day is the day of the forecast.
        steps
            Days ahead.
        seed
            Of whatever is drawn.

        Returns
        -------
        ndarray of shape (n_stocks, steps)
        """
        ...


class Tokens:
    """Chronos: returns as words of a T5.

    Parameters
    ----------
    folder
        `config.json`, whose `chronos_config` names the bins, and `model.safetensors`.

    Notes
    -----
    Ansari et al. (2024), "Chronos: learning the language of time series", TMLR. A series is divided
    by the mean of its absolute values and cut into equal bins; unknown days are left out of
    attention. Returns are read rather than prices: a price hardly differs from its mean, and would
    fall into one or two of the bins.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForSeq2SeqLM

        about = _config(folder)["chronos_config"]
        limits = about["tokenizer_kwargs"]
        self._model = _loaded(AutoModelForSeq2SeqLM, folder)
        self._special, self._tokens = int(about["n_special_tokens"]), int(about["n_tokens"])
        self._pad, self._end = int(about["pad_token_id"]), int(about["eos_token_id"])
        self._ends = bool(about["use_eos_token"])
        self._centres = np.linspace(
            limits["low_limit"], limits["high_limit"], self._tokens - self._special - 1
        )
        self._draws = int(about.get("num_samples", SAMPLES))
        self._sampling = {name: about.get(name) for name in ("temperature", "top_k", "top_p")}
        self.context, self.weights = int(about["context_length"]), weights_hash(folder)

    def expected(self, returns: np.ndarray, steps: int, seed: int) -> np.ndarray:
        """See `Forecaster`: the mean over the sampled continuations."""
        import torch
        from transformers import GenerationConfig

        tokens, known, scale = self.read(returns)
        how = GenerationConfig(
            do_sample=True,
            num_return_sequences=self._draws,
            min_new_tokens=steps,
            max_new_tokens=steps,
            eos_token_id=self._end,
            pad_token_id=self._pad,
            decoder_start_token_id=self._model.config.decoder_start_token_id,
            **{name: value for name, value in self._sampling.items() if value is not None},
        )
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(seed)
            said = self._model.generate(
                input_ids=torch.from_numpy(tokens),
                attention_mask=torch.from_numpy(known.astype(np.int64)),
                generation_config=how,
            )
        drawn = said[:, 1:].reshape(len(returns), self._draws, steps).numpy()
        return self.values(drawn).mean(axis=1) * scale[:, None]

    def read(self, returns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Tokens and which are known, each (n, n_days [+ 1]), and each series' scale (n,)."""
        known = np.isfinite(returns)
        size = np.where(known, np.abs(returns), 0.0).sum(axis=1)
        scale = size / np.maximum(known.sum(axis=1), 1)
        scale = np.where(scale > 0, scale, 1.0)
        edges = np.concatenate([[-1e20], (self._centres[1:] + self._centres[:-1]) / 2, [1e20]])
        held = np.where(known, returns, 0.0) / scale[:, None]
        tokens = np.searchsorted(edges, held, side="right") + self._special
        tokens = np.where(known, np.clip(tokens, 0, self._tokens - 1), self._pad)
        if self._ends:
            tokens = np.pad(tokens, ((0, 0), (0, 1)), constant_values=self._end)
            known = np.pad(known, ((0, 0), (0, 1)), constant_values=True)
        return tokens.astype(np.int64), known, scale

    def values(self, tokens: np.ndarray) -> np.ndarray:
        """Centres of the tokens' bins, in units of the series' scale."""
        place = np.clip(tokens - self._special - 1, 0, len(self._centres) - 1)
        return self._centres[place]


class Quantiles:
    """TimesFM: the path of the price, read in patches.

    Parameters
    ----------
    folder
        `config.json` and `model.safetensors`.

    Notes
    -----
    Das, Kong, Sen and Zhou (2024), "A decoder-only foundation model for time-series forecasting",
    ICML. It reads the sum of the log returns, which it centres and scales itself; unknown days
    count as days without a move.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoConfig, TimesFmModelForPrediction

        self._model = _loaded(TimesFmModelForPrediction, folder)
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        self._longest, self.context = int(config.horizon_length), int(config.context_length)
        self.weights = weights_hash(folder)

    def expected(self, returns: np.ndarray, steps: int, seed: int) -> np.ndarray:
        """See `Forecaster`; nothing is drawn."""
        import torch

        if steps > self._longest:
            raise InputError("horizon", f"must leave at most {self._longest} steps", steps)
        path = np.nancumsum(returns, axis=1)
        series = [torch.from_numpy(each.astype(np.float32)) for each in path]
        with torch.inference_mode():
            said = self._model(past_values=series, freq=[0] * len(series), return_dict=True)
        later = said.mean_predictions[:, :steps].double().numpy()
        return np.diff(np.concatenate([path[:, -1:], later], axis=1), axis=1)


KINDS: dict[str, type] = {"t5": Tokens, "timesfm": Quantiles}
"""By the `model_type` of a folder's `config.json`."""


def read_forecaster(folder: Path) -> Forecaster:
    """The foundation model of a folder in the Hugging Face layout.

    Raises
    ------
    InputError
        When transformers is not installed, the folder or its files are missing or unreadable, or
        it holds another kind of model.
    """
    folder = Path(folder)
    config = _config(folder)
    kind = config.get("model_type")
    if kind not in KINDS or (kind == "t5" and "chronos_config" not in config):
        hint = "Chronos (T5) and TimesFM are known"
        raise InputError(f"model {folder.name}", "must be a known forecaster", kind, hint)
    if not (folder / "model.safetensors").is_file():
        hint = "download the weights as safetensors on another machine and name their folder here"
        raise InputError(f"model {folder.name}", "must hold model.safetensors", hint=hint)
    try:
        return KINDS[kind](folder)
    except ImportError:
        hint = "pip install transformers"
        raise InputError("foundation model", "needs transformers", hint=hint) from None
    except (KeyError, TypeError) as error:
        rule = "must have all that its kind needs in config.json"
        raise InputError(f"model {folder.name}", rule, str(error)) from None


def weights_hash(folder: Path) -> str:
    """First 16 hexadecimal digits of the SHA-256 of `model.safetensors`."""
    found = hashlib.sha256()
    with open(Path(folder) / "model.safetensors", "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()[:16]


def _config(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((Path(folder) / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        hint = "name a folder in the Hugging Face layout"
        raise InputError(f"model {Path(folder).name}", "must hold config.json", hint=hint) from None


def _loaded(kind: Any, folder: Path) -> Any:
    from safetensors import SafetensorError

    try:
        with _without_bars():
            return kind.from_pretrained(
                folder, local_files_only=True, use_safetensors=True, trust_remote_code=False
            ).eval()
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        why = str(error).splitlines()[0][:120]
        raise InputError(f"model {Path(folder).name}", "must be readable", why) from None


@contextmanager
def _without_bars() -> Iterator[None]:
    """No progress bars in pages."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
