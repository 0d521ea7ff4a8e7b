# SPDX-License-Identifier: MPL-2.0
"""
What a syzkaller description says about layouts, as C that does not compile if
the headers say anything else; or, with a list's name, as names:

    layout.py DESCRIPTION                        assertions
    layout.py DESCRIPTION calls|commands|attrs   names of the headers in it
"""
import re
import sys

SIZES = {"int8": 1, "int16": 2, "int32": 4, "int64": 8, "uid": 4, "gid": 4}


def size_of(kind, resources):
    """Bytes of a field of this type."""
    found = re.fullmatch(r"array\[(.*), (\d+)\]", kind)
    if found:
        return size_of(found[1], resources) * int(found[2])
    found = re.fullmatch(r"string\[\w+, (\d+)\]", kind)
    if found:
        return int(found[1])
    found = re.fullmatch(r"(?:flags|const|len)\[.*, (int\d+)\]", kind)
    if found:
        return SIZES[found[1]]
    name = re.sub(r"\[.*", "", kind)
    return SIZES[resources.get(name, name)]


def structs(text):
    """(name, [(field, type)]) of those of the device."""
    for name, body in re.findall(r"^(rring_\w+) \{\n(.*?)^\}$", text,
                                 re.M | re.S):
        fields = [line.strip().split("\t") for line in body.splitlines()]
        yield name, [(field[0], field[1]) for field in fields]


def assertions(text):
    """A struct of the same fields has to be the header's."""
    resources = dict(re.findall(r"^resource (\w+)\[(\w+)\]", text, re.M))
    resources.update((name, "int32") for name, of in list(resources.items())
                     if of == "fd")
    print("#include <stddef.h>\n#include <linux/rusted_ring.h>")
    for name, fields in structs(text):
        offset = 0
        for field, kind in fields:
            size = size_of(kind, resources)
            print(f"_Static_assert(offsetof(struct {name}, {field}) == "
                  f"{offset} && sizeof(((struct {name} *)0)->{field}) == "
                  f'{size}, "{name}.{field}");')
            offset += size
        print(f'_Static_assert(sizeof(struct {name}) == {offset}, "{name}");')
    print("_Static_assert(" + " && ".join(
        f"{value} >> 52 == {i}" for i, value in sorted(
            {int(v, 16) >> 52: v for v in re.search(
                r"^rring_offsets = (.*)$", text, re.M)[1].split(", ")}.items()))
        + ' && RRING_REGION_XXL == 7, "offsets");')


PATTERNS = {
    "calls": r"^ioctl\$(RRING_IOC_\w+)\(fd fd_rring, cmd const\[\1\], "
             r"arg ptr\[\w+, rring_\w+\]\)",
    "commands": r"^sendmsg\$(RRING_CMD_\w+)\(.*rring_msg\[\1, ",
    "attrs": r"^\t(RRING_A_\w+)\tnlattr\[\1, ",
}


def main():
    """See above."""
    with open(sys.argv[1], encoding="ascii") as file:
        text = file.read()
    if len(sys.argv) == 2:
        assertions(text)
    else:
        print("\n".join(sorted(set(re.findall(PATTERNS[sys.argv[2]], text,
                                              re.M)))))


main()
