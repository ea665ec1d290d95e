from __future__ import annotations

from collections.abc import Iterator

import pytest
from influxdb_client import InfluxDBClient

from labkit.checks import World
from labkit.checks.influx_view import InfluxView, flux_string
from labkit.errors import KitError
from labkit.services import Endpoint, start


@pytest.fixture(scope="module")
def influx() -> Iterator[Endpoint]:
    with start("influxdb", provider="embedded") as services:
        yield services.influxdb


def test_what_is_written_is_counted_by_points_and_not_by_fields(influx: Endpoint) -> None:
    with World({"influxdb": influx}) as world:
        bucket = world.influx.new_bucket()
        world.influx.write(
            bucket,
            [
                "home,room=kitchen t=21.5,h=40 1000000000",
                "home,room=kitchen t=21.6 2000000000",
                "home,room=bath t=22 1000000000",
                "other v=1i 1000000000",
            ],
        )
        assert world.influx.count(bucket) == 4
        assert world.influx.count(bucket, "home") == 3
        rows = world.influx.rows(bucket, "other")
    assert [(row["_field"], row["_value"]) for row in rows] == [("v", 1)]


def test_a_query_gives_rows_as_dicts(influx: Endpoint) -> None:
    with World({"influxdb": influx}) as world:
        bucket = world.influx.new_bucket()
        world.influx.write(bucket, "m,room=a t=1 1000000000\nm,room=a t=3 2000000000")
        rows = world.influx.query(f'from(bucket: "{bucket}") |> range(start: 0) |> mean()')
    assert [(row["room"], row["_value"]) for row in rows] == [("a", 2.0)]


def test_a_bucket_is_gone_after_the_check(influx: Endpoint) -> None:
    with World({"influxdb": influx}) as world:
        bucket = world.influx.new_bucket()
        world.influx.write(bucket, "m v=1 1")
    with World({"influxdb": influx}) as world, pytest.raises(KitError, match="could not run its query"):
        world.influx.rows(bucket)


def test_a_bucket_that_a_student_has_deleted_is_no_fault_of_the_check(influx: Endpoint) -> None:
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        with World({"influxdb": influx}) as world:
            first, second = world.influx.new_bucket(), world.influx.new_bucket()
            client.buckets_api().delete_bucket(client.buckets_api().find_bucket_by_name(first))
        assert client.buckets_api().find_bucket_by_name(second) is None


def test_a_bucket_that_a_student_has_made_anew_is_gone_after_the_check_too(influx: Endpoint) -> None:
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        buckets = client.buckets_api()
        with World({"influxdb": influx}) as world:
            name = world.influx.new_bucket()
            buckets.delete_bucket(buckets.find_bucket_by_name(name))
            buckets.create_bucket(bucket_name=name, org=influx.org)
        assert buckets.find_bucket_by_name(name) is None


def test_a_database_that_is_gone_is_a_kit_error() -> None:
    gone = Endpoint(
        "influxdb", "embedded", "labkit-influx", "", "127.0.0.1", 1, url="http://127.0.0.1:1", token="t", org="o"
    )
    view = InfluxView(gone)
    with pytest.raises(KitError, match="could not make the bucket"):
        view.new_bucket()
    view.close()


@pytest.mark.parametrize(
    ("text", "literal"), [("a", '"a"'), ('a"b\\', '"a\\"b\\\\"'), ("${x}", '"\\${x}"'), ("a\nb", '"a\\nb"')]
)
def test_text_becomes_a_flux_string_of_exactly_that_text(text: str, literal: str) -> None:
    assert flux_string(text) == literal
