# SPDX-License-Identifier: MPL-2.0
#
# Everything is built below build/ (O=DIR: below DIR); the source tree is not
# written to. The rules are in mk/.

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

VERSION	:= 0.2.0
ABI	:= 0
# ARCH=arm64 builds for that architecture, below build/arm64.
CROSS	:= $(filter-out $(shell uname -m),$(patsubst arm64,aarch64,$(filter arm64,$(ARCH))))
B	:= $(or $(O),build$(CROSS:aarch64=/arm64))
CACHE	:= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/rusted_ring
PARTS_OF_THIS := Makefile mk/cross.mk mk/module.mk mk/build.mk mk/tests.mk mk/check.mk \
	   mk/bench.mk mk/docs.mk mk/install.mk mk/packages.mk mk/system.mk $(sort $(wildcard \
	   mk/bindings-*.mk))

# The one of the files $(1) with the highest version.
newest	 = $(shell ls -d $(1) 2>/dev/null | sort -V | tail -n 1)
comma	:= ,

##@ Build
all: module lib tools ## the module, the library and the tools; the default

clean: ## remove all that was built
	rm -rf $(B) compile_commands.json

help: ## this list
	@awk -F ':.*## ' '/^##@ / { print "\n" substr($$0, 5) } \
		/^[a-z_.-]+:.*## / { printf "  %-22s%s\n", $$1, $$2 }' \
		$(PARTS_OF_THIS)

compile_commands.json: ## for editors: how each file is compiled, by bear(1)
	@command -v bear >/dev/null || { echo "please install bear" >&2; exit 1; }
	bear --output $@ -- $(MAKE) B=$(B)/bear tools lib examples selftests

.PHONY: all clean help compile_commands.json

include $(filter-out Makefile,$(PARTS_OF_THIS))
