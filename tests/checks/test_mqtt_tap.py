from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labkit.checks.mqtt_tap import LARGEST, MOST, PINGREQ, PUBLISH, Packet, PacketReader, Tap, read_connect

# A CONNECT by hand (MQTT 3.1.1 section 3.1): clean session, keep alive 60, client id "a", no will.
CONNECT = bytes.fromhex("100d00044d5154540402003c000161")
# PUBLISH of "hi" to "a/b", QoS 1, packet identifier 10 (section 3.3).
PUBLISHED = bytes.fromhex("32090003612f62000a6869")


@given(st.lists(st.integers(1, 20), max_size=40))
def test_packets_are_found_however_the_bytes_are_cut(cuts: list[int]) -> None:
    stream, reader, found = CONNECT + PUBLISHED + b"\xe0\x00", PacketReader(), []
    for cut in [*cuts, len(stream)]:
        found += reader.feed(stream[:cut])
        stream = stream[cut:]
    assert [packet.name for packet in found] == ["CONNECT", "PUBLISH", "DISCONNECT"]
    assert (found[1].type, found[1].topic, found[1].qos, found[1].retain, found[1].duplicate) == (
        PUBLISH,
        "a/b",
        1,
        False,
        False,
    )


def test_connect_by_hand_is_read() -> None:
    connect = read_connect(CONNECT[2:])
    assert connect is not None
    assert (connect.client_id, connect.clean, connect.keepalive, connect.level, connect.will_topic) == (
        "a",
        True,
        60,
        4,
        "",
    )


@given(st.binary(max_size=60))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    read_connect(data)
    for packet in PacketReader().feed(data):
        assert isinstance(packet.topic, str)


def test_a_length_of_more_than_four_bytes_is_not_mqtt() -> None:
    reader = PacketReader()
    assert reader.feed(b"\x30\xff\xff\xff\xff\x01") == []
    assert reader.broken


def test_of_a_packet_that_is_too_long_only_the_head_is_kept() -> None:
    reader = PacketReader()
    huge = bytes([PUBLISH << 4]) + bytes([0x80, 0x80, 0x80, 0x01])  # 2 MiB follow
    found = reader.feed(huge)
    for _ in range(32):
        found += reader.feed(b"x" * 65536)
    found += reader.feed(bytes([PINGREQ << 4, 0]))
    assert [(packet.name, len(packet.body)) for packet in found] == [("PUBLISH", LARGEST), ("PINGREQ", 0)]


def test_a_tap_counts_a_flood_and_keeps_its_head() -> None:
    tap = Tap()
    packet = Packet(PUBLISH, 0, b"\0\1a" + b"x" * 4096)
    for _ in range(MOST):
        tap.see(packet, from_client=True)
    assert tap.from_client["PUBLISH"] == MOST
    assert len(tap.published) * len(packet.body) <= 32 * LARGEST
