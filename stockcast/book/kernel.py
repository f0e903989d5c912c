"""The kernel that notebooks run in: the running interpreter's, and nothing of the user's own.

Whatever kernels, start-up files or styles a user has installed, the page must come out the same. It
talks over Unix sockets: no port to collide with another kernel's, and nothing sent in clear over
TCP, of which ipykernel would warn.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager

from stockcast import determinism, paths
from stockcast.book.stage import FOLDER_VARIABLE


QUIET = (
    "ignore:IProgress not found",  # tqdm misses widgets that no page shows
    "ignore:A worker stopped while some jobs",  # loky begins another on a machine short of time
)


def kernel_class(workshop: Path, gathering: Path) -> type[AsyncKernelManager]:
    """A kernel manager for one execution; nbclient wants a class, not an instance."""

    class Kernel(AsyncKernelManager):
        peak_memory_mb = 0.0

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.kernel_spec_manager = _ThisInterpreter()
            self.transport = "ipc"
            self.connection_file = str(workshop / "kernel.json")
            self.ip = str(workshop / "k")

        async def start_kernel(self, **options: Any) -> None:
            options["env"] = _environment(workshop, gathering)
            with (workshop / "kernel.log").open("wb") as log:
                await super().start_kernel(stdout=log, stderr=log, **options)
            threading.Thread(target=self._watch, args=(self.provisioner.pid,), daemon=True).start()

        @classmethod
        def _watch(cls, pid: int) -> None:
            """Note the kernel's most memory, its children's included, until it ends."""
            with contextlib.suppress(psutil.Error):
                kernel = psutil.Process(pid)
                while kernel.is_running() and kernel.status() != psutil.STATUS_ZOMBIE:
                    cls.peak_memory_mb = max(cls.peak_memory_mb, _memory_mb(kernel))
                    time.sleep(0.2)

    return Kernel


def _memory_mb(process: psutil.Process) -> float:
    """Resident memory of a process and its descendants, in megabytes."""
    total = process.memory_info().rss
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.Error):  # ended meanwhile
            total += child.memory_info().rss
    return round(total / 2**20, 1)


class _ThisInterpreter(KernelSpecManager):
    """Knows one kernel, whatever its name: the running interpreter's."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


def _environment(workshop: Path, gathering: Path) -> dict[str, str]:
    """The kernel's environment: the caller's, without what would change a page."""
    settings = {
        FOLDER_VARIABLE: str(gathering),
        "STOCKCAST_RUNS": str(paths.runs()),
        "IPYTHONDIR": str(workshop / "ipython"),  # no start-up files of the user's
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # no warning about frozen modules
        "PYTHONWARNINGS": ",".join(QUIET),
    }
    if (folder := paths.real_data()) is not None:
        settings["STOCKCAST_REAL_DATA"] = str(folder)
    if (found := importlib.util.find_spec("matplotlib")) and found.origin:
        settings["MATPLOTLIBRC"] = str(Path(found.origin).parent / "mpl-data" / "matplotlibrc")
    return os.environ | determinism.ENVIRONMENT | settings
