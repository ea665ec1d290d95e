"""Device parameters: the seed's schema, the view of it, the cache and how it is told of a change."""

from __future__ import annotations

import psycopg
import pytest

from labkit.waiting import wait_until
from stack.parts import f2
from stack.runtime import migrate
from tests.stack.f2.conftest import MAC, MIGRATIONS

# The diagram of the seed: names and types of all columns.
DIAGRAM = {
    "DeviceType": "DeviceTypeId Name",
    "DeviceTemplate": "DeviceTemplateId Name Model Description Image DeviceTypeId",
    "Device": "DeviceId DeviceName DeviceTemplateId ClaimingCode SerialNumber Uuid MacAddress IpAddress PcbVersion",
    "Connector": "ConnectorId ControllerId ConnectorNumber ConnectorTypeId",
    "Pin": "PinId ConnectorId Position DeviceId",
    "DataPointIcon": "DataPointIconId IconName",
    "DataPoint": "DataPointId DeviceTemplateId Label DataPointIconId DataFormat DataEncoding Offset Length Prepend "
                 "Append WholeNumber Decimals RealTimeChart HistoricalChart",
}


@pytest.fixture
def conn(parameters_dsn):
    with psycopg.connect(parameters_dsn, autocommit=True) as conn:
        yield conn


@pytest.fixture
def editor(parameters_dsn):
    """A second connection; what it changes is undone."""
    with psycopg.connect(parameters_dsn, autocommit=True) as editor:
        yield editor
        editor.execute('DELETE FROM "Device" WHERE "DeviceId" > 100000')
        editor.execute('UPDATE "DataPoint" SET "Decimals" = 1 WHERE "DataPointId" = 1')


def test_the_tables_are_those_of_the_seeds_diagram(conn):
    for table, columns in DIAGRAM.items():
        found = conn.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s "
                             "ORDER BY ordinal_position", [table]).fetchall()
        assert [name for name, in found] == columns.split()


def test_the_database_refuses_what_contradicts_itself(editor):
    for statement in (
        '''INSERT INTO "Connector" ("ControllerId", "ConnectorNumber") VALUES (1, 1)''',
        '''INSERT INTO "Connector" ("ControllerId", "ConnectorNumber") VALUES (1, 100)''',
        '''INSERT INTO "Connector" ("ControllerId", "ConnectorNumber") VALUES (99999999, 1)''',
        '''INSERT INTO "Device" ("DeviceName", "DeviceTemplateId", "MacAddress") VALUES ('', 1, '02:F2:00:00:00:01')''',
        '''INSERT INTO "Device" ("DeviceName", "DeviceTemplateId", "MacAddress") VALUES ('x', 1, '02f2')''',
        '''UPDATE "DataPoint" SET "WholeNumber" = 19''',
    ):
        with pytest.raises(psycopg.IntegrityError):
            editor.execute(statement)


def test_migrations_that_were_applied_are_not_applied_again(postgresql, parameters_dsn):
    assert migrate(postgresql.dsn, MIGRATIONS / "device_params", "device_params") == []


def test_every_row_of_the_course_can_be_decoded_with(conn):
    parameters = f2.load_parameters(conn, "02f2000003e8")
    assert len(parameters) == 8
    for values in parameters.values():
        for value in values:
            f2.check_point(value.point)


def test_a_pin_has_the_values_of_the_template_of_its_device(conn):
    parameters = f2.load_parameters(conn, MAC)
    [temperature] = parameters[1, "temperature", "1"]
    assert temperature == (1, "temperature", f2.DataPoint("HEX", "INT16/AB", 0, 2, "", " °C", 3, 1))
    meter = parameters[3, "energy-meter", "10"]
    assert [value.component_type for value in meter] == [
        "energy-meter.voltage", "energy-meter.current", "energy-meter.power", "energy-meter.energy"]


def test_an_unknown_controller_has_no_parameters(conn):
    assert f2.load_parameters(conn, "ffffffffffff") == {}


def test_a_second_question_does_not_reach_the_database(conn, editor):
    first = f2.load_parameters(conn, MAC)
    asked = "SELECT query FROM pg_stat_activity WHERE pid = %s"
    conn.execute("SELECT 'the last query'")
    assert f2.load_parameters(conn, MAC) is first
    assert editor.execute(asked, [conn.info.backend_pid]).fetchone() == ("SELECT 'the last query'",)


def test_a_change_is_seen_when_the_database_has_told_of_it(conn, editor):
    def decimals() -> int:
        return f2.load_parameters(conn, MAC)[1, "temperature", "1"][0].point.Decimals

    assert decimals() == 1
    editor.execute('UPDATE "DataPoint" SET "Decimals" = 2 WHERE "DataPointId" = 1')
    wait_until(lambda: decimals() == 2, 60, what="the new row")


def test_a_controller_that_was_unknown_is_found_when_it_is_there(conn, editor):
    mac = "aabbccddeeff"
    assert f2.load_parameters(conn, mac) == {}
    with editor.transaction():
        [[device]] = editor.execute('INSERT INTO "Device" ("DeviceName", "DeviceTemplateId", "MacAddress") '
                                    "VALUES ('new', 1, 'AA:BB:CC:DD:EE:FF') RETURNING \"DeviceId\"")
        [[connector]] = editor.execute('INSERT INTO "Connector" ("ControllerId", "ConnectorNumber") VALUES (%s, 9) '
                                       'RETURNING "ConnectorId"', [device])
        editor.execute('INSERT INTO "Pin" ("ConnectorId", "Position", "DeviceId") VALUES (%s, 7, 1001)', [connector])
    wait_until(lambda: list(f2.load_parameters(conn, mac)) == [(9, "temperature", "7")], 60, what="the new controller")


def test_what_is_remembered_of_invented_controllers_is_bounded(conn, monkeypatch):
    monkeypatch.setattr(f2, "MOST_CONTROLLERS", 10)
    for number in range(25):
        f2.load_parameters(conn, f"{number:012x}")
    assert len(f2.loaded[conn]) <= 10
    assert f2.load_parameters(conn, MAC)


def test_a_connection_in_a_transaction_is_refused(parameters_dsn):
    with psycopg.connect(parameters_dsn) as conn, pytest.raises(ValueError, match="autocommit"):
        f2.load_parameters(conn, MAC)
