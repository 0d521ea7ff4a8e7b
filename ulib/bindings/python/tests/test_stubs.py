# SPDX-License-Identifier: MPL-2.0
"""The stubs name each public class, method and property, and no other."""

import ast
import os
import unittest

import rusted_ring as rr

STUBS = os.path.join(os.path.dirname(rr.__file__), "__init__.pyi")


def names_in(body):
    for node in body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node.name
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets)


def public(names):
    return {name for name in names if not name.startswith("_")}


class Stubs(unittest.TestCase):
    def setUp(self):
        with open(STUBS) as file:
            tree = ast.parse(file.read())
        self.classes = {node.name: node for node in tree.body
                        if isinstance(node, ast.ClassDef)}
        self.top = public(names_in(tree.body))

    def members(self, name):
        node = self.classes[name]
        found = public(names_in(node.body))
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in self.classes:
                found |= self.members(base.id)
        return found

    def test_all_names_of_the_module(self):
        self.assertEqual(self.top | {"aio"}, set(rr.__all__))

    def test_all_members_of_each_class(self):
        for name in public(self.classes):
            thing = getattr(rr, name)
            if issubclass(thing, (OSError, int)):
                continue
            with self.subTest(name):
                real = public(dir(thing)) - public(dir(tuple))
                real -= {"n_fields", "n_sequence_fields", "n_unnamed_fields"}
                self.assertEqual(self.members(name) - {"geometry"}, real)


if __name__ == "__main__":
    unittest.main()
