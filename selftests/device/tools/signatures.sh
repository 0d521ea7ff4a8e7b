#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# programs: jq
# What rring doctor says of signatures of modules, on machines that want them:
# files that say so are mounted above the kernel's.
dir=$(mktemp -d)
cd "$dir" || exit 1

# shellcheck source=selftests/lib/tool.sh
. /tool.sh

enforce=/sys/module/module/parameters/sig_enforce
lockdown=/sys/kernel/security
firmware=/sys/firmware

# says FILTER: so is what the doctor finds about signatures.
says() {
	rring doctor --json >json || true
	jq -e ".[] | select(.check == \"signature\") | $1" json ||
		{ cat json; return 1; }
}

wants_signatures() {
	echo Y >enforced
	mount --bind enforced $enforce
}

is_locked_down() {
	mount -t tmpfs tmpfs $lockdown
	echo 'none [integrity] confidentiality' >$lockdown/lockdown
}

has_secure_boot() {
	mount -t tmpfs tmpfs $firmware
	mkdir -p $firmware/efi/efivars
	printf '\006\000\000\000\001' \
		>$firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
}

unsigned_modules_are_well() {
	says '.status == "ok" and (.text | contains("without a signature, too"))'
}

loaded_module_is_well() {
	wants_signatures
	says '.status == "ok" and (.text | contains("(module.sig_enforce is set)"))'
	umount $enforce
}

# With the module unloaded.
warns() {
	says ".status == \"warning\" and (.text | contains(\"$1\")) and
	      (.advice | contains(\"$2\"))"
	jq -e '.[] | select(.check == "module") | .status == "bad" and
	       (.advice | contains("signature"))' json
}

enforced_signatures_are_told() {
	wants_signatures
	warns 'module.sig_enforce is set' 'module.sig_enforce=1'
	umount $enforce
}

lockdown_is_told() {
	is_locked_down
	warns 'it is locked down' 'lockdown='
	umount $lockdown
}

secure_boot_is_told() {
	has_secure_boot
	unsigned_modules_are_well
	is_locked_down
	warns 'Secure Boot is on' 'mokutil --import'
	umount $lockdown
	umount $firmware
}

echo 1..5
check "a kernel that takes all modules is well" unsigned_modules_are_well
check "so is one that has loaded the module" loaded_module_is_well
until_true rmmod rusted_ring
check "that signatures are enforced is told" enforced_signatures_are_told
check "and that the kernel is locked down" lockdown_is_told
check "with Secure Boot, how to enroll a key" secure_boot_is_told
insmod /rusted_ring.ko dev_mode=0666
