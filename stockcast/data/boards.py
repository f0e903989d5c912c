"""Which board a code is listed on, told from its prefix."""

from __future__ import annotations

import pandas as pd

_PREFIXES = (
    (r"60[0135]\d{3}\.SH", "main"),
    (r"00[0-4]\d{3}\.SZ", "main"),
    (r"30[0-2]\d{3}\.SZ", "chinext"),  # 302132.SZ too, though new ChiNext codes begin 300 and 301
    (r"68[89]\d{3}\.SH", "star"),
    (r"(?:[48]\d{5}|92\d{4})\.BJ", "beijing"),
)


def board(codes: pd.Series) -> pd.Series:
    """Board of each code; empty text for what is no A-share (an index, a B-share, a fund).

    Approximate: the exchanges' own list is the truth, and prefixes are only their habit. A source
    that has a `board` column is believed instead.
    """
    text = codes.astype("str")
    out = pd.Series("", index=codes.index, dtype="str")
    for pattern, name in _PREFIXES:
        out = out.mask(text.str.fullmatch(pattern), name)
    return out
