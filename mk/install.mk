# SPDX-License-Identifier: MPL-2.0
#
# Install and uninstall.

##@ Install (PREFIX=/usr/local, DESTDIR=)
PREFIX	   ?= /usr/local
BINDIR	   ?= $(PREFIX)/bin
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
INCLUDEDIR ?= $(PREFIX)/include
LIBDIR	   ?= $(PREFIX)/lib
MANDIR	   ?= $(PREFIX)/share/man
# For authors of kernel modules, who add include/ and include/uapi/ of this folder.
MODULESRCDIR ?= $(PREFIX)/src/rusted_ring
MAN	   := $(wildcard Documentation/man/*.[1-9])

INSTALLED  := $(patsubst %,$(B)/%,rring rring-pcap rring-sched)
COMPLETIONS := $(wildcard tools/*/*.bash)

# What the inline functions need. The module and the library alone use the rest.
INTERNAL   := $(patsubst %,include/rusted_ring/internal/%.h,accessor atomic \
	      cast event_type handle inline ledger object static_ring window)

# PAGE:NAME.SECTION for each name of each page. `install' makes the names that
# are not the page's own links to the page.
man_names   = $(if $(MAN),$(shell tools/man-names $(MAN) | tr ' ' ':'))
man_file    = $(DESTDIR)$(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))/$(notdir \
		$(1))

# Do not sign the module if the kernel's signing key is not here.
UNSIGNED    = $(if $(wildcard $(KDIR)/certs/signing_key.pem),,\
		CONFIG_MODULE_SIG_ALL=)

pc	    = sed -e 's|@PREFIX@|$(PREFIX)|' \
		-e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|' \
		-e 's|@VERSION@|$(VERSION)|' -e 's|@NAME@|$(1)|' \
		-e 's|@DESCRIPTION@|$(2)|' -e 's|@CFLAGS@|$(3)|' ulib/rusted_ring.pc.in | \
		install -m 644 /dev/stdin \
			$(DESTDIR)$(LIBDIR)/pkgconfig/$(1).pc

userspace: lib $(INSTALLED) $(RELAY_PROGRAM) ## what install installs; it then compiles nothing

install: userspace install-system ## the library, its headers and man pages, the tools
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(COMPLETIONDIR)
	install -m 755 $(INSTALLED) $(RELAY_PROGRAM) $(DESTDIR)$(BINDIR)
	for file in $(COMPLETIONS); do \
		name=$${file##*/}; install -m 644 $$file \
			$(DESTDIR)$(COMPLETIONDIR)/$${name%.bash}; \
	done
	install -d $(DESTDIR)$(INCLUDEDIR)/rusted_ring/internal \
		$(DESTDIR)$(INCLUDEDIR)/linux $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 include/rusted_ring.h $(DESTDIR)$(INCLUDEDIR)
	install -m 644 include/rusted_ring/*.h \
		$(DESTDIR)$(INCLUDEDIR)/rusted_ring
	install -m 644 $(INTERNAL) $(DESTDIR)$(INCLUDEDIR)/rusted_ring/internal
	install -m 644 include/uapi/linux/*.h \
		$(DESTDIR)$(INCLUDEDIR)/linux
	install -d $(addprefix $(DESTDIR)$(MODULESRCDIR)/include/,linux uapi/linux)
	install -m 644 include/linux/*.h \
		$(DESTDIR)$(MODULESRCDIR)/include/linux
	install -m 644 include/uapi/linux/*.h \
		$(DESTDIR)$(MODULESRCDIR)/include/uapi/linux
	install -m 644 $(STATIC) $(FFI_STATIC) $(DESTDIR)$(LIBDIR)
	install -m 755 $(SHARED) $(FFI_SHARED) $(DESTDIR)$(LIBDIR)
	for lib in $(notdir $(SHARED) $(FFI_SHARED)); do \
		ln -sf $$lib $(DESTDIR)$(LIBDIR)/$${lib%.$(ABI)}; \
	done
	$(call pc,rusted_ring,Events shared between threads and processes)
	$(call pc,rusted_ring-ffi,The same for bindings: no inline functions, -DRRING_NO_INLINE)
	@$(foreach page,$(MAN),install -D -m 644 $(page) \
		$(call man_file,$(page)) &&) :
	@for name in $(man_names); do \
		page=$${name%%:*}; page=$${page##*/}; name=$${name#*:}; \
		dir=man$${name##*.}; \
		[ $$page = $$name ] || echo ".so man$${page##*.}/$$page" | \
		install -m 644 /dev/stdin $(DESTDIR)$(MANDIR)/$$dir/$$name || \
		exit 1; \
	done
	@[ -n "$(DESTDIR)" ] || ldconfig 2>/dev/null || true

install-valgrind: valgrind ## what helgrind and drd need, for programs
	install -D -m 755 $(VALGRIND) $(DESTDIR)$(LIBDIR)/$(notdir $(VALGRIND))
	install -D -m 644 ulib/valgrind/rusted_ring.supp \
		$(DESTDIR)$(PREFIX)/share/rusted_ring/rusted_ring.supp

# INSTALL_MOD_STRIP= keeps the debug information, ten times as much.
INSTALL_MOD_STRIP ?= 1

# Kernel headers have no System.map, and without that modules_install does not
# run depmod. So it is run here.
install-module: module samples ## the module and samples, for KDIR's kernel
	for tree in $(TREE) \
		$(SAMPLES:%=$(abspath $(B))/%/$(RELEASE)); do \
		$(MAKE) -C $(KDIR) $(if $(O),O=) M=$$tree $(UNSIGNED) \
			INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates \
			INSTALL_MOD_STRIP=$(INSTALL_MOD_STRIP) \
			modules_install || exit 1; \
	done
	@[ -n "$(DESTDIR)" ] || depmod $(RELEASE)

modules_install: install-module ## another name of install-module

uninstall: uninstall-system ## remove what install and install-module have installed
	rm -f $(foreach name,$(notdir $(INSTALLED)) rring-relay,$(DESTDIR)$(BINDIR)/$(name) \
		$(DESTDIR)$(COMPLETIONDIR)/$(name))
	rm -f $(patsubst include/%,$(DESTDIR)$(INCLUDEDIR)/%,$(wildcard \
		include/*.h include/rusted_ring/*.h) $(INTERNAL)) \
		$(patsubst include/uapi/%,$(DESTDIR)$(INCLUDEDIR)/%,$(wildcard \
		include/uapi/linux/*.h)) \
		$(addprefix $(DESTDIR)$(LIBDIR)/,$(notdir $(LIBS) \
			$(SHARED:.$(ABI)=) $(FFI_SHARED:.$(ABI)=)) \
			pkgconfig/rusted_ring.pc pkgconfig/rusted_ring-ffi.pc)
	@rm -f $(foreach name,$(man_names),$(call man_file,$(lastword $(subst \
		:, ,$(name)))))
	rm -f $(patsubst include/%,$(DESTDIR)$(MODULESRCDIR)/include/%,\
		$(wildcard include/linux/*.h include/uapi/linux/*.h))
	@rmdir $(addprefix $(DESTDIR)$(MODULESRCDIR),/include/uapi/linux \
		/include/uapi /include/linux /include) \
		$(DESTDIR)$(MODULESRCDIR) 2>/dev/null || true
	rm -f $(DESTDIR)$(LIBDIR)/$(notdir $(VALGRIND)) \
		$(DESTDIR)$(PREFIX)/share/rusted_ring/rusted_ring.supp
	@rmdir $(DESTDIR)$(PREFIX)/share/rusted_ring 2>/dev/null || true
	@rmdir $(addprefix $(DESTDIR)$(INCLUDEDIR)/,rusted_ring/internal \
		rusted_ring) 2>/dev/null || true
	rm -f $(foreach name,rusted_ring $(SAMPLES:%=rring_%),\
		$(DESTDIR)/lib/modules/$(RELEASE)/updates/$(name).ko*)
	@[ -n "$(DESTDIR)" ] || { ldconfig; depmod $(RELEASE); } 2>/dev/null || true

.PHONY: userspace install install-module modules_install uninstall
