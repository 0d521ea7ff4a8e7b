#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# needs: module
#
# The commands of Documentation/secure_boot.rst, in a mount namespace: a key is made
# and enrolled, modules are signed. A folder stands for the firmware's variables.
# Prints TAP.
# shellcheck disable=SC2317 # check calls what seems unreachable
set -eu

cd "$(dirname "$0")/../.."
source=$PWD
page=Documentation/secure_boot.rst
if [ -z "${RRING_TEST_UNSHARED:-}" ]; then
	RRING_TEST_UNSHARED=1 exec unshare -m "$0"
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh
# shellcheck source=selftests/lib/ways.sh
. selftests/lib/ways.sh
kernel=${KERNEL:-stock}
headers=$(vm "$kernel" --headers)
release=$(release "$kernel")
modules=/lib/modules/$(uname -r)

# The names of the firmware's variables of MOK end with the GUID of shim.
shim=605dab50-e046-4300-abb6-3dd810dd8b23
global=8be4df61-93ca-11d2-aa0d-00e098032b8c
export EFIVARFS_PATH=$dir/efivars/

# For mokutil: a machine with Secure Boot, on which nobody has enrolled a key.
set_up_firmware() {
	mkdir "$dir/efivars"
	printf '\006\000\000\000\001' >"$dir/efivars/SecureBoot-$global"
	printf '\006\000\000\000\000' >"$dir/efivars/SetupMode-$global"
}

# What the firmware does when somebody has typed the password at the console.
enroll() {
	mv "$dir/efivars/MokNew-$shim" "$dir/efivars/MokListRT-$shim"
}

# As if the machine ran the kernel of the headers, and had these modules.
set_up_modules() {
	headers=$(realpath "$headers")
	mount -t tmpfs tmpfs /lib/modules
	mkdir -p "$modules/updates"
	ln -s "$headers" "$modules/build"
	cp "$source/build/module/$release/rusted_ring.ko" "$modules/updates"
	: >"$modules/modules.order"
	: >"$modules/modules.builtin"
	depmod
}

# The key that dkms makes.
set_up_dkms() {
	mount -t tmpfs tmpfs /var/lib
	mkdir /var/lib/dkms
	openssl req -new -x509 -newkey rsa:2048 -nodes -days 36500 \
		-subj "/CN=DKMS module signing key" -outform DER \
		-keyout /var/lib/dkms/mok.key -out /var/lib/dkms/mok.pub
}

# The password is asked for twice.
mokutil() {
	printf 'password\npassword\n' | command mokutil "$@" || return
	case $1 in
	--import) enroll ;;
	esac
}

signature_is_found() {
	modinfo -F sig_hashalgo rusted_ring | grep -x sha256
}

set_up() {
	set_up_firmware
	set_up_dkms
	set_up_modules
	selftests/host/documents/commands "$dir/pages" $page
	sed -i 's|by host/secure_boot$|host|' "$dir/pages/${page##*/}"
	! modinfo -F signer rusted_ring | grep . ||
		{ echo "there is a signer already"; return 1; }
}

check_each "a machine with Secure Boot, and a module without a signature" set_up
# shellcheck source=selftests/lib/document.sh
. selftests/lib/document.sh
doc_count=$count
set +e
document host "$dir/pages/${page##*/}" selftests/lib/document.sh
count=$doc_count
set -e
check "the module has a signature" signature_is_found
echo "1..$count"
