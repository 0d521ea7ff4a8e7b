# SPDX-License-Identifier: MPL-2.0
#
# Everything is built below build/; the source tree stays as it is.

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

VERSION	:= 0.1.0
SONAME	:= librusted_ring.so.0
B	:= build
CACHE	:= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/rusted_ring
newest	 = $(shell ls -d $(1) 2>/dev/null | sort -V | tail -n 1)

# ---- the module ----

RUNNING	:= /lib/modules/$(shell uname -r)/build
KDIR	?= $(if $(wildcard $(RUNNING)/Makefile),$(RUNNING),$(patsubst \
	     %/Makefile,%,$(call newest,/lib/modules/*/build/Makefile)))
RELEASE	 = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
		     $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
TREE	 = $(B)/module/$(RELEASE)
KBUILD	 = $(MAKE) -C $(KDIR) M=$(CURDIR)/$(TREE)

# ---- the programs ----

CFLAGS	?= -O2 -g
FLAGS	:= -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE \
	   -Iinclude/uapi -Iinclude
compile	 = $(CC) $(FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
link	 = $(CC) $(CFLAGS) $(LDFLAGS) -o $@

# The kernel's side, as far as it also runs in a process; and what it runs on.
SHARED_SIDE := $(patsubst %,kmod/%.c,arena client command pool reader reclaim \
	       ring wait writer)
HOST	:= $(wildcard ulib/host/*.c) $(SHARED_SIDE)
ULIB	:= $(wildcard ulib/*.c) $(HOST)
DEMO	:= $(wildcard tools/demo/*.c)
EXAMPLES := $(wildcard Documentation/examples/*.c)
TESTS	:= $(wildcard selftests/*.c selftests/rows/*.c)
TESTLIB	:= $(wildcard selftests/lib/*.c)

STATIC	:= $(B)/librusted_ring.a
SHARED	:= $(B)/$(SONAME)
MAP	:= ulib/librusted_ring.map

##@ Build

all: module lib tools ## the module, the library and the tools; the default

module: ## the module, for the running kernel, or for KDIR=its headers
	$(if $(RELEASE),,$(error no kernel headers: run tools/setup build))
	@mkdir -p $(TREE)
	@cp -rsf $(CURDIR)/Kbuild $(CURDIR)/kmod $(CURDIR)/include $(TREE)
	@find $(TREE) -xtype l -delete
	$(KBUILD) modules

lib: $(STATIC) $(SHARED) ## librusted_ring, static and shared

tools: $(B)/demo ## the programs of tools/

examples: $(EXAMPLES:Documentation/%.c=$(B)/%) ## those of Documentation/

selftests: $(TESTS:%.c=$(B)/%) ## the test programs

$(STATIC): $(ULIB:%.c=$(B)/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(SHARED): $(ULIB:%.c=$(B)/%.pic.o) $(MAP)
	$(link) -shared -Wl,-soname,$(SONAME) -Wl,--version-script=$(MAP) \
		-Wl,-z,defs $(filter %.o,$^)
	@ln -sf $(SONAME) $(B)/librusted_ring.so

$(B)/demo: $(DEMO:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -lsqlite3 -lnettle -lpthread

$(B)/examples/%: $(B)/Documentation/examples/%.o $(STATIC)
	@mkdir -p $(@D)
	$(link) $^ -lpthread

$(HOST:%.c=$(B)/%.o) $(HOST:%.c=$(B)/%.pic.o): \
	FLAGS += -Iulib/host -fno-strict-aliasing -Wno-unused-parameter

$(B)/%.pic.o: %.c Makefile
	@mkdir -p $(@D)
	$(compile) -fPIC -fno-semantic-interposition

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(compile)

# ---- the selftests ----

# The harness is the kernel's, out of its source package. To find it there
# takes ten seconds, so it is kept.
SOURCE	:= $(call newest,/usr/src/linux-source-*.tar.xz)
HARNESS	:= $(CACHE)/$(patsubst linux-source-%.tar.xz,kselftest-%,$(notdir \
	     $(SOURCE)))
TESTDIR	:= tools/testing/selftests

$(HARNESS)/kselftest_harness.h: $(SOURCE)
	$(if $(SOURCE),,$(error no kernel source: run tools/setup check))
	@mkdir -p $(HARNESS)
	tar -xJf $(SOURCE) -C $(HARNESS) -m --occurrence=1 --strip-components=4 \
		$(basename $(basename $(notdir $(SOURCE))))/$(TESTDIR)/kselftest.h \
		$(basename $(basename $(notdir $(SOURCE))))/$(TESTDIR)/$(@F)

# Its directory is given as a system's, which silences what it does itself;
# the rest is for what its macros leave in the tests.
$(B)/selftests/%.o: selftests/%.c Makefile | $(HARNESS)/kselftest_harness.h
	@mkdir -p $(@D)
	$(compile) -Iselftests/lib -isystem $(HARNESS) -Wno-unused-parameter

$(TESTS:%.c=$(B)/%): %: %.o $(TESTLIB:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -lpthread

##@ Run, in a virtual machine (KERNEL=version or path: another kernel)

# These install what is missing, and only then look for kernels and sources.
VM	= tools/vm $(if $(KERNEL),--kernel $(KERNEL))

demo: ## the demonstration (DEMO_ARGS="...", --help shows them)
	@tools/setup build vm
	@$(MAKE) --no-print-directory run-demo KDIR="$$($(VM) --headers)"

check: ## all tests (PARAMS="...": of the module)
	@tools/setup build vm check
	@$(MAKE) --no-print-directory run-check KDIR="$$($(VM) --headers)"

run-demo: all
	@$(VM) --name demo --timeout 900 --add $(TREE)/rusted_ring.ko:/ \
		--add $(B)/demo:/bin/ --add /var/lib/dpkg/status -- sh -c \
		'insmod /rusted_ring.ko && demo "$$@" && rmmod rusted_ring' \
		demo $(DEMO_ARGS)

run-check: all examples selftests
	@selftests/run

##@ Install (PREFIX=/usr/local, DESTDIR=)

PREFIX	   ?= /usr/local
INCLUDEDIR ?= $(PREFIX)/include
LIBDIR	   ?= $(PREFIX)/lib
MANDIR	   ?= $(PREFIX)/share/man
MAN	   := $(wildcard Documentation/man/*.[1-9])
section	    = man$(patsubst .%,%,$(suffix $(1)))

# Only those who built the kernel have the key that it trusts.
UNSIGNED    = $(if $(wildcard $(KDIR)/certs/signing_key.pem),,\
		CONFIG_MODULE_SIG_ALL=)

install: lib ## the library, its headers and man pages
	install -d $(DESTDIR)$(INCLUDEDIR)/rusted_ring \
		$(DESTDIR)$(INCLUDEDIR)/linux $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 include/rusted_ring.h $(DESTDIR)$(INCLUDEDIR)
	install -m 644 include/rusted_ring/*.h \
		$(DESTDIR)$(INCLUDEDIR)/rusted_ring
	install -m 644 include/uapi/linux/rusted_ring.h \
		$(DESTDIR)$(INCLUDEDIR)/linux
	install -m 644 $(STATIC) $(DESTDIR)$(LIBDIR)
	install -m 755 $(SHARED) $(DESTDIR)$(LIBDIR)
	ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/librusted_ring.so
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' ulib/rusted_ring.pc.in \
		>$(DESTDIR)$(LIBDIR)/pkgconfig/rusted_ring.pc
	$(foreach page,$(MAN),install -D -m 644 -t \
		$(DESTDIR)$(MANDIR)/$(call section,$(page)) $(page);)
	@[ -n "$(DESTDIR)" ] || ldconfig 2>/dev/null || true

# Headers have no System.map, without which the kernel leaves depmod out.
install-module: module ## the module, for KDIR's kernel
	$(KBUILD) INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates \
		$(UNSIGNED) modules_install
	@[ -n "$(DESTDIR)" ] || depmod $(RELEASE)

uninstall: ## what the two put there
	rm -rf $(DESTDIR)$(INCLUDEDIR)/rusted_ring
	rm -f $(DESTDIR)$(INCLUDEDIR)/rusted_ring.h \
		$(DESTDIR)$(INCLUDEDIR)/linux/rusted_ring.h \
		$(DESTDIR)$(LIBDIR)/$(notdir $(STATIC)) \
		$(DESTDIR)$(LIBDIR)/$(SONAME) \
		$(DESTDIR)$(LIBDIR)/librusted_ring.so \
		$(DESTDIR)$(LIBDIR)/pkgconfig/rusted_ring.pc \
		$(foreach page,$(MAN),$(DESTDIR)$(MANDIR)/$(call \
			section,$(page))/$(notdir $(page)))
	rm -f $(DESTDIR)/lib/modules/$(RELEASE)/updates/rusted_ring.ko*
	@[ -n "$(DESTDIR)" ] || { ldconfig; depmod $(RELEASE); } 2>/dev/null || true

##@ Other

clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@awk -F ':.*## ' '/^##@ / { print "\n" substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-16s%s\n", $$1, $$2 }' Makefile

.PHONY: all module lib tools selftests demo check run-demo run-check
.PHONY: install install-module uninstall clean help
.SECONDARY:

-include $(wildcard $(addprefix $(B)/,ulib/*.d ulib/host/*.d kmod/*.d tools/demo/*.d selftests/*.d \
	   selftests/rows/*.d selftests/lib/*.d))
