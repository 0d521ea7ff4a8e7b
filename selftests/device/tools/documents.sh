#!/bin/sh
# SPDX-License-Identifier: MPL-2.0
# needs: examples documents
# programs: redis-server redis-cli
# The commands that pages show do what the pages say, on the device.
# shellcheck source=selftests/lib/document.sh
. /document.sh

# What pages find in the folder in which their reader works.
make_folder() {
	mkdir -p "$1"
	cd "$1" || exit 1
	for program in /examples/*; do
		[ -d "$program" ] || ln -sf "$program" .
	done
	mkdir -p "build/thermometer/$(uname -r)"
	ln -sf /rring_thermometer.ko "build/thermometer/$(uname -r)/"
	mkdir -p "build/module/$(uname -r)"
	ln -sf /rusted_ring.ko "build/module/$(uname -r)/"
	ln -sf /examples build/examples
	ln -sf /bin/rring build/rring
}

# What make install-module does: modprobe finds the module.
install_module() {
	mkdir -p "/lib/modules/$(uname -r)/updates"
	ln -sf /rusted_ring.ko "/lib/modules/$(uname -r)/updates/"
	depmod
}

# Else the kernel loads the module whenever somebody asks for its netlink family.
uninstall_module() {
	rm "/lib/modules/$(uname -r)/updates/rusted_ring.ko"
	depmod
}

# The guest has none of the programs that add users: these do as much as pages need.
# shellcheck disable=SC2317 # pages call them
{
	groupadd() {
		for name; do :; done
		echo "$name:x:$((2000 + $(wc -l </etc/group))):" >>/etc/group
	}

	useradd() {
		for name; do :; done
		echo "$name:x:1001:65534::/:/bin/sh" >>/etc/passwd
	}

	# usermod --append --groups GROUP USER
	usermod() {
		sed -i "/^$3:/s/\$/$4/" /etc/group
	}
}

# Nothing is left for the next page.
end_page() {
	rring arena list | awk 'NR > 1 && $2 != "default" { print $2 }' |
	while read -r arena; do
		rring arena remove "$arena"
	done
	! grep -q ^rring_thermometer /proc/modules || rmmod rring_thermometer
}

# As for the other tests.
reload() {
	rmmod rusted_ring
	# shellcheck disable=SC2086 # a list
	insmod /rusted_ring.ko dev_mode=0666 ${RRING_PARAMETERS:-}
}

export RRING_BACKEND=device
dir=$(mktemp -d)
install_module
for page in /documents/*; do
	make_folder "$dir/${page##*/}"
	case $page in
	*/README.md | */install.rst | */tutorial.rst)	# which load it
		rmmod rusted_ring ;;
	esac
	document guest "$page" /document.sh
	end_page
done
uninstall_module
reload
echo "1..$doc_count"
