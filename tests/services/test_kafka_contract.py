"""One suite for every provider of Kafka: what a lab and the stack may rely on.

The native provider and the stand-in image run Apache Kafka itself, from the jars that Maven gets (tests/images/kafka).
"""

from __future__ import annotations

import os
import uuid
import xml.etree.ElementTree as Xml
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, ResourceType

from labkit.errors import KitError, StudentError
from labkit.services import Endpoint, Services, faults, stack_files, start
from labkit.services.kafka import CAPABILITIES, KAFKA
from labkit.waiting import wait_until

# Read before the settings of the person who runs the tests are put away.
JARS = os.environ.get("LABKIT_KAFKA_JARS") or str(Path.home() / ".cache" / "labkit-test" / "kafka")
PROVIDERS = [
    pytest.param("embedded/tansu", id="embedded"),
    pytest.param("native/kafka", id="native", marks=pytest.mark.kafka_java),
    pytest.param("docker/kafka", id="docker", marks=[pytest.mark.docker("kafka"), pytest.mark.slow]),
    pytest.param("attach", id="attach"),
]
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def jars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_KAFKA_JARS", JARS)


def begin(provider: str, monkeypatch: pytest.MonkeyPatch) -> Services:
    if provider == "attach":
        other = start("kafka", provider="embedded").kafka
        monkeypatch.setenv("LABKIT_KAFKA_URL", f"kafka://{other.bootstrap}")
        monkeypatch.setenv("LABKIT_KAFKA_CAPABILITIES", "")
    return start("kafka", provider=provider)


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def services(provider: str, monkeypatch: pytest.MonkeyPatch) -> Services:
    return begin(provider, monkeypatch)


@pytest.fixture
def broker(services: Services) -> Endpoint:
    return services.kafka


def admin_of(broker: Endpoint) -> AdminClient:
    return AdminClient({"bootstrap.servers": broker.bootstrap})


def new_topic(broker: Endpoint, partitions: int = 1) -> str:
    name, admin = f"t{uuid.uuid4().hex}", admin_of(broker)  # the client must live until the answer
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(PATIENCE)
    return name


def produce(broker: Endpoint, topic: str, records: list[tuple[str, bytes]]) -> None:
    """Every record is acknowledged, or the test fails."""
    failed: list[KafkaError] = []
    producer = Producer({"bootstrap.servers": broker.bootstrap, "acks": "all", "linger.ms": 50})
    for key, value in records:
        producer.produce(topic, key=key, value=value, headers={"source": b"test"},
                         on_delivery=lambda error, _: failed.append(error) if error else None)
    assert producer.flush(PATIENCE) == 0
    assert not failed


def consume(broker: Endpoint, topic: str, count: int, group: str = "", commit: bool = False) -> list[bytes]:
    """The next records of a group."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group or uuid.uuid4().hex,
                         "auto.offset.reset": "earliest", "enable.auto.commit": False,
                         # Tansu lets the first member of a group wait for half of this.
                         "isolation.level": "read_committed", "session.timeout.ms": 6000})
    consumer.subscribe([topic])
    found: list[bytes] = []
    try:
        def more() -> bool:
            for message in consumer.consume(count - len(found), timeout=0.2):
                assert message.error() is None
                found.append(message.value() or b"")
                if commit and len(found) == count:
                    consumer.commit(message, asynchronous=False)
            return len(found) >= count

        wait_until(more, PATIENCE, what=f"{count} records of {topic}")
        return found
    finally:
        consumer.close()


def test_an_endpoint_says_where_the_broker_is(broker: Endpoint, provider: str) -> None:
    assert broker.provider == provider.split("/")[0]
    assert broker.bootstrap == f"127.0.0.1:{broker.port}"
    assert broker.capabilities <= CAPABILITIES.keys()
    if provider == "embedded/tansu":
        assert broker.version.startswith("0."), "the version of Tansu, not of the package around it"
    # What it tells its clients is what they use from then on.
    admin = admin_of(broker)
    (node,) = admin.list_topics(timeout=PATIENCE).brokers.values()
    assert (node.host, node.port) == ("127.0.0.1", broker.port)


def test_records_of_one_device_stay_in_order(broker: Endpoint) -> None:
    topic = new_topic(broker, partitions=3)
    produce(broker, topic, [(f"f2-{number % 5}", f"{number}".encode()) for number in range(100)])
    found = [int(value) for value in consume(broker, topic, 100)]
    assert sorted(found) == list(range(100))
    for device in range(5):
        of_one = [number for number in found if number % 5 == device]
        assert of_one == sorted(of_one)


def test_a_group_goes_on_behind_what_it_committed(broker: Endpoint) -> None:
    topic, group = new_topic(broker), uuid.uuid4().hex
    produce(broker, topic, [("k", b"1"), ("k", b"2"), ("k", b"3")])
    assert consume(broker, topic, 2, group, commit=True) == [b"1", b"2"]
    assert consume(broker, topic, 1, group) == [b"3"]
    assert consume(broker, topic, 3) == [b"1", b"2", b"3"], "another group begins at the beginning"


def test_a_consumer_that_has_read_knows_its_lag(broker: Endpoint) -> None:
    topic = new_topic(broker)
    produce(broker, topic, [("k", str(number).encode()) for number in range(5)])
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": uuid.uuid4().hex})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        wait_until(lambda: consumer.consume(2, timeout=0.2), PATIENCE, what="the first records")
        (place,) = (one.offset for one in consumer.position([TopicPartition(topic, 0)]))
        _, end = consumer.get_watermark_offsets(TopicPartition(topic, 0), cached=True)
    finally:
        consumer.close()
    assert (place, end - place) == (2, 3)


def test_a_deleted_topic_is_gone(broker: Endpoint) -> None:
    topic, admin = new_topic(broker), admin_of(broker)
    admin.delete_topics([topic])[topic].result(PATIENCE)
    wait_until(lambda: topic not in admin.list_topics(timeout=PATIENCE).topics, PATIENCE, what="the end of the topic")


def test_the_broker_listens_on_loopback_only(broker: Endpoint, provider: str) -> None:
    addresses = {connection.laddr.ip for connection in psutil.net_connections("inet")
                 if connection.status == psutil.CONN_LISTEN and connection.laddr.port == broker.port}
    assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1"}
    assert addresses


def test_a_stopped_broker_leaves_nothing(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})
    services = begin(provider, monkeypatch)
    endpoint, server = services.kafka, services.running("kafka").server
    services.stop()
    if provider == "attach":
        wait_until(lambda: not KAFKA.ready(endpoint), PATIENCE, what="somebody else's server, which must go on")
        start("kafka", provider="embedded").stop()
    assert KAFKA.ready(endpoint)
    directory = getattr(server, "directory", None)
    assert directory is None or not Path(directory).exists()


def _durable(services: Services) -> None:
    endpoint, group = services.kafka, uuid.uuid4().hex
    topic = new_topic(endpoint)
    produce(endpoint, topic, [("k", str(number).encode()) for number in range(1000)])
    consume(endpoint, topic, 400, group, commit=True)
    faults.kill(services, "kafka")
    assert KAFKA.ready(endpoint)
    faults.restart(services, "kafka")
    assert services.kafka == endpoint
    assert consume(endpoint, topic, 600, group)[0] == b"400"


def _watermarks(services: Services) -> None:
    topic = new_topic(services.kafka)
    produce(services.kafka, topic, [("k", str(number).encode()) for number in range(5)])
    consumer = Consumer({"bootstrap.servers": services.kafka.bootstrap, "group.id": uuid.uuid4().hex})
    try:
        assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=PATIENCE) == (0, 5)
    finally:
        consumer.close()


def _transactions(services: Services) -> None:
    topic = new_topic(services.kafka)
    producer = Producer({"bootstrap.servers": services.kafka.bootstrap, "transactional.id": uuid.uuid4().hex})
    producer.init_transactions(PATIENCE)
    for value, end in ((b"aborted", producer.abort_transaction), (b"kept", producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(PATIENCE)
        end(PATIENCE)
    assert consume(services.kafka, topic, 1) == [b"kept"]


def _describe_configs(services: Services) -> None:
    resource, admin = ConfigResource(ResourceType.TOPIC, new_topic(services.kafka)), admin_of(services.kafka)
    found = admin.describe_configs([resource])[resource].result(PATIENCE)
    assert found["cleanup.policy"].value == "delete"


def _create_partitions(services: Services) -> None:
    topic, admin = new_topic(services.kafka), admin_of(services.kafka)
    admin.create_partitions([NewPartitions(topic, 3)])[topic].result(PATIENCE)
    wait_until(lambda: len(admin.list_topics(topic, timeout=PATIENCE).topics[topic].partitions) == 3, PATIENCE,
               what="three partitions")


PROOFS: dict[str, Callable[[Services], None]] = {
    "durable": _durable, "watermarks": _watermarks, "transactions": _transactions,
    "describe_configs": _describe_configs, "create_partitions": _create_partitions,
}


def test_every_capability_has_a_proof() -> None:
    assert PROOFS.keys() == CAPABILITIES.keys()


@pytest.mark.parametrize("provider", PROVIDERS[1:-1], indirect=True)
@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_the_real_broker_can_what_it_says(capability: str, services: Services) -> None:
    assert capability in services.kafka.capabilities
    PROOFS[capability](services)


@pytest.mark.parametrize("capability", sorted(CAPABILITIES.keys() - {"durable"}))
def test_what_the_embedded_broker_does_not_promise_it_cannot_do(capability: str) -> None:
    with pytest.raises((KafkaException, KeyError, AssertionError)):
        PROOFS[capability](start("kafka", provider="embedded"))


def test_a_lab_that_needs_transactions_is_told_that_the_embedded_broker_has_none() -> None:
    with pytest.raises(KitError, match="it lacks transactions"):
        start(provider="embedded", kafka=["transactions"])


def test_the_jars_are_of_the_version_that_is_deployed() -> None:
    pom = Path(__file__).parents[1] / "images" / "kafka" / "pom.xml"
    version = Xml.parse(pom).findtext(".//{*}kafka.version")
    assert stack_files.variables(".env")["KAFKA_IMAGE"] == f"apache/kafka:{version}"


def test_the_container_listens_where_its_clients_are_sent(tmp_path: Path) -> None:
    image = KAFKA.images[0]
    content = image.configure(KAFKA.planned(tmp_path, 45678, frozenset(), image.capabilities)).environment
    assert content["KAFKA_LISTENERS"].startswith("PLAINTEXT://:45678,")
    assert content["KAFKA_ADVERTISED_LISTENERS"] == "PLAINTEXT://127.0.0.1:45678"
    assert stack_files.variables("kafka/kafka.env").items() <= content.items()


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})


@pytest.mark.usefixtures("nothing_runs")
@pytest.mark.parametrize("address", ["127.0.0.1:9092", "http://host:9092", "kafka://", "kafka://host:port",
                                     "kafka://user:secret@host:9092"])
def test_a_wrong_address_is_refused_with_the_form_that_it_should_have(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_KAFKA_URL", address)
    with pytest.raises(StudentError, match=r"LABKIT_KAFKA_URL is not .*\nTry: write it as kafka://host:9092") as error:
        start("kafka")
    assert "secret" not in str(error.value)


@pytest.mark.usefixtures("nothing_runs")
def test_an_attached_broker_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_KAFKA_URL", "kafka://127.0.0.1:9")
    with pytest.raises(KitError, match=r"127\.0\.0\.1:9, from LABKIT_KAFKA_URL: Connection refused"):
        start("kafka", provider="attach")


def test_a_folder_without_kafka_is_refused_by_the_name_of_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.services.session._running", {})
    monkeypatch.setenv("LABKIT_KAFKA_JARS", str(tmp_path))
    with pytest.raises(KitError, match=f"LABKIT_KAFKA_JARS names {tmp_path}, which has no kafka_2"):
        start("kafka", provider="native")


def test_kafka_is_found_beside_its_script_and_in_its_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from labkit.services import kafka

    for folder in ("bin", "libs"):
        (tmp_path / folder).mkdir()
    (tmp_path / "libs" / "kafka_2.13-4.1.1.jar").touch()
    script = tmp_path / "bin" / "kafka-server-start.sh"
    script.touch(mode=0o755)
    monkeypatch.delenv("LABKIT_KAFKA_JARS")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert kafka.jars() == tmp_path / "libs"
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path))
    assert kafka.jars() == tmp_path / "libs"


def test_an_old_java_is_refused_by_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from labkit.services import kafka
    from labkit.services.unavailable import UnavailableError

    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch(mode=0o755)
    (tmp_path / "release").write_text('IMPLEMENTOR="Debian"\nJAVA_VERSION="11.0.2"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UnavailableError, match="is Java 11, and Kafka needs 17"):
        kafka.java()
    (tmp_path / "release").write_text('JAVA_VERSION="21.0.2"\n')
    assert kafka.java() == str(tmp_path / "bin" / "java")
