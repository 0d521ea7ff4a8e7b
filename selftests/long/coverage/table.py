#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""What programs and modules have counted, by gcov.

table.py BUILD LIST TABLE   of all that is below BUILD

Makes TABLE, of files, and prints what LIST does not say or says wrongly; the
status is 1 if there is any of that. A file that is compiled several times, for
the kernel and for a process, or as a header, has run a line where any has.
"""
import json
import os
import re
import subprocess
import sys

PARTS = ("kmod/", "ulib/", "include/")
OTHERS = ("kmod/tests/", "kmod/core/tracepoints.h")  # KUnit's; made by macros
FEW = 3  # lines of a function that need no reason


def counts_of(build):
    """(path, what gcov says of it), once for each object that it is in"""
    notes = subprocess.run(
        ["find", os.path.abspath(build), "-name", "*.gcno"],
        check=True, capture_output=True, text=True).stdout.split()
    for note in notes:
        done = subprocess.run(
            ["gcov", "--json-format", "--branch-probabilities", "--stdout",
             note], check=True, capture_output=True, text=True)
        for line in filter(None, done.stdout.splitlines()):
            object_ = json.loads(line)
            for file in object_["files"]:
                yield os.path.join(object_["current_working_directory"],
                                   file["file"]), file


def known(path):
    """Its name in the source tree, if that is what is looked at."""
    name = os.path.relpath(os.path.realpath(path))
    if name.startswith(PARTS) and not name.startswith(OTHERS):
        return name
    return None


class Branches:
    """Those of a line, which can be another number in each object."""

    def __init__(self):
        self.counts = {}

    def add(self, branches):
        counts = [branch["count"] for branch in branches]
        before = self.counts.get(len(counts), [0] * len(counts))
        self.counts[len(counts)] = [a + b for a, b in zip(before, counts)]

    def taken(self):
        """(how many were taken, of how many), of the object with the most"""
        pairs = [(sum(map(bool, counts)), n)
                 for n, counts in self.counts.items() if n]
        return max(pairs, key=lambda pair: pair[0] / pair[1], default=(0, 0))


class File:
    def __init__(self):
        self.lines = {}      # number: how often
        self.branches = {}   # number: Branches
        self.functions = {}  # number of a line: name of the function

    def add(self, file):
        for function in file["functions"]:
            for n in range(function["start_line"], function["end_line"] + 1):
                self.functions[n] = function["name"]
        for line in file["lines"]:
            n = line["line_number"]
            self.lines[n] = self.lines.get(n, 0) + line["count"]
            self.branches.setdefault(n, Branches()).add(line["branches"])

    def totals(self):
        """lines that ran, lines, branches taken, branches"""
        taken = [branches.taken() for branches in self.branches.values()]
        return (sum(map(bool, self.lines.values())), len(self.lines),
                sum(pair[0] for pair in taken), sum(pair[1] for pair in taken))

    def missed(self):
        """function: the numbers of its lines that did not run"""
        missed = {}
        for n in sorted(n for n, count in self.lines.items() if not count):
            missed.setdefault(self.functions.get(n, "-"), []).append(n)
        return missed


def read_counts(build):
    files = {}
    for path, file in counts_of(build):
        name = known(path)
        if name:
            files.setdefault(name, File()).add(file)
    return files


def row(name, totals):
    def part(some, of):
        return f"{100 * some / of:6.1f}%" if of else "      -"
    ran, lines, taken, branches = totals
    return (f"{name:32}{lines:6}{part(ran, lines)}{branches:10}"
            f"{part(taken, branches)}")


def totals_of(files):
    """{part: totals}"""
    sums = {part: (0, 0, 0, 0) for part in PARTS}
    for name, file in files.items():
        part = name[:name.index("/") + 1]
        sums[part] = tuple(map(sum, zip(sums[part], file.totals())))
    return sums


def table(files):
    yield f"{'':32}{'lines':>6}{'':7}{'branches':>10}"
    for name in sorted(files):
        yield row(name, files[name].totals())
    for part, totals in totals_of(files).items():
        yield row("all of " + part, totals)


class List:
    """Least shares of lines; functions that are not reached, and whole files,
    of which some runs may reach some."""

    def __init__(self, path):
        self.least = {}     # part: percent
        self.functions = set()   # (file, function)
        self.whole = set()
        with open(path, encoding="utf-8") as file:
            for line in file:
                if least := re.fullmatch(r"(\w+/) (\d+)%\n", line):
                    self.least[least[1]] = int(least[2])
                elif line.startswith("\t"):
                    self.add(*line.split())

    def add(self, file, *functions):
        if not functions:
            self.whole.add(file)
        self.functions.update((file, function) for function in functions)


def source(name, n):
    with open(name, encoding="utf-8") as file:
        return file.read().splitlines()[n - 1].strip()


def wrongs(files, listed):
    """What the list does not say, or says wrongly."""
    for name in sorted(set(files) - listed.whole):
        for function, lines in files[name].missed().items():
            if len(lines) > FEW and (name, function) not in listed.functions:
                yield f"{name} {function} is not reached:"
                yield from (f"    {n}: {source(name, n)}" for n in lines)
    for name, function in sorted(listed.functions):
        if name not in files or function not in files[name].functions.values():
            yield f"there is no {function} in {name}"
    for part, total in totals_of(files).items():
        if 100 * total[0] < listed.least.get(part, 0) * total[1]:
            yield f"less than {listed.least[part]}% of {part} is reached"


def main():
    files = read_counts(sys.argv[1])
    with open(sys.argv[3], "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in table(files))
    found = list(wrongs(files, List(sys.argv[2])))
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
