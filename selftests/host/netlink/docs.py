#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""docs.py SPEC PAGE: print what a netlink spec says that an HTML page does not.

Each command, attribute and value has a doc, but an attribute that pads.
"""
import html
import re
import sys

import yaml


def documented(spec):
    """Pairs of a name and a doc, or none."""
    for group in (spec["definitions"], spec["attribute-sets"],
                  spec["operations"]["list"]):
        for record in group:
            yield record["name"], record.get("doc")
            for part in (*record.get("entries", ()),
                         *record.get("attributes", ())):
                if part.get("type") != "pad":
                    name = f"{record['name']} {part['name']}"
                    yield name, part.get("doc")


def words(text):
    return " ".join(text.split())


def shown(page):
    """The text of a page, which has a space between two elements only."""
    return words(html.unescape(re.sub(r"</?(p|td|tr|dd|dt|h\d)\b[^>]*>", " ", page)
                               ).replace("\n", " "))


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        spec = yaml.safe_load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        page = shown(file.read())
    missing = [f"{name}: {doc and words(doc)}" for name, doc in documented(spec)
               if not doc or words(doc) not in page]
    print(*missing, sep="\n")
    return bool(missing)


sys.exit(main())
