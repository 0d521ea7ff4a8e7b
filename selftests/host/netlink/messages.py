#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Netlink messages as a kernel would send them, made by the spec alone.

messages.py SPEC messages [sparse]   all answers and notifications, binary
messages.py SPEC expected [sparse]   the JSON that rring makes of each
messages.py SPEC requests            requests on stdin, as lines of text

Sparse: without all attributes that may be absent.
"""
import json
import struct
import sys

import yaml

NUMBERS = {"u32": "=I", "u64": "=Q"}
# So that one object belongs to another.
GIVEN = {
    ("arena", "id"): 7, ("pool", "arena"): 7, ("client", "arena"): 7,
    ("ring", "arena"): 7, ("reader", "arena"): 7, ("ring", "id"): 3,
    ("reader", "ring"): 3, ("arena", "mode"): 0o750, ("arena", "may"): 5,
    ("arena", "name"): "bus", ("client", "comm"): 'a "b\\\n\x1b[31m\u00fc',
    ("arena", "bytes"): 3 << 40,
}
NEEDED = {"id", "arena", "ring"}


def numbered(entries):
    value = 1
    for entry in entries:
        value = entry.get("value", value)
        yield value, entry
        value += 1


class Spec:
    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            self.spec = yaml.safe_load(file)
        self.sets = {s["name"]: {a["name"]: (n, a)
                                 for n, a in numbered(s["attributes"])}
                     for s in self.spec["attribute-sets"]}
        self.enums = {d["name"]: [e if isinstance(e, str) else e["name"]
                                  for e in d["entries"]]
                      for d in self.spec["definitions"]}
        self.operations = list(numbered(self.spec["operations"]["list"]))

    def sample(self, name, attribute):
        """A value of its own for each attribute."""
        number, what = self.sets[name][attribute]
        given = GIVEN.get((name, attribute))
        if given is not None:
            return given
        if "enum" in what:
            return number % len(self.enums[what["enum"]])
        return {"string": f"{name}-{attribute}", "flag": True,
                "u64": (number << 40) + number, "u32": 100 + number,
                "nest": None}[what["type"]]

    def encode(self, name, attribute):
        number, what = self.sets[name][attribute]
        kind = what["type"]
        if kind == "nest":
            nested = what["nested-attributes"]
            payload = b"".join(self.encode(nested, a) for a in self.sets[nested])
            number |= 0x8000
            return 2 * attr(number, payload)
        value = self.sample(name, attribute)
        if kind == "string":
            return attr(number, value.encode() + b"\0")
        if kind == "flag":
            return attr(number, b"")
        # as the kernel aligns it
        pad = attr(self.sets[name]["pad"][0], b"") if kind == "u64" else b""
        copies = 2 if what.get("multi-attr") else 1
        return copies * (pad + attr(number, struct.pack(NUMBERS[kind], value)))

    def shown(self, name, attribute):
        what = self.sets[name][attribute][1]
        if what["type"] == "nest":
            nested = what["nested-attributes"]
            return 2 * [{key(a): self.shown(nested, a)
                         for a in self.sets[nested]}]
        value = self.sample(name, attribute)
        if attribute == "mode":
            return f"{value:04o}"
        if what.get("enum-as-flags"):
            names = self.enums[what["enum"]]
            return [n for i, n in enumerate(names) if value >> i & 1]
        if "enum" in what:
            return self.enums[what["enum"]][value]
        return 2 * [value] if what.get("multi-attr") else value

    def absent(self, name, attribute):
        what = self.sets[name][attribute][1]
        if what.get("multi-attr"):
            return []
        return {"flag": False}.get(what["type"])

    def messages(self):
        """Number, name, attribute set, attributes, whether it is a dump's."""
        for number, operation in self.operations:
            part = operation.get("dump", {}).get("reply") or \
                operation.get("event")
            if part:
                yield (number, operation["name"], operation["attribute-set"],
                       part["attributes"], "dump" in operation)


def key(attribute):
    return attribute.replace("-", "_")


def attr(number, payload):
    size = 4 + len(payload)
    return struct.pack("=HH", size, number) + payload + b"\0" * (-size % 4)


def message(command, payload):
    header = struct.pack("=IHHIIBBH", 20 + len(payload), 0x20, 0, 0, 0,
                         command, 1, 0)
    return header + payload


def is_there(attribute, sparse):
    return not sparse or attribute in NEEDED


def write_messages(spec, sparse):
    for number, _, name, attributes, _ in spec.messages():
        payload = b"".join(spec.encode(name, a) for a in attributes
                           if is_there(a, sparse))
        # something that only a newer kernel has
        payload += attr(200, b"news")
        sys.stdout.buffer.write(message(number, payload))


def expected(spec, sparse):
    answers = {}
    for _, operation, name, attributes, is_dump in spec.messages():
        answer = {}
        for attribute in attributes:
            if is_there(attribute, sparse):
                answer[key(attribute)] = spec.shown(name, attribute)
            elif is_dump:
                answer[key(attribute)] = spec.absent(name, attribute)
        answers[operation] = [answer] if is_dump else {name: answer}
    return answers


def print_requests(spec):
    data = sys.stdin.buffer.read()
    while data:
        size, _, _, _, _, command = struct.unpack_from("=IHHIIB", data)
        print_request(spec, command, data[20:size])
        data = data[size:]


def print_request(spec, command, data):
    operation = dict(spec.operations)[command]
    names = {number: (name, what) for name, (number, what)
             in spec.sets[operation["attribute-set"]].items()}
    words = [operation["name"]]
    allowed = (operation.get("do") or operation["dump"])["request"]["attributes"]
    while data:
        size, number = struct.unpack_from("=HH", data)
        name, what = names[number]
        payload = data[4:size]
        data = data[size + -size % 4:]
        assert name in allowed, (operation["name"], name)
        if what["type"] == "string":
            value = payload.rstrip(b"\0").decode()
        else:
            value = struct.unpack(NUMBERS[what["type"]], payload)[0]
        words.append(f"{name}={value}")
    print(*words)


def main():
    spec = Spec(sys.argv[1])
    sparse = "sparse" in sys.argv[3:]
    if sys.argv[2] == "messages":
        write_messages(spec, sparse)
    elif sys.argv[2] == "expected":
        json.dump(expected(spec, sparse), sys.stdout)
    else:
        print_requests(spec)


main()
