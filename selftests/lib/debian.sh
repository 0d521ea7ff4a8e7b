# SPDX-License-Identifier: MPL-2.0
# shellcheck shell=bash
#
# For scripts of long/: a Debian system that has what the packages depend on, and
# none of them. mmdebstrap makes it once; then it is kept, in a folder which is
# named after what is in it.

codename() {
	(. /etc/os-release && echo "$VERSION_CODENAME")
}

# The release of the system: a script may set another one.
release=$(codename)

# What is in it, and a script may set, too: what the packages depend on, a kernel
# with its headers, compilers, and a broker.
needed=linux-image-amd64,linux-headers-amd64,dkms,g++,pkgconf,python3,libmnl0
needed+=,libjansson4,libncursesw6,libbpf1,libpcap0.8,libhiredis0.14
needed+=,libjs-sphinxdoc,redis-server

# The folder of the kept system: system.tar.zst, and for a boot vmlinuz and initrd.img.
kept_system() {
	local hash

	hash=$(sha256sum <<<"$release important $needed" | cut -c1-16)
	echo "${XDG_CACHE_HOME:-$HOME/.cache}/rusted_ring/debian-$hash"
}

# As debootstrap does it without options.
make_system() {
	local new=$1.new

	rm -rf "$new"
	mkdir "$new"
	mmdebstrap --quiet --variant=important --include="$needed" \
		"$release" "$new/system.tar.zst" &&
		copy_from "$new/system.tar.zst" vmlinuz >"$new/vmlinuz" &&
		copy_from "$new/system.tar.zst" initrd.img >"$new/initrd.img" &&
		mv "$new" "$1"
}

# The file of /boot in the system whose name begins with $2.
copy_from() {
	tar -xOf "$1" --wildcards "./boot/$2-*"
}

# Makes it if it is not kept. Scripts that do this at a time make it once.
need_system() {
	local system

	system=$(kept_system)
	mkdir -p "${system%/*}"
	(
		flock 9
		[ -d "$system" ] || make_system "$system"
	) 9>"${system%/*}/debian.lock"
}

# unpack_system DIRECTORY: with an empty folder /debs, for what tests put there.
unpack_system() {
	need_system && mkdir "$1" &&
		tar -xf "$(kept_system)/system.tar.zst" -C "$1" \
			--exclude='./dev/*' &&
		mkdir "$1/debs"
}

# in_root COMMAND...: in the system below $root. Its processes end with it.
# shellcheck disable=SC2016 # the other shell's
in_root() {
	# shellcheck disable=SC2154 # $root is the script's
	unshare --mount --pid --fork sh -c '
		mount -t proc proc "$0/proc"
		mount --bind /dev "$0/dev"
		exec chroot "$0" env PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"' \
		"$root" "$@" </dev/null
}

# copy_packages FROM TO: those of build/deb, or of another folder like it.
copy_packages() {
	mkdir -p "$2" && cp "$1"/*.deb "$2" && rm -f "$2"/*dbgsym*
}

# All that is in the system below directory $1, but what dpkg, apt, depmod, logs and
# a boot keep; and its users and groups.
files_of() {
	local path but=(-false)

	for path in debs dev home proc run sys tmp \
		    var/{backups,cache,lib/apt,lib/dpkg,lib/logrotate,log,tmp} \
		    var/lib/{redis,systemd/{random-seed,timers,timesync}} \
		    'usr/lib/modules/*/modules.*'; do
		but+=(-o -path "./$path")
	done
	(
		cd "$1" || exit
		find . \( "${but[@]}" \) -prune -o -print | sort
		cat etc/passwd etc/group
	)
}
