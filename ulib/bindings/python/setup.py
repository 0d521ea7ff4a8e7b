# SPDX-License-Identifier: MPL-2.0
"""pip install . builds with the library that pkg-config finds."""

import glob
import os
import shlex
import subprocess

from setuptools import Extension, setup

LIBRARY = "rusted_ring-ffi"
SEARCHED = ("/lib", "/usr/lib", "/usr/local/lib")


def pkg_config(*options):
    words = ["pkg-config", *options, LIBRARY]
    return shlex.split(subprocess.check_output(words, text=True))


def run_path():
    """The dynamic linker finds the library elsewhere only by this."""
    (folder,) = pkg_config("--variable=libdir")
    # a packager's folder, which is not there later
    folder = folder.removeprefix(os.environ.get("PKG_CONFIG_SYSROOT_DIR", ""))
    return [] if folder.startswith(SEARCHED) else [f"-Wl,-rpath,{folder}"]


setup(
    ext_modules=[Extension(
        "rusted_ring._rusted_ring",
        sorted(glob.glob("src/*.c")),
        depends=["src/binding.h"],
        define_macros=[("Py_LIMITED_API", "0x030b0000")],
        extra_compile_args=["-std=gnu11", "-fvisibility=hidden",
                            *pkg_config("--cflags")],
        extra_link_args=[*pkg_config("--libs"), *run_path()],
        py_limited_api=True,
    )],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
