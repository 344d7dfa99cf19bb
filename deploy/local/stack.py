"""Bringing a whole stack up, and taking it down again."""

import fcntl
import http.client
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

from deploy.local import kafka, programs
from deploy.local.keys import Keys
from deploy.local.processes import Processes, Program, inherited, require_free
from deploy.local.settings import HOST, ROOT, SERVICES, Settings
from deploy.local.trouble import Trouble, require_space

NEEDED_BYTES = 1500 * 10**6
REPORT_SECONDS = 10
WEBHOOK = "/api/billing/v1/webhooks/stripe"
STORES = {"postgres", "kafka"}
MADE_HERE = ("run", "logs", "postgres", "kafka", "keys.json", "paypal.pem", "ports.json", "lock")


Thing = TypeVar("Thing")


class Stack:
    """The stack of one state folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.processes = Processes(settings.state)

    def up(self, services: Sequence[str] = SERVICES) -> None:
        """Have it all run and be ready; what already does is left alone."""
        if not self.processes.names():
            require_space(self.settings.state, NEEDED_BYTES)
        with self._alone():
            self.settings.remember()
            keys = Keys.of(self.settings.state)
            programs.know_paypal(self.settings, keys)
            parts = programs.parts(self.settings, keys, self.processes)
            served = {name: programs.service(self.settings, keys, name) for name in services}
            processes = (process for service in served.values() for process in service.processes)
            self._check_ports([*parts, *processes])
            kafka.fetch_jars(self.settings.cache)
            _together(self._ensure, {part.name: part for part in parts})
            self._register_webhook(keys)
            _together(self._serve, served)

    def down(self) -> list[str]:
        """End every process, the stores last, and forget all data; answers with what was ended."""
        names = self.processes.names()
        if self.settings.state.exists():
            with self._alone():
                for group in (set(names) - STORES, STORES & set(names)):
                    _together(self.processes.stop, {name: name for name in group})
                self._forget()
        return names

    def kill(self, process: str) -> None:
        """End one process as a crash does; `up` starts it again. For tests of what survives that."""
        self.processes.kill(process)

    def run(self, service: str, words: Sequence[str]) -> None:
        """Run a command of a service in the service's own environment, at this terminal."""
        if not self.processes.running("postgres"):
            raise Trouble("The stack does not run; `make up` starts it.")
        told = programs.environment(self.settings, Keys.of(self.settings.state), service)
        command = programs.command(service, *words)
        done = subprocess.run(command, cwd=ROOT, env=inherited() | told, check=False)
        if done.returncode != 0:
            raise Trouble(f"{service} {' '.join(words)} ended with exit code {done.returncode}.")

    def places(self) -> list[tuple[str, str]]:
        """Where to look beside the origin."""
        return [(f"{self.settings.state}/logs", "what each process says")]

    def status(self) -> dict[str, bool]:
        """Whether each process that was started here still runs."""
        return {name: bool(self.processes.running(name)) for name in self.processes.names()}

    def _check_ports(self, wanted: Sequence[Program]) -> None:
        """Find every port taken by a stranger before anything starts."""
        for program in wanted:
            if not self.processes.running(program.name):
                for name, port in program.ports.items():
                    require_free(name, port)

    def _ensure(self, program: Program) -> None:
        started = time.monotonic()
        news = self.processes.ensure(program)
        took = f"ready in {time.monotonic() - started:.1f} s" if news else "already up"
        _say(program.name, took)

    def _serve(self, service: programs.Service) -> None:
        """Migrate while neither of the two processes runs; what is up to date is left alone."""
        if not all(self.processes.up_to_date(program) for program in service.processes):
            for program in service.processes:
                self.processes.stop(program.name)
            migrate = programs.command(service.name, "migrate")
            self.processes.run(f"{service.name}-migrate", migrate, service.environment)
        pair = {program.name: program for program in service.processes}
        _together(self._ensure, pair, report_seconds=None)

    def _register_webhook(self, keys: Keys) -> None:
        """Tell the Stripe double, which forgets, where its events go."""
        url = f"http://{HOST}:{self.settings.ports['billing']}{WEBHOOK}"
        body = json.dumps({"url": url, "secret": keys.webhook_secret})
        connection = http.client.HTTPConnection(HOST, self.settings.ports["stripe"], timeout=5)
        connection.request(
            "POST", "/_config/webhooks/tessera", body, {"Content-Type": "application/json"}
        )
        status = connection.getresponse().status
        connection.close()
        if status != HTTPStatus.OK:
            raise Trouble(
                f"The Stripe double refused the address of the webhook with status {status}."
            )

    def _forget(self) -> None:
        """Remove what a stack makes; downloads and the folders of test runs stay."""
        for name in MADE_HERE:
            path = self.settings.state / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        if not any(self.settings.state.iterdir()):
            self.settings.state.rmdir()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One command at a time works on a stack."""
        self.settings.state.mkdir(parents=True, exist_ok=True)
        with (self.settings.state / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Waiting for another command that works on this stack.", flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _together(
    act: Callable[[Thing], object],
    things: Mapping[str, Thing],
    *,
    report_seconds: float | None = REPORT_SECONDS,
) -> None:
    """Do it to all at the same time, say now and then which are waited for, raise what fails first."""
    if not things:
        return
    with ThreadPoolExecutor(len(things)) as pool:
        names = {pool.submit(act, thing): name for name, thing in things.items()}
        pending = set(names)
        while pending:
            done, pending = wait(pending, report_seconds, FIRST_COMPLETED)
            if not done:
                waited_for = ", ".join(sorted(names[task] for task in pending))
                print(f"  still at work on: {waited_for}", flush=True)
            for task in done:
                task.result()


def _say(name: str, what: str) -> None:
    sys.stdout.write(f"  {name:<19}{what}\n")  # one write: `print` makes two, and threads mix them
    sys.stdout.flush()
