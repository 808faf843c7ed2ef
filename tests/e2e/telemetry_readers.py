"""Readers of what a run tells others, written from the formats alone: trace events, TensorBoard's event
files, OpenMetrics. Each fails loudly on what its format does not allow."""

import json
import re
import struct

# ---- trace events


def read_trace(text):
    """The events of a whole trace, or of one whose end is missing."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return json.loads(text.rstrip().rstrip(",") + "]")


def check_trace(events, workers):
    """Spans of a track nest, arrows have both ends and lie in spans, tracks are named once each."""
    names = [event["args"]["name"] for event in events if event["name"] == "thread_name"]
    assert names == ["rank 0: server", *(f"rank {rank}: worker" for rank in range(1, workers + 1))], names
    spans = {}
    for event in events:
        if event["ph"] == "X":
            begin = round(event["ts"] * 1000)
            spans.setdefault(event["tid"], []).append((begin, -(begin + round(event["dur"] * 1000)), event["name"]))
    for track in spans.values():
        stack = []
        for begin, negative_end, name in sorted(track):
            while stack and stack[-1][1] <= begin:
                stack.pop()
            assert not stack or -negative_end <= stack[-1][1], (name, begin, stack[-1])
            stack.append((name, -negative_end))
    arrows = {}
    for event in events:
        if event["ph"] in "stf":
            arrows.setdefault(event["id"], []).append(event)
    for points in arrows.values():
        assert "".join(point["ph"] for point in points) in ("stf", "sf"), points
        at = [round(point["ts"] * 1000) for point in points]
        assert at == sorted(at), points
        for point, time in zip(points, at):
            around = [span for span in spans[point["tid"]] if span[0] <= time <= -span[1]]
            assert around, point
    return spans, arrows


# ---- TensorBoard: TFRecord frames of Event messages


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def masked(data):
    value = crc32c(data)
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


def frames(data):
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == masked(data[:8])
        content, rest = data[12 : 12 + length], data[12 + length :]
        assert struct.unpack("<I", rest[:4])[0] == masked(content)
        yield content
        data = rest[4:]


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    """(number, value) of each field of a protobuf message."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
            assert len(value) == length
        else:
            size, form = {1: (8, "<d"), 5: (4, "<f")}[kind]
            (value,) = struct.unpack(form, data[at : at + size])
            at += size
        yield tag >> 3, value


def read_tensorboard(data):
    """tag -> [(step, wall time, value)]."""
    events = [dict(fields(content)) for content in frames(data)]
    assert events[0][3] == b"brain.Event:2", events[0]
    scalars = {}
    for event in events[1:]:
        value = dict(fields(dict(fields(event[5]))[1]))
        scalars.setdefault(value[1].decode(), []).append((event.get(2, 0), event[1], value[2]))
    return scalars


# ---- OpenMetrics 1.0

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)")
HEAD = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)")


def read_openmetrics(text):
    """(name, labels) -> value."""
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1
    family = kind = None
    seen, heads, samples = set(), set(), {}
    for line in text.splitlines()[:-1]:
        if line.startswith("#"):
            what, name, value = HEAD.fullmatch(line).groups()
            if name != family:
                assert name not in seen, f"two families {name}"
                assert family is None or heads, line
                family, kind, heads = name, None, set()
                seen.add(name)
            assert what not in heads, line
            heads.add(what)
            if what == "TYPE":
                kind = value
                assert kind in ("counter", "gauge"), line
            if what == "UNIT":
                assert name.endswith("_" + value), line
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        assert name == (family + "_total" if kind == "counter" else family), line
        assert kind != "counter" or float(value) >= 0, line
        labels = tuple(re.findall(r'([a-zA-Z0-9_]+)="((?:[^"\\]|\\.)*)"', labels or ""))
        assert len({key for key, _ in labels}) == len(labels), line
        assert (name, labels) not in samples, f"twice: {line}"
        samples[name, labels] = float(value)
    return samples
