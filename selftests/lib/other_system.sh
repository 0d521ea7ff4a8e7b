# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# For scripts that stand for a system which is not Debian.

# make_path DIRECTORY: all commands of this machine but those that manage packages.
make_path() {
	mkdir "$1"
	ln -sf /usr/sbin/* /usr/bin/* "$1"
	rm -f "$1"/{apt,apt-get,dpkg,dpkg-deb,dpkg-query}
}
