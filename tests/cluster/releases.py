"""Releases: what an operator applies of one, and which of them came before the last migration.

`git archive $(python -m tests.cluster.releases)` is the code of that one, to build its image from.
"""

import io
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from deploy.local.settings import ROOT, SERVICES
from tests.cluster import kube
from tests.cluster.kube import OURS, OVERLAY, Unusable, here, names

MIGRATIONS = ("services/*/migrations/*.sql", "shared/*.sql")
FILES = "deploy/k8s"
VERSION = Path("components/release/kustomization.yaml")
STANDS_AROUND = f"app.kubernetes.io/name notin (tessera,{','.join(SERVICES)})"
SERVES = f"app.kubernetes.io/name in (tessera,{','.join(SERVICES)})"


@dataclass(frozen=True)
class Release:
    """The files of a release, and the version that they give its image and its Jobs."""

    version: str
    overlay: Path = OVERLAY

    @classmethod
    def now(cls) -> "Release":
        """What lies here."""
        return cls(_version(ROOT / FILES))

    @classmethod
    def before(cls, version: str, folder: Path) -> "Release":
        """The one that the last migration was written after, as if it had been called by this version."""
        commit = before_the_last_migration()
        if not commit:
            raise Unusable("The history that holds the release before is not here.")
        unpack(commit, folder, FILES)
        files = folder / FILES
        told = files / VERSION
        told.write_text(told.read_text().replace(f'"{_version(files)}"', f'"{version}"'))
        return cls(version, files / "overlays" / "dev")

    def apply(self) -> None:
        """The four services; what stands around them stays, because a trial's stores end with their pods."""
        kube.apply(self.overlay, SERVES)

    def wait(self) -> None:
        """Until its migrations are done and every pod is of this release."""
        for job in self.jobs():
            here("wait", "--for=condition=complete", job, f"--timeout={kube.PATIENCE}")
        kube.wait_for_rollout(OURS)

    def jobs(self) -> list[str]:
        """Its migrations, as far as they were ever begun."""
        migrate = f"app.kubernetes.io/component=migrate,app.kubernetes.io/version={self.version}"
        return names("job", migrate)

    def migrated(self) -> list[str]:
        """What its migrations said that they had done."""
        return [here("logs", job).strip().splitlines()[-1] for job in self.jobs()]


def before_the_last_migration() -> str:
    """The commit that the last migration was written after; empty where the history is not here."""
    changed = _git("log", "-1", "--format=%H", "--", *MIGRATIONS).decode().strip()
    return _git("rev-parse", "--verify", "--quiet", f"{changed}^").decode().strip()


def unpack(commit: str, folder: Path, *paths: str) -> None:
    """What a release holds under these paths."""
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit, *paths))) as code:
        code.extractall(folder, filter="data")


def _version(files: Path) -> str:
    return (files / VERSION).read_text().partition('&version "')[2].partition('"')[0]


def _git(*words: str) -> bytes:
    done = subprocess.run(
        ["git", *words],  # noqa: S607  the one on the PATH is meant
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else b""


def main() -> int:
    """Print the commit of the release before."""
    commit = before_the_last_migration()
    print(commit or "The history that holds the release before is not here.")
    return 0 if commit else 1


if __name__ == "__main__":
    sys.exit(main())
