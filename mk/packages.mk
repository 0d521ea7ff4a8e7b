# SPDX-License-Identifier: MPL-2.0
#
# Packages for distributions. debian/ and packaging/ describe them.

##@ Packages
DEB	:= $(B)/deb
DEB_SOURCE = $(DEB)/rusted-ring-$(VERSION)

# Every file that git knows or would add; in an unpacked release, all but build/.
source_files = { git ls-files -z --cached --others --exclude-standard \
		2>/dev/null || find . -path ./build -prune -o -type f -print0; }

deb: ## packages for Debian, in build/deb (DEB_FLAGS=-b: no source package)
	@tools/setup packages
	rm -rf $(DEB)
	mkdir -p $(DEB_SOURCE)
	$(source_files) | tar -c --null -T - | tar -x -C $(DEB_SOURCE)
	cd $(DEB_SOURCE) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u WERROR -u O \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		dpkg-buildpackage --sanitize-env -us -uc $(DEB_FLAGS)

.PHONY: deb
