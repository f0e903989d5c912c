"""How often does each rule of the online evaluation cry wolf, on ledgers with nothing wrong?

Ledgers of 120 evenings and 60 stocks: `stockcast.advice.clean_ledger`. One line a rule: alarms a
day on which the rule could speak, and the share of the ledgers that had one in 120 evenings.

The thresholds were settled on the ledgers of seed 2017, so the figures are of another seed.

    python benchmarks/false_alarms.py --ledgers 200
"""

from __future__ import annotations

import argparse
import json

from stockcast.advice.clean_ledger import false_alarms


def main() -> None:
    """Print one JSON line a rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledgers", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    ledgers = args.ledgers
    for name, row in false_alarms(ledgers, args.seed).iterrows():
        daily = row["alarms"] / row["days"] if row["days"] else None
        line = {"benchmark": "false_alarms", "rule": name, "ledgers": ledgers, "seed": args.seed}
        line |= {"days": int(row["days"])}
        line |= {"alarms": int(row["alarms"]), "alarms_a_day": daily and round(daily, 5)}
        print(json.dumps(line | {"ledgers_with_one": round(row["ledgers"] / ledgers, 4)}))


if __name__ == "__main__":
    main()
