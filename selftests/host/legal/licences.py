#!/usr/bin/env python3
# SPDX-License-Identifier: MPL-2.0
"""Print each file of which .reuse/dep5 says another licence than the file itself.

Reads names of files, one a line. What has no line of its own is not compared.
"""
import pathlib
import re
import sys
import warnings

from debian import copyright

# In two pieces, as reuse(1) would read it as the licence of this file.
OWN = re.compile(rb"SPDX-License-Identifier" rb": ([A-Za-z0-9.() -]*[A-Za-z0-9.)])")
BEGIN = 1024		# bytes of a file in which its own line stands


def own_licence(path):
    with open(path, "rb") as file:
        found = OWN.search(file.read(BEGIN))
    return found and found.group(1).decode()


def main():
    warnings.simplefilter("ignore")
    with open(".reuse/dep5", encoding="utf-8") as file:
        table = copyright.Copyright(file)
    for path in sys.stdin.read().splitlines():
        own = own_licence(path) if pathlib.Path(path).is_file() else None
        ours = table.find_files_paragraph(path).license.synopsis
        if own and own != ours:
            print(f"{path}: {own}, and {ours} in .reuse/dep5")


main()
