"""One server process: started, waited for, stopped, with its output kept for the message of a failed test."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

INSTALL = Path(__file__).with_name("install")


class Missing(Exception):
    """A server that this machine does not have; the message says in one line how to get it."""


def locate(server: str) -> str:
    """Returns the path of a server's binary; raises Missing when there is none."""
    found = subprocess.run([INSTALL, "--path", server], capture_output=True, text=True, check=False)
    if found.returncode:
        raise Missing(found.stderr.strip())
    return found.stdout.strip()


def free_port() -> int:
    """Returns a port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class ServerProcess:
    """A process that is there between `start` and `stop`; as a context manager, for the length of a block."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        ready: Callable[[], bool],
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        stop_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        """`ready` is asked every few milliseconds from the start on; an OSError of it counts as no."""
        self.argv = list(argv)
        self.log = log
        self._ready = ready
        self._env = {**os.environ, **(env or {})}
        self._user = user
        self._stop_with = stop_with
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._process is not None, "not started"
        return self._process.pid

    def start(self, *, within: float = 20) -> Self:
        """Starts the process and returns once it is ready; raises with the end of its log when it is not."""
        with self.log.open("ab") as log:
            # A session of its own, so that Ctrl-C reaches pytest first and the server is still there for its teardown.
            self._process = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
                **({"user": self._user, "extra_groups": []} if self._user else {}),
            )
        deadline = time.monotonic() + within
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.argv[0]} did not get ready:\n{self._end_of_log()}")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Asks the process to end, waits for it, and kills it when it takes longer than ten seconds."""
        if self._process is None:
            return
        self._process.send_signal(self._stop_with)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """Ends the process at once, as a crash would (`kill -9`)."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            return self._ready()
        except OSError:
            return False

    def _end_of_log(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]
