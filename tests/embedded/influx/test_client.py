"""The official client, `influxdb-client`, from end to end."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from influxdb_client import BucketRetentionRules, InfluxDBClient, Permission, PermissionResource, Point, WriteOptions
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from tests.embedded.influx.conftest import BUCKET, ORG, Server

START = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def client(server: Server) -> Iterator[InfluxDBClient]:
    with server.client() as made:
        yield made


@pytest.fixture
def filled(client: InfluxDBClient, bucket: str) -> str:
    """A bucket with ten points of two rooms, a minute apart."""
    points = [
        Point("home").tag("room", room).field("temp", 20 + i / 10).field("n", i).time(START + timedelta(minutes=i))
        for room in ("bath", "hall")
        for i in range(5)
    ]
    with client.write_api(write_options=SYNCHRONOUS) as api:
        api.write(bucket, ORG, points)
    return bucket


def flux(bucket: str, rest: str = "") -> str:
    return f'from(bucket: "{bucket}") |> range(start: 2024-05-01T00:00:00Z, stop: 2024-05-02T00:00:00Z) {rest}'


def test_the_client_finds_the_server_well(client):
    assert client.ping() is True
    assert client.version().startswith("v2.7")
    assert client.build() == "labkit"
    assert client.ready().status == "ready"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the client's own, for health()
        assert client.health().status == "pass"


def test_points_that_were_written_are_queried(client, filled):
    tables = client.query_api().query(flux(filled, '|> filter(fn: (r) => r._field == "temp" and r.room == "hall")'))
    assert [len(table.records) for table in tables] == [5]
    record = tables[0].records[2]
    assert record.get_time() == START + timedelta(minutes=2)
    assert (record.get_value(), record.get_field(), record.get_measurement()) == (20.2, "temp", "home")
    assert record["room"] == "hall"


def test_a_query_gives_a_data_frame(client, filled):
    query = flux(filled, '|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")')
    frame = client.query_api().query_data_frame(query)
    assert len(frame) == 10
    assert set(frame["room"]) == {"bath", "hall"}
    assert frame["temp"].dtype == "float64"
    assert frame["n"].dtype == "int64"
    assert str(frame["_time"].dtype).startswith("datetime64[")


def test_a_query_gives_csv(client, filled):
    rows = [
        row
        for row in client.query_api().query_csv(flux(filled, '|> filter(fn: (r) => r._field == "n") |> count()'))
        if row
    ]
    assert rows[0][0] == "#datatype"
    assert sum(row[0] == "" and "5" in row for row in rows) == 2


def test_a_query_gives_a_stream(client, filled):
    assert sum(1 for _ in client.query_api().query_stream(flux(filled))) == 20


def test_a_query_gives_raw_bytes(client, filled):
    raw = client.query_api().query_raw(flux(filled, "|> limit(n: 1)"))
    assert raw.data.startswith(b"#datatype,string,long,")


def test_parameters_of_a_query_arrive(client, filled):
    query = (
        f'from(bucket: "{filled}") |> range(start: begin, stop: end) |> filter(fn: (r) => r.room == room and '
        'r._field == "temp" and r._value > least) |> aggregateWindow(every: every, fn: count, createEmpty: false)'
    )
    params = {
        "begin": START,
        "end": START + timedelta(days=1),
        "room": "hall",
        "least": 20.1,
        "every": timedelta(hours=1),
    }
    tables = client.query_api().query(query, params=params)
    assert [record.get_value() for table in tables for record in table.records] == [3]


def test_the_batching_writer_writes_all(client, bucket):
    with client.write_api(write_options=WriteOptions(batch_size=500, flush_interval=50)) as api:
        for i in range(2_000):
            api.write(bucket, ORG, f"m v={i}i {i}")
    (table,) = client.query_api().query(f'from(bucket: "{bucket}") |> range(start: 0) |> count()')
    assert table.records[0].get_value() == 2_000


def test_a_data_frame_is_written(client, bucket):
    import pandas as pd

    frame = pd.DataFrame({"room": ["a", "b"], "temp": [1.5, 2.5]}, index=pd.to_datetime([START, START]))
    with client.write_api(write_options=SYNCHRONOUS) as api:
        api.write(bucket, ORG, frame, data_frame_measurement_name="home", data_frame_tag_columns=["room"])
    found = client.query_api().query(flux(bucket))
    assert sorted((table.records[0]["room"], table.records[0].get_value()) for table in found) == [
        ("a", 1.5),
        ("b", 2.5),
    ]


def test_a_client_that_packs_with_gzip_is_understood(server, bucket):
    with InfluxDBClient(server.url, token=server.token, org=ORG, enable_gzip=True) as client:
        with client.write_api(write_options=SYNCHRONOUS) as api:
            api.write(bucket, ORG, [f"m v={i}i {i}" for i in range(500)])
        tables = client.query_api().query(f'from(bucket: "{bucket}") |> range(start: 0)')
        assert [record.get_value() for record in tables[0].records] == list(range(500))


def test_the_words_of_an_error_reach_the_student(client, bucket):
    with client.write_api(write_options=SYNCHRONOUS) as api, pytest.raises(ApiException) as caught:
        api.write("no-such-bucket", ORG, "m v=1")
    assert (caught.value.status, caught.value.reason) == (404, "Not Found")
    assert caught.value.message == 'bucket "no-such-bucket" not found'
    with pytest.raises(ApiException) as caught:
        client.query_api().query('from(bucket: "x") |> rang(start: 0)')
    assert caught.value.message == "error @1:22-1:26: undefined identifier rang"
    with InfluxDBClient(client.url, token="wrong", org=ORG) as stranger, pytest.raises(ApiException) as caught:
        stranger.query_api().query("buckets()")
    assert (caught.value.status, caught.value.message) == (401, "unauthorized access")


def test_points_are_deleted(client, filled):
    client.delete_api().delete(START, START + timedelta(minutes=2), 'room="bath"', filled, ORG)
    counted = {
        record["room"]: record.get_value()
        for table in client.query_api().query(flux(filled, '|> filter(fn: (r) => r._field == "n") |> count()'))
        for record in table.records
    }
    assert counted == {"bath": 2, "hall": 5}


def test_buckets_are_made_found_changed_and_deleted(client):
    api = client.buckets_api()
    made = api.create_bucket(
        bucket_name="of-the-client",
        org=ORG,
        description="mine",
        retention_rules=BucketRetentionRules(type="expire", every_seconds=7200),
    )
    found = api.find_bucket_by_name("of-the-client")
    assert (found.id, found.description, found.retention_rules[0].every_seconds) == (made.id, "mine", 7200)
    assert api.find_bucket_by_id(made.id).name == "of-the-client"
    found.retention_rules[0].every_seconds = 0
    found.name = "renamed"
    changed = api.update_bucket(found)
    assert (changed.name, changed.retention_rules[0].every_seconds) == ("renamed", 0)
    assert "renamed" in {each.name for each in api.find_buckets_iter(limit=2)}
    api.delete_bucket(made.id)
    assert api.find_bucket_by_name("renamed") is None
    with pytest.raises(ApiException, match="404"):
        api.find_bucket_by_id(made.id)


def test_organizations_are_made_found_and_deleted(client):
    api = client.organizations_api()
    made = api.create_organization(name="other-org")
    assert {each.name for each in api.find_organizations()} >= {ORG, "other-org"}
    assert api.find_organizations(org="other-org")[0].id == made.id
    made.name = "renamed-org"
    assert api.update_organization(made).name == "renamed-org"
    assert client.buckets_api().find_buckets(org="renamed-org").buckets[0].name == "_monitoring"
    api.delete_organization(made.id)
    assert "renamed-org" not in {each.name for each in api.find_organizations()}


def test_users_and_tokens_are_made_and_deleted(client):
    assert client.users_api().me().name == "lab"
    org = client.organizations_api().find_organizations(org=ORG)[0]
    api = client.authorizations_api()
    permission = Permission(action="read", resource=PermissionResource(type="buckets", org_id=org.id))
    made = api.create_authorization(org.id, [permission])
    assert (made.org, made.user, made.status) == (ORG, "lab", "active")
    assert made.id in {each.id for each in api.find_authorizations(org=ORG)}
    assert api.find_authorization_by_id(made.id).token == made.token
    made.description = "for the dashboard"
    assert api.update_authorization(made).description == "for the dashboard"
    api.delete_authorization(made)
    assert made.id not in {each.id for each in api.find_authorizations()}


def test_the_default_bucket_has_no_retention(client):
    assert client.buckets_api().find_bucket_by_name(BUCKET).retention_rules[0].every_seconds == 0
