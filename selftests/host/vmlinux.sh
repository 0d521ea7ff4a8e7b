#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# tools/vmlinux unpacks the kernels that QEMU can boot so, once, and leaves all other
# images as they are. Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
export XDG_CACHE_HOME=$dir/cache

# make_kernel NAME [TYPE]: an ELF file, with a note of Xen of this type.
make_kernel() {
	{
		echo '.globl _start; _start: nop'
		echo '.section .note.Xen, "a", @note'
		echo ".long 4, 8, ${2:-1}; .asciz \"Xen\"; .quad _start"
	} | gcc -c -x assembler -o "$dir/object" -
	ld -o "$dir/$1" "$dir/object"
}

# bytes NUMBER: four of them.
bytes() {
	perl -e 'print pack("V", shift)' "$1"
}

# put OFFSET IMAGE: what is read.
put() {
	dd of="$2" bs=1 seek="$1" conv=notrunc status=none
}

# make_image NAME KERNEL PACKER...: a header of 1024 bytes, and behind the packed kernel
# its size.
make_image() {
	local image=$dir/$1 kernel=$dir/$2

	shift 2
	head -c 1024 /dev/zero >"$image"
	"$@" <"$kernel" >"$dir/packed"
	case $1 in
	gzip) ;;
	*) bytes "$(stat -c %s "$kernel")" >>"$dir/packed" ;;
	esac
	printf '\001' | put 497 "$image"
	printf HdrS | put 514 "$image"
	bytes "$(stat -c %s "$dir/packed")" | put 588 "$image"
	cat "$dir/packed" >>"$image"
}

is_unpacked() {
	make_image "$1" kernel "$@"
	cmp "$(tools/vmlinux "$dir/$1")" "$dir/kernel"
}

stays() {
	[ "$(tools/vmlinux "$dir/$1")" = "$dir/$1" ]
}

# The kept file has been changed since, which shows.
is_unpacked_once() {
	local kept

	kept=$(tools/vmlinux "$dir/gzip")
	echo more >>"$kept"
	[ "$(tools/vmlinux "$dir/gzip")" = "$kept" ] && ! cmp "$kept" "$dir/kernel"
}

another_is_unpacked_again() {
	touch -d yesterday "$dir/gzip"
	cmp "$(tools/vmlinux "$dir/gzip")" "$dir/kernel"
}

make_kernel kernel 0x12
make_kernel other 0x11
make_image without other gzip
head -c 5000 /dev/urandom >"$dir/random"
make_image torn kernel gzip
truncate -s 1100 "$dir/torn"

echo 1..8
check "a kernel packed by gzip is unpacked" is_unpacked gzip
check "and by xz" is_unpacked xz --check=crc32
check "and by zstd" is_unpacked zstd -q
check "one that QEMU cannot boot so stays packed" stays without
check "what is no image stays" stays random
check "and a part of an image" stays torn
check "an image is unpacked once" is_unpacked_once
check "another of that name is unpacked again" another_is_unpacked_again
