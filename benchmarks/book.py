"""How long does the default book take, cold and when nothing changed?

Executes every stage of the default run again (the environment is there already), publishes, and
then asks for the book once more. One JSON line each; run it on an idle machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time

from stockcast import paths


def seconds(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, cwd=paths.root(), check=True, stdout=subprocess.DEVNULL)
    return round(time.perf_counter() - began, 1)


def main() -> None:
    shutil.rmtree(paths.root() / "_build", ignore_errors=True)
    execute, publish = seconds("dvc", "repro", "--force"), seconds("stockcast", "publish")
    cold = {"execute_s": execute, "publish_s": publish, "total_s": round(execute + publish, 1)}
    warm = {"total_s": seconds("make", "book")}
    for state, figures in (("cold", cold), ("unchanged", warm)):
        print(json.dumps({"benchmark": "book", "state": state, "cores": os.cpu_count()} | figures))


if __name__ == "__main__":
    main()
