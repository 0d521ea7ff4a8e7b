#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""The form of a netlink spec: form.py SPEC [SCHEMA] prints what is wrong with it.

The kernel has a SCHEMA for specs (Documentation/netlink/genetlink-c.yaml, since
Linux 6.3). What is here is a part of it, for machines that have no such file: keys
that the schema has and that this spec uses.
"""
import sys

import jsonschema
import yaml


def words(*allowed):
    return {"enum": list(allowed)}


def record(required, **properties):
    """An object that has no other keys. An underscore stands for a hyphen."""
    return {"type": "object", "additionalProperties": False,
            "required": required,
            "properties": {k.replace("_", "-"): v
                           for k, v in properties.items()}}


def many(items):
    return {"type": "array", "items": items}


TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 0}
YES = {"type": "boolean"}

ENTRY = {"oneOf": [TEXT, record(["name"], name=TEXT, value=NUMBER, doc=TEXT)]}
DEFINITION = record(["name", "type"], name=TEXT, type=words("enum", "flags"),
                    header=TEXT, enum_name=TEXT, name_prefix=TEXT, doc=TEXT,
                    entries=many(ENTRY))
ATTRIBUTE = record(["name", "type"], name=TEXT, doc=TEXT, value=NUMBER,
                   type=words("pad", "flag", "u32", "u64", "string", "nest"),
                   multi_attr=YES, nested_attributes=TEXT, enum=TEXT,
                   enum_as_flags=YES,
                   checks=record([], max=NUMBER, max_len=NUMBER))
SET = record(["name", "attributes"], name=TEXT, enum_name=TEXT, name_prefix=TEXT,
             doc=TEXT, attributes=many(ATTRIBUTE))
MESSAGE = record([], attributes=many(TEXT))
EXCHANGE = record([], request=MESSAGE, reply=MESSAGE)
OPERATION = record(["name", "doc"], name=TEXT, doc=TEXT, value=NUMBER,
                   attribute_set=TEXT, do=EXCHANGE, dump=EXCHANGE, event=MESSAGE,
                   mcgrp=TEXT)
OPERATIONS = record(["list"], enum_name=TEXT, name_prefix=TEXT,
                    list=many(OPERATION))
GROUPS = record(["list"], list=many(record(["name"], name=TEXT)))
SPEC = record(["name", "doc", "attribute-sets", "operations"],
              name=TEXT, doc=TEXT, protocol=words("genetlink-c"),
              uapi_header=TEXT, c_family_name=TEXT, c_version_name=TEXT,
              definitions=many(DEFINITION), attribute_sets=many(SET),
              operations=OPERATIONS, mcast_groups=GROUPS)


def read(path):
    with open(path, encoding="ascii") as file:
        return yaml.safe_load(file)


def main():
    spec = read(sys.argv[1])
    schema = read(sys.argv[2]) if len(sys.argv) > 2 else SPEC
    mistakes = list(jsonschema.Draft7Validator(schema).iter_errors(spec))
    for mistake in mistakes:
        print("/".join(str(part) for part in mistake.absolute_path),
              mistake.message.splitlines()[0], sep=": ")
    return bool(mistakes)


sys.exit(main())
