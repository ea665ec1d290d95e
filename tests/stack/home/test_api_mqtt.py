from __future__ import annotations

import gc
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from labkit.checks.broker_view import viewing
from labkit.checks.fake_broker import FakeBroker
from labkit.services import Endpoint
from labkit.waiting import wait_until
from stack.parts import api


def test_a_published_message_arrives_as_it_was_sent(client: FlaskClient, broker: Endpoint) -> None:
    with viewing(broker) as view, view.listen("api/one") as heard:
        answer = client.post("/mqtt/publish", json={"topic": "api/one", "message": {"value": 21.4, "unit": "°C"}})
        (message,) = heard.wait(1, 60)
    assert answer.status_code == 200
    assert answer.json == {"published": True, "topic": "api/one", "bytes": 30}
    assert message.payload == '{"value": 21.4, "unit": "°C"}'.encode()


@pytest.mark.parametrize(("message", "payload"), [("on", b"on"), ([1], b"[1]"), (True, b"true"), (None, b"null"),
                                                  (5, b"5"), ("", b"")])
def test_text_is_sent_as_it_is_and_all_else_as_json(
    client: FlaskClient, broker: Endpoint, message: object, payload: bytes
) -> None:
    with viewing(broker) as view, view.listen("api/two") as heard:
        client.post("/mqtt/publish", json={"topic": "api/two", "message": message, "qos": 0})
        assert heard.wait(1, 60)[0].payload == payload


def test_a_retained_message_comes_once_to_each_subscriber(client: FlaskClient) -> None:
    client.post("/mqtt/publish", json={"topic": "api/kept", "message": "old", "retain": True, "qos": 2})
    for _ in range(2):
        answer = client.post("/mqtt/subscribe", json={"topic": "api/kept", "count": 2, "timeout": 0.2})
        assert answer.status_code == 200
        assert answer.json["complete"] is False
        (message,) = answer.json["messages"]
        assert (message["topic"], message["payload"], message["retain"]) == ("api/kept", "old", True)
        assert abs(message["received"] - time.time()) < 60
    client.post("/mqtt/publish", json={"topic": "api/kept", "message": "", "retain": True})


def test_subscribe_ends_with_the_last_message_that_was_asked_for(client: FlaskClient, broker: Endpoint) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool, viewing(broker) as view:
        answer = pool.submit(client.post, "/mqtt/subscribe", json={"topic": "api/+/x", "count": 3, "timeout": 20})
        stop = threading.Event()
        while not answer.done() and not stop.wait(0.02):
            view.publish("api/a/x", b'{"value": 1}')
            view.publish("api/a/y", b"another topic")
        found = answer.result().json
    assert found["complete"] is True
    assert [m["payload"] for m in found["messages"]] == [{"value": 1}] * 3
    assert time.monotonic() - began < 20  # the longest wait


def test_a_wait_without_messages_is_bounded(client: FlaskClient) -> None:
    began = time.monotonic()
    answer = client.post("/mqtt/subscribe", json={"topic": "api/silent", "timeout": 0.3})
    assert answer.json == {"messages": [], "complete": False}
    assert 0.3 <= time.monotonic() - began < 20


@pytest.mark.parametrize(("payload", "shown"), [
    (b"21.4", {"payload": 21.4}),
    (b"warm", {"payload": "warm"}),
    (b"NaN", {"payload": "NaN"}),
    (b'{"value": 1e999}', {"payload": '{"value": 1e999}'}),
    (b'"\\ud800"', {"payload": '"\\ud800"'}),
    (b"", {"payload": ""}),
    (b"[" * 100_000, {"payload": "[" * 100_000}),
    (b"\xff\x00", {"payload": None, "base64": "/wA="}),
])
def test_any_payload_can_be_shown(payload: bytes, shown: dict[str, object]) -> None:
    assert api.shown(payload) == shown


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b'{"a": NaN}', b"\xff\xfe", b"[" * 200_000])
@pytest.mark.parametrize("path", ["/mqtt/publish", "/mqtt/subscribe", "/database/write", "/database/query",
                                  "/devices/temp-001/command"])
def test_what_is_no_json_is_a_400(client: FlaskClient, path: str, body: bytes) -> None:
    answer = client.post(path, data=body)
    assert answer.status_code == 400
    assert "JSON" in answer.json["error"]


@pytest.mark.parametrize(("path", "body", "word"), [
    ("/mqtt/publish", [], "an array, not an object"),
    ("/mqtt/publish", {"message": 1}, "'topic' is missing"),
    ("/mqtt/publish", {"topic": "a"}, "'message' is missing"),
    ("/mqtt/publish", {"topic": 1, "message": 1}, "'topic' is a number, not a text"),
    ("/mqtt/publish", {"topic": "a/+", "message": 1}, "not a topic"),
    ("/mqtt/publish", {"topic": "", "message": 1}, "not a topic"),
    ("/mqtt/publish", {"topic": "a\0b", "message": 1}, "not a topic"),
    ("/mqtt/publish", {"topic": "é" * 40_000, "message": 1}, "not a topic"),
    ("/mqtt/publish", {"topic": "\ud800", "message": 1}, "surrogates"),
    ("/mqtt/publish", {"topic": "a", "message": "\ud800"}, "cannot be sent"),
    ("/mqtt/publish", {"topic": "a", "message": 1, "qos": 3}, "'qos' is 3"),
    ("/mqtt/publish", {"topic": "a", "message": 1, "qos": 0.5}, "a whole number from 0 to 2"),
    ("/mqtt/publish", {"topic": "a", "message": 1, "qos": True}, "'qos' is true or false, not a number"),
    ("/mqtt/publish", {"topic": "a", "message": 1, "qos": None}, "'qos' is null"),
    ("/mqtt/publish", {"topic": "a", "message": 1, "retain": "yes"}, "'retain' is a text, not true or false"),
    ("/mqtt/subscribe", {"topic": "a/#/b"}, "not a topic filter"),
    ("/mqtt/subscribe", {"topic": "a+"}, "not a topic filter"),
    ("/mqtt/subscribe", {"topic": "a", "count": 0}, "'count' is 0"),
    ("/mqtt/subscribe", {"topic": "a", "count": 1001}, "'count' is 1001"),
    ("/mqtt/subscribe", {"topic": "a", "timeout": 26}, "from 0 to 25"),
    ("/mqtt/subscribe", {"topic": "a", "timeout": "5"}, "'timeout' is a text, not a number"),
])
def test_what_is_of_the_wrong_type_is_a_422_that_names_it(
    client: FlaskClient, path: str, body: object, word: str
) -> None:
    answer = client.post(path, data=json.dumps(body))
    assert answer.status_code == 422
    assert word in answer.json["error"]


def test_a_number_that_json_cannot_carry_is_a_422(client: FlaskClient) -> None:
    answer = client.post("/mqtt/publish", data=b'{"topic": "a", "message": [1e999]}')
    assert answer.status_code == 422


def test_errors_of_http_are_json_too(client: FlaskClient) -> None:
    assert client.get("/nothing").json["error"]
    assert client.get("/nothing").status_code == 404
    answer = client.get("/mqtt/publish")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"OPTIONS", "POST"})
    assert answer.json["error"]
    large = client.post("/mqtt/publish", data=b'{"topic": "a", "message": "' + b"x" * 1_100_000 + b'"}')
    assert (large.status_code, bool(large.json["error"])) == (413, True)


@pytest.mark.parametrize(("path", "body"), [
    ("/mqtt/publish", {"topic": "a", "message": 1}),
    ("/mqtt/subscribe", {"topic": "a", "timeout": 5}),
    ("/database/write", {"measurement": "m", "fields": {"v": 1}}),
    ("/database/query", {"query": 'from(bucket: "iot-data") |> range(start: -1h)'}),
    ("/devices/temp-001/command", {"state": "on"}),
])
def test_while_broker_or_database_is_down_the_answer_is_503_and_when_to_come_back(
    away: FlaskClient, path: str, body: object
) -> None:
    began = time.monotonic()
    answer = away.post(path, json=body)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "127.0.0.1:1" in answer.json["error"]
    assert time.monotonic() - began < 20


def test_a_broker_that_refuses_or_says_nothing_is_a_503(influx: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for code, word, patience in ((5, "Not authorized", 60.0), (None, "did not answer", 0.3)):
        monkeypatch.setattr(api, "PATIENCE", patience)
        with FakeBroker(code) as fake:
            app = api.create_app(fake.endpoint, influx)
            answer = app.test_client().post("/mqtt/publish", json={"topic": "a", "message": 1})
            app.extensions["database"].close()
        assert answer.status_code == 503
        assert word in answer.json["error"]


def test_more_waiting_requests_than_allowed_are_turned_away(broker: Endpoint, influx: Endpoint) -> None:
    app = api.create_app(broker, influx, max_waiting=1)
    with viewing(broker) as view, ThreadPoolExecutor(1) as pool:
        def served() -> TestResponse | None:
            answer = app.test_client().post("/mqtt/subscribe", json={"topic": "api/busy", "timeout": 20})
            return answer if answer.status_code == 200 else None

        # It may itself be turned away, if the second one is there just then: it comes again until it is let in.
        first = pool.submit(wait_until, served, 60, what="the first request is let in")

        def turned_away() -> bool:
            answer = app.test_client().post("/mqtt/subscribe", json={"topic": "api/other", "timeout": 0})
            return answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1

        wait_until(turned_away, 60, what="the second request is turned away")
        wait_until(lambda: view.publish("api/busy", b"1") or first.done(), 60, what="the first request has its message")
    assert app.test_client().post("/mqtt/subscribe", json={"topic": "api/other", "timeout": 0}).status_code == 200
    app.extensions["database"].close()


def test_many_requests_at_once_leave_no_thread_and_no_socket_behind(app: Flask, broker: Endpoint) -> None:
    def one(number: int) -> int:
        body = {"topic": "api/many", "message": number}
        return app.test_client().post("/mqtt/publish", json=body).status_code

    def files() -> int:
        gc.collect()  # the listener of this test is a cycle
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    one(-1)
    threads, opened = threading.active_count(), files()
    with viewing(broker) as view, view.listen("api/many") as heard:
        with ThreadPoolExecutor(20) as pool:
            assert set(pool.map(one, range(200))) == {200}
        assert sorted(int(m.payload) for m in heard.wait(200, 60)) == list(range(200))
    del view, heard
    # What other rooms of this worker share may open and close some meanwhile; 200 requests would leave 200.
    wait_until(lambda: threading.active_count() <= threads, 60, what="the end of the threads")
    wait_until(lambda: files() <= opened, 60, what="the end of the sockets")
