# SPDX-License-Identifier: MPL-2.0
"""interpreter.py FOLDER PATH...: put this interpreter into the folder, with what
the Python programs in these paths import of the standard library. A guest runs it
with PYTHONHOME=FOLDER. The modules are compiled, in one zip file.
"""

import importlib
import modulefinder
import os
import shutil
import sys
import sysconfig
import zipfile

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
LIBRARY = sysconfig.get_path("stdlib")

# What the interpreter itself, and unittest, import by name.
ALSO = ["encodings.utf_8", "encodings.ascii", "encodings.latin_1", "codecs", "io",
        "abc", "site", "os", "stat", "posixpath", "genericpath", "sqlite3.dbapi2",
        "importlib.machinery", "zipimport", "tracemalloc"]


def imported_by(paths):
    """Import all that these programs name, and all that it imports by itself."""
    finder = modulefinder.ModuleFinder()
    for path in paths:
        code = compile(open(path).read(), path, "exec")
        for _, (_, names, module) in _imports(finder, code):
            yield module
            yield from (f"{module}.{name}" for name in names or ())


def _imports(finder, code):
    for what, arguments in finder.scan_opcodes(code):
        if what == "absolute_import":
            yield what, (None, None, arguments[1])
            yield what, (None, arguments[0], arguments[1])


def load(names):
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            pass    # a name in a module, or one of the programs


def programs(paths):
    for path in paths:
        for folder, _, files in os.walk(path):
            yield from (os.path.join(folder, file) for file in files
                        if file.endswith(".py"))


def put_module(module, archive, extensions):
    path = getattr(module, "__file__", None)
    if not path or not path.startswith(LIBRARY):
        return
    if path.endswith(".so"):
        shutil.copy(path, extensions)
        return
    package = os.path.relpath(os.path.dirname(path), LIBRARY)
    archive.writepy(path, "" if package == "." else package)


def main(folder, *paths):
    library = os.path.join(folder, "lib", f"python{VERSION}")
    extensions = os.path.join(library, "lib-dynload")
    os.makedirs(extensions)
    os.makedirs(os.path.join(folder, "bin"))
    shutil.copy(os.path.realpath(sys.executable),
                os.path.join(folder, "bin", "python3"))
    load([*ALSO, *imported_by(programs(paths))])
    modules = {getattr(module, "__file__", None): module
               for module in sys.modules.values()}.values()
    short = VERSION.replace(".", "")
    name = os.path.join(folder, "lib", f"python{short}.zip")
    with zipfile.PyZipFile(name, "w") as archive:
        for module in modules:
            put_module(module, archive, extensions)


main(*sys.argv[1:])
