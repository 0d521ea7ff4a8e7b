# SPDX-License-Identifier: MPL-2.0
#
# The module, and the modules that use it. Kbuild builds them in a tree of
# links, so that nothing is written beside the sources.

RUNNING	:= /lib/modules/$(shell uname -r)/build
KDIR	?= $(if $(wildcard $(RUNNING)/Makefile),$(RUNNING),$(patsubst \
	     %/Makefile,%,$(call newest,/lib/modules/*/build/Makefile)))
RELEASE	 = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
		     $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
TREE	 = $(abspath $(B))/module/$(RELEASE)

# Kbuild gets WERROR=1 from the environment.
export WERROR

module: ## the module, for the running kernel, or for KDIR=its headers
	$(if $(RELEASE),,$(error no kernel headers: run tools/setup build))
	@mkdir -p $(TREE)
	@cp -rsf $(CURDIR)/Kbuild $(CURDIR)/kmod $(CURDIR)/include $(TREE)
	@find $(TREE) -xtype l -delete
	$(MAKE) -C $(KDIR) $(if $(O),O=) M=$(TREE) modules

# Built in a tree of its own, without rusted_ring.ko.
kunit: ## rring_kunit, the KUnit suites: for KDIR=a kernel of tools/kernel
	@$(MAKE) --no-print-directory module \
		TREE=$(abspath $(B))/kunit/$(RELEASE) RRING_KUNIT=y

# Modules that use rusted_ring are built like any external module: against its
# Module.symvers.
SAMPLES	:= $(notdir $(patsubst %/Kbuild,%,$(wildcard kmod/samples/*/Kbuild)))
FIXTURES := $(notdir $(patsubst %/Kbuild,%,$(wildcard \
	     selftests/modules/*/Kbuild)))
# Those of the documents.
LESSONS	:= $(notdir $(patsubst %/Kbuild,%,$(wildcard \
	     Documentation/examples/*/Kbuild)))
USERS	:= $(SAMPLES) $(FIXTURES) $(LESSONS)
USER	 = $(abspath $(B))/$@/$(RELEASE)

samples: $(SAMPLES) ## the modules of kmod/samples, which use rusted_ring

modules: $(if $(RELEASE),$(USERS)) ## all modules that use it, also for tests

# Kbuild does not notice that the symbols of rusted_ring have changed, unless
# the Module.symvers of the user module is removed.
$(USERS): module
	@mkdir -p $(USER)
	@[ $(USER)/Module.symvers -nt $(TREE)/Module.symvers ] || \
		rm -f $(USER)/Module.symvers
	@cp -rsf $(CURDIR)/$(firstword $(wildcard kmod/samples/$@ \
		selftests/modules/$@ Documentation/examples/$@))/. \
		$(CURDIR)/include $(USER)
	@find $(USER) -xtype l -delete
	$(MAKE) -C $(KDIR) $(if $(O),O=) M=$(USER) \
		KBUILD_EXTRA_SYMBOLS=$(TREE)/Module.symvers modules

.PHONY: module kunit samples modules $(USERS)
