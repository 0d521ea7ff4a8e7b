#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""The numbers that a netlink spec gives, as C assertions about its header.

spec.py SPEC          a C program that compiles only if they are equal
spec.py --names SPEC  the names of the spec that its own header defines
"""
import sys

import yaml

VERSION = 1     # what ynl takes if a spec names none


def c_name(name):
    return name.upper().replace("-", "_")


def numbered(entries, first):
    """Pairs of an entry's name and its value, as ynl counts."""
    value = first
    for entry in entries:
        if isinstance(entry, str):
            entry = {"name": entry}
        value = entry.get("value", value)
        yield entry["name"], value
        value += 1


def constants(definition):
    flags = definition["type"] == "flags"
    for name, value in numbered(definition["entries"], 0):
        yield definition["name-prefix"] + name, 1 << value if flags else value


def attributes(attribute_set):
    prefix = attribute_set["name-prefix"]
    last = 0
    for name, last in numbered(attribute_set["attributes"], 1):
        yield prefix + name, last
    yield prefix + "max", last
    yield prefix + "unspec", 0


def commands(operations):
    prefix = operations["name-prefix"]
    last = 0
    for name, last in numbered(operations["list"], 1):
        yield prefix + name, last
    yield prefix + "max", last
    yield prefix + "unspec", 0


def own_numbers(spec):
    """What the spec's own header defines."""
    for definition in spec["definitions"]:
        if "header" not in definition:
            yield from constants(definition)
    for attribute_set in spec["attribute-sets"]:
        yield from attributes(attribute_set)
    yield from commands(spec["operations"])


def foreign_numbers(spec):
    for definition in spec["definitions"]:
        if "header" in definition:
            yield from constants(definition)


def headers(spec):
    yield spec["uapi-header"]
    for definition in spec["definitions"]:
        if "header" in definition:
            yield definition["header"]


def strings(spec):
    yield spec["c-family-name"], spec["name"]
    for group in spec["mcast-groups"]["list"]:
        yield "rring-genl-group-" + group["name"], group["name"]


def check_references(spec):
    """Each message is made of attributes that its set has."""
    sets = {s["name"]: {a["name"] for a in s["attributes"]}
            for s in spec["attribute-sets"]}
    enums = {d["name"] for d in spec["definitions"]}
    for operation in spec["operations"]["list"]:
        known = sets[operation["attribute-set"]]
        for kind in ("do", "dump", "event"):
            message = operation.get(kind, {})
            for part in (message, *message.values()):
                if isinstance(part, dict):
                    unknown = set(part.get("attributes", ())) - known
                    assert not unknown, (operation["name"], unknown)
    for attribute_set in spec["attribute-sets"]:
        for attribute in attribute_set["attributes"]:
            assert attribute.get("enum") in enums | {None}, attribute
            assert attribute.get("nested-attributes") in sets.keys() | {None}


def program(spec):
    for header in sorted(set(headers(spec))):
        yield f"#include <{header}>"
    for name, value in (*own_numbers(spec), *foreign_numbers(spec)):
        yield f'_Static_assert({c_name(name)} == {value}, "{name}");'
    version = c_name(spec["c-version-name"])
    yield f'_Static_assert({version} == {VERSION}, "version");'
    for name, value in strings(spec):
        yield (f'_Static_assert(!__builtin_strcmp({c_name(name)}, "{value}"), '
               f'"{name}");')


def main():
    with open(sys.argv[-1], encoding="ascii") as file:
        spec = yaml.safe_load(file)
    check_references(spec)
    if sys.argv[1] == "--names":
        print(*sorted(c_name(name) for name, _ in own_numbers(spec)), sep="\n")
    else:
        print(*program(spec), sep="\n")


main()
