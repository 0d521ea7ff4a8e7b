# SPDX-License-Identifier: MPL-2.0
#
# Everything is built below build/; the source tree stays as it is.

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

VERSION	:= 0.1.0
ABI	:= 0
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

# Modules that use it, as anybody's would be built: against its symbols.
SAMPLES	:= $(notdir $(patsubst %/Kbuild,%,$(wildcard kmod/samples/*/Kbuild)))
FIXTURES := $(notdir $(patsubst %/Kbuild,%,$(wildcard \
	     selftests/modules/*/Kbuild)))
USERS	:= $(SAMPLES) $(FIXTURES)
USER	 = $(B)/$@/$(RELEASE)

# Kbuild does not see by itself that the symbols are others than last time.
$(USERS): module
	@mkdir -p $(USER)
	@[ $(USER)/Module.symvers -nt $(TREE)/Module.symvers ] || \
		rm -f $(USER)/Module.symvers
	@cp -rsf $(CURDIR)/$(firstword $(wildcard kmod/samples/$@ \
		selftests/modules/$@))/. $(CURDIR)/include $(USER)
	@find $(USER) -xtype l -delete
	$(MAKE) -C $(KDIR) M=$(CURDIR)/$(USER) \
		KBUILD_EXTRA_SYMBOLS=$(CURDIR)/$(TREE)/Module.symvers modules

# ---- the programs ----

CFLAGS	?= -O2 -g
FLAGS	:= -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE \
	   -Iinclude/uapi -Iinclude
compile	 = $(CC) $(FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
link	 = $(CC) $(CFLAGS) $(LDFLAGS) -o $@

# The kernel's side, as far as it also runs in a process; and what it runs on.
SHARED_SIDE := $(patsubst %,kmod/%.c,arena client command death pages pool \
	       reader recent reclaim ring wait window writer xxl)
HOST	:= $(wildcard ulib/host/*.c) $(SHARED_SIDE)
ULIB	:= $(filter-out ulib/ffi.c,$(wildcard ulib/*.c)) $(HOST)
DEMO	:= $(wildcard tools/demo/*.c)
RRING	:= $(wildcard tools/rring/*.c)
RRING_LIBS := -lmnl -ljansson -lncursesw -ltinfo -lpthread
SCHED	:= $(wildcard tools/sched/*.c) $(patsubst %,tools/rring/%.c,attach \
	   number report table text)
PCAP	:= $(wildcard tools/pcap/*.c) $(patsubst %,tools/rring/%.c,attach number \
	   report)
EXAMPLES := $(patsubst Documentation/%.c,$(B)/%,$(wildcard \
	     Documentation/examples/*.c)) $(patsubst Documentation/man/%,\
	     $(B)/examples/man/%,$(wildcard Documentation/man/*.[347]))
TESTS	:= $(wildcard selftests/*.c selftests/kasan/*.c)
ROWS	:= $(wildcard selftests/rows/*.c)
TESTLIB	:= $(wildcard selftests/lib/*.c)

STATIC	:= $(B)/librusted_ring.a
SHARED	:= $(B)/librusted_ring.so.$(ABI)
MAP	:= ulib/librusted_ring.map

# The same and the inline functions as symbols, for other languages.
FFI_STATIC := $(B)/librusted_ring-ffi.a
FFI_SHARED := $(B)/librusted_ring-ffi.so.$(ABI)
FFI_MAPS := $(MAP) ulib/librusted_ring-ffi.map
LIBS	:= $(STATIC) $(SHARED) $(FFI_STATIC) $(FFI_SHARED)

##@ Build

all: module lib tools ## the module, the library and the tools; the default

module: ## the module, for the running kernel, or for KDIR=its headers
	$(if $(RELEASE),,$(error no kernel headers: run tools/setup build))
	@mkdir -p $(TREE)
	@cp -rsf $(CURDIR)/Kbuild $(CURDIR)/kmod $(CURDIR)/include $(TREE)
	@find $(TREE) -xtype l -delete
	$(KBUILD) modules

# In a tree of its own, where the module itself is not built.
kunit: ## rring_kunit, the KUnit suites: for KDIR=a kernel of tools/kernel
	@$(MAKE) --no-print-directory module TREE=$(B)/kunit/$(RELEASE) \
		RRING_KUNIT=y

samples: $(SAMPLES) ## those of kmod/samples, which use the module

lib: $(LIBS) ## librusted_ring, static and shared, and -ffi for bindings

tools: $(B)/demo $(B)/rring $(B)/rring-pcap $(B)/rring-sched
tools: ## the programs of tools/

examples: $(EXAMPLES) ## those of Documentation/, and of the manual pages

selftests: $(TESTS:%.c=$(B)/%) $(B)/selftests/replay/rring
selftests: packets rows asan tsan modules
selftests: ## the test programs

modules: $(if $(RELEASE),samples $(FIXTURES)) ## those that tests load, if there are headers

rows: $(ROWS:%.c=$(B)/%) ## those that run with and without the device

# As one object, in which only what the maps have is global: the names of a
# static library are as much the user's own as those of a shared one.
OBJCOPY	?= objcopy
archive	 = $(LD) -r -o $(@:.a=.o) $(filter %.o,$^) && \
	   sed -n 's/^\t\(rring_[a-z0-9_]*\);$$/\1/p' $(filter %.map,$^) \
		>$(@:.a=.symbols) && \
	   $(OBJCOPY) --keep-global-symbols=$(@:.a=.symbols) $(@:.a=.o) && \
	   rm -f $@ && $(AR) rcs $@ $(@:.a=.o)
share	 = $(link) -shared -Wl,-soname,$(@F) -Wl,-z,defs \
	   $(patsubst %,-Wl$(comma)--version-script=%,$(filter %.map,$^)) \
	   $(filter %.o,$^) -lpthread && \
	   ln -sf $(@F) $(@:.$(ABI)=)
comma	:= ,

$(STATIC): $(ULIB:%.c=$(B)/%.o) $(MAP) Makefile
	$(archive)

$(FFI_STATIC): $(ULIB:%.c=$(B)/%.o) $(B)/ulib/ffi.o $(FFI_MAPS) Makefile
	$(archive)

$(SHARED): $(ULIB:%.c=$(B)/%.pic.o) $(MAP) Makefile
	$(share)

$(FFI_SHARED): $(ULIB:%.c=$(B)/%.pic.o) $(B)/ulib/ffi.pic.o $(FFI_MAPS) Makefile
	$(share)

$(B)/demo: $(DEMO:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -lsqlite3 -lnettle -lpthread

$(B)/rring: $(RRING:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ $(RRING_LIBS)

$(B)/rring-sched: $(SCHED:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -ljansson -lpthread

$(B)/tools/sched/%.o: FLAGS += -Itools/rring
$(B)/rring-pcap: $(PCAP:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -lpcap -ljansson -lpthread

$(B)/tools/pcap/%.o: FLAGS += -Itools/rring

$(B)/examples/%: $(B)/Documentation/examples/%.o $(STATIC)
	@mkdir -p $(@D)
	$(link) $^ -lpthread

$(B)/man/%.c: Documentation/man/% tools/man-example
	@mkdir -p $(@D)
	tools/man-example $< >$@

$(B)/examples/man/%: $(B)/man/%.o $(STATIC)
	@mkdir -p $(@D)
	$(link) $^ -lpthread

$(B)/man/%.o: $(B)/man/%.c Makefile
	$(compile)

$(HOST:%.c=$(B)/%.o) $(HOST:%.c=$(B)/%.pic.o): \
	FLAGS += -Iulib/host -fno-strict-aliasing -Wno-unused-parameter

# Of its objects one is made, to hide its names: so they are native ones, whatever
# CFLAGS say of the programs.
$(ULIB:%.c=$(B)/%.o) $(B)/ulib/ffi.o: compile += -fno-lto

$(patsubst %.c,$(B)/%.o,$(ULIB) $(TESTS) $(ROWS)): FLAGS += $(COUNT)

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

# The same for what selftests/lint.sh runs.
CHECKERS := $(HARNESS:$(CACHE)/kselftest-%=$(CACHE)/checkers-%)

$(CHECKERS)/checkpatch.pl: $(SOURCE)
	$(if $(SOURCE),,$(error no kernel source: run tools/setup check))
	@mkdir -p $(CHECKERS)
	tar -xJf $(SOURCE) -C $(CHECKERS) -m --strip-components=2 \
		$(addprefix $(basename $(basename $(notdir $(SOURCE))))/scripts/,\
			coccinelle const_structs.checkpatch spelling.txt $(@F))

checkers: $(CHECKERS)/checkpatch.pl
	@echo $(CHECKERS)

# Its directory is given as a system's, which silences what it does itself;
# the rest is for what its macros leave in the tests.
$(B)/selftests/%.o: selftests/%.c Makefile | $(HARNESS)/kselftest_harness.h
	@mkdir -p $(@D)
	$(compile) -Iselftests/lib -Iselftests/modules -isystem $(HARNESS) -Wno-unused-parameter

# The tool, with messages from a file instead of the kernel.
$(B)/selftests/replay/rring: $(B)/selftests/replay/link.o $(filter-out \
		%/link.o,$(RRING:%.c=$(B)/%.o)) $(STATIC)
	$(link) $^ $(RRING_LIBS)

packets: $(B)/selftests/packets/packets

$(B)/selftests/packets/packets: %: %.o
	$(link) $^

# The harness' alarm() is that of selftests/lib/patience.c. Each test ends in
# _exit(), which is that of selftests/lib/exit.c. None has the dynamic linker on
# the stack that it measures.
$(TESTS:%.c=$(B)/%) $(ROWS:%.c=$(B)/%): %: %.o $(TESTLIB:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -Wl,--wrap=_exit,--wrap=alarm -Wl,-z,now -lmnl -ljansson \
		-lpthread

# The same rows, with a library of the same kind, below build/asan, build/tsan.
# Clang, as gcc takes a fence for an error under its thread sanitizer.
SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZE_tsan := -fsanitize=thread

asan tsan: | $(HARNESS)/kselftest_harness.h
	@$(MAKE) --no-print-directory B=$(B)/$@ CC=clang \
		CFLAGS="-O1 -g -fno-omit-frame-pointer $(SANITIZE_$@)" rows

# Rows and all other programs, with counters of the library's lines and
# branches, below build/coverage; and the modules, for KDIR=the kasan kernel of
# tools/kernel, which keeps what they count. Without what moves lines away from
# where they were written, or adds branches of its own.
COUNTED	:= CC=gcc CFLAGS=-O0 COUNT="--coverage -fprofile-update=atomic" \
	   LDFLAGS="--coverage -Wl,-u,__gcov_dump"
COUNTED_MODULES := GCOV_PROFILE=y KASAN_SANITIZE=n UBSAN_SANITIZE=n \
	   KCFLAGS=-fno-inline

counted: | $(HARNESS)/kselftest_harness.h
	@$(MAKE) --no-print-directory B=$(B)/coverage $(COUNTED) \
		tools examples rows packets $(TESTS:%.c=$(B)/coverage/%)
	@$(MAKE) --no-print-directory B=$(B)/coverage $(COUNTED_MODULES) modules

# What libFuzzer runs, in build/fuzz.
SANITIZE_fuzz := -fsanitize=fuzzer-no-link,address,undefined \
		 -fno-sanitize-recover=all
FUZZERS	:= $(patsubst %.c,$(B)/%,$(wildcard selftests/fuzz/*.c))

fuzz:
	@$(MAKE) --no-print-directory B=$(B)/$@ CC=clang CFLAGS="-O1 -g \
		-fno-omit-frame-pointer $(SANITIZE_$@)" fuzzers

fuzzers: $(FUZZERS)

$(B)/selftests/fuzz/pages: $(B)/selftests/fuzz/pages.o $(ULIB:%.c=$(B)/%.o)
	$(link) -fsanitize=fuzzer $^ -lpthread

$(B)/selftests/fuzz/tool: $(B)/selftests/fuzz/tool.o \
		$(B)/selftests/replay/link.o $(ULIB:%.c=$(B)/%.o) \
		$(filter-out %/link.o %/main.o,$(RRING:%.c=$(B)/%.o))
	$(link) -fsanitize=fuzzer -Wl,--wrap=exit $^ $(RRING_LIBS)

# The benchmarks: programs, what they share, and their peers, each of which is
# compiled as a user would.
BENCHES	:= $(patsubst %.c,$(B)/%,$(wildcard selftests/bench/*.c))
BENCHLIB := $(wildcard selftests/bench/lib/*.c)
PEERS	:= $(wildcard selftests/bench/peers/*.c selftests/bench/peers/*.cc)
PEER_OBJECTS := $(patsubst %,$(B)/%.o,$(basename $(PEERS)))
PEER_LIBS := -lck -lurcu-cds -lurcu-bp -lurcu-common -lmimalloc -lrt
BENCH_ARCH := -march=native
BENCH_FLAGS = $(BENCH_ARCH) -Iselftests/bench/lib -Iselftests/bench/peers \
	      -Wno-pedantic

benches: $(BENCHES)

$(B)/selftests/bench/%.o: selftests/bench/%.c Makefile
	@mkdir -p $(@D)
	$(compile) $(BENCH_FLAGS)

$(B)/selftests/bench/%.o: selftests/bench/%.cc Makefile
	@mkdir -p $(@D)
	$(CXX) $(filter-out -std=%,$(FLAGS)) -std=gnu++17 $(CFLAGS) \
		$(BENCH_FLAGS) -MMD -MP -c -o $@ $<

$(B)/selftests/bench/peers/rte.o $(B)/selftests/bench/peers/allocator_rte.o: \
	FLAGS += $(shell pkg-config --cflags libdpdk 2>/dev/null | \
		   sed 's/-I/-isystem /g')

# There malloc() is jemalloc's; the C library's, and mimalloc's, have names too.
$(B)/selftests/bench/alloc: PEER_LIBS := -ljemalloc $(PEER_LIBS)

$(BENCHES): %: %.o $(BENCHLIB:%.c=$(B)/%.o) $(PEER_OBJECTS) $(STATIC)
	$(CXX) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PEER_LIBS) \
		-lrte_mempool -lrte_ring -lrte_eal -ljansson -lpthread

# Those for the virtual machine, whose processor is another one: in build/guest.
VM_BENCHES := $(patsubst %.c,$(B)/%,$(filter-out %.bpf.c,$(wildcard \
	     selftests/bench/vm/*.c)))
BPF	:= $(patsubst %.c,$(B)/%.o,$(wildcard selftests/bench/vm/*.bpf.c))

$(B)/selftests/bench/vm/%.bpf.o: selftests/bench/vm/%.bpf.c Makefile
	@mkdir -p $(@D)
	clang -target bpf -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter \
		-I/usr/include/$(shell $(CC) -dumpmachine) -MMD -MP -c -o $@ $<

$(VM_BENCHES:%=%.o): BENCH_FLAGS += -Iselftests/modules

$(VM_BENCHES): %: %.o $(BENCHLIB:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -lbpf -ljansson -lpthread

vm-benches:
	@$(MAKE) --no-print-directory B=$(B)/guest BENCH_ARCH= guest-benches

guest-benches: $(VM_BENCHES) $(BPF) $(B)/selftests/bench/mechanism

##@ Run, in a virtual machine (KERNEL=version, path, kasan, kcsan: another)

# Those under which the tests run: KERNELS=stock takes half as long.
KERNELS	?= $(or $(KERNEL),stock 6.12 kasan kcsan)

# These install what is missing, and only then look for kernels and sources.
VM	= tools/vm $(if $(KERNEL),--kernel $(KERNEL))

demo: ## the demonstration (DEMO_ARGS="...", --help shows them)
	@tools/setup build vm
	@$(MAKE) --no-print-directory run-demo KDIR="$$($(VM) --headers)"

check: ## all tests (PARAMS="...": of the module)
	@tools/setup build vm check kernels debug
	@$(MAKE) --no-print-directory run-check KDIR="$$($(VM) --headers)"

# Who asks whether it is torture has a long form.
TORTURED = $(basename $(notdir $(shell grep -lE 'is_torture|TORTURE' \
	     selftests/*.c selftests/*.sh)))

torture: ## the long forms of the tests that have one (TORTURED="...": these)
	@tools/setup build vm check
	@$(MAKE) --no-print-directory run-torture KDIR="$$($(VM) --headers)"

model: ## the models of the protocol, in all states (MODEL_BOUNDS=large: more)
	@tools/setup check
	@SECONDS_HOST=$(if $(MODEL_BOUNDS),7200,1200) selftests/run model

coverage: ## lines and branches that all tests reach (COVERAGE_TESTS="...")
	@tools/setup build vm check debug
	@COVERAGE_TESTS="$(or $(COVERAGE_TESTS),all)" SECONDS_HOST=7200 \
		selftests/run coverage

bench: ## the benchmarks, as build/bench/ and a table (BENCH_ROUNDS=, BENCH_SECONDS=)
	@tools/setup build vm bench
	@$(MAKE) --no-print-directory run-bench KDIR="$$($(VM) --headers)"

run-demo: all
	@$(VM) --name demo --timeout 900 --add $(TREE)/rusted_ring.ko:/ \
		--add $(B)/demo:/bin/ --add /var/lib/dpkg/status -- sh -c \
		'insmod /rusted_ring.ko && demo "$$@" && rmmod rusted_ring' \
		demo $(DEMO_ARGS)

run-check: all examples selftests
	@for kernel in $(filter-out stock,$(KERNELS)); do \
		$(MAKE) --no-print-directory module modules \
			KDIR="$$(tools/vm --kernel $$kernel --headers)" || exit; \
	done
	@KERNELS="$(KERNELS)" selftests/run

run-bench: all modules benches vm-benches
	@selftests/bench/run

run-torture: all examples selftests
	@TORTURE=1 selftests/run $(TORTURED)

##@ Install (PREFIX=/usr/local, DESTDIR=)

PREFIX	   ?= /usr/local
BINDIR	   ?= $(PREFIX)/bin
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
INCLUDEDIR ?= $(PREFIX)/include
LIBDIR	   ?= $(PREFIX)/lib
MANDIR	   ?= $(PREFIX)/share/man
MAN	   := $(wildcard Documentation/man/*.[1-9])

INSTALLED  := $(patsubst %,$(B)/%,rring rring-pcap rring-sched)
COMPLETIONS := $(wildcard tools/*/*.bash)

# "PAGE NAME.SECTION": where the other names of a page are links to it.
man_names   = $(if $(MAN),$(shell tools/man-names $(MAN) | tr ' ' ':'))
man_file    = $(DESTDIR)$(MANDIR)/man$(patsubst .%,%,$(suffix $(1)))/$(notdir \
		$(1))

# Only those who built the kernel have the key that it trusts.
UNSIGNED    = $(if $(wildcard $(KDIR)/certs/signing_key.pem),,\
		CONFIG_MODULE_SIG_ALL=)

pc	    = sed -e 's|@PREFIX@|$(PREFIX)|' \
		-e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|' \
		-e 's|@VERSION@|$(VERSION)|' -e 's|@NAME@|$(1)|' \
		-e 's|@DESCRIPTION@|$(2)|' ulib/rusted_ring.pc.in | \
		install -m 644 /dev/stdin \
			$(DESTDIR)$(LIBDIR)/pkgconfig/$(1).pc

install: lib $(INSTALLED) ## the library, its headers and man pages, the tools
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(COMPLETIONDIR)
	install -m 755 $(INSTALLED) $(DESTDIR)$(BINDIR)
	for file in $(COMPLETIONS); do \
		name=$${file##*/}; install -m 644 $$file \
			$(DESTDIR)$(COMPLETIONDIR)/$${name%.bash}; \
	done
	install -d $(DESTDIR)$(INCLUDEDIR)/rusted_ring \
		$(DESTDIR)$(INCLUDEDIR)/linux $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 include/rusted_ring.h $(DESTDIR)$(INCLUDEDIR)
	install -m 644 include/rusted_ring/*.h \
		$(DESTDIR)$(INCLUDEDIR)/rusted_ring
	install -m 644 include/uapi/linux/*.h \
		$(DESTDIR)$(INCLUDEDIR)/linux
	install -m 644 $(STATIC) $(FFI_STATIC) $(DESTDIR)$(LIBDIR)
	install -m 755 $(SHARED) $(FFI_SHARED) $(DESTDIR)$(LIBDIR)
	for lib in $(notdir $(SHARED) $(FFI_SHARED)); do \
		ln -sf $$lib $(DESTDIR)$(LIBDIR)/$${lib%.$(ABI)}; \
	done
	$(call pc,rusted_ring,Events shared between threads and processes)
	$(call pc,rusted_ring-ffi,The same for bindings: no inline functions)
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

# Headers have no System.map, without which the kernel leaves depmod out.
install-module: module samples ## the module and samples, for KDIR's kernel
	for tree in $(TREE) $(SAMPLES:%=$(B)/%/$(RELEASE)); do \
		$(MAKE) -C $(KDIR) M=$(CURDIR)/$$tree $(UNSIGNED) \
			INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates \
			modules_install || exit 1; \
	done
	@[ -n "$(DESTDIR)" ] || depmod $(RELEASE)

uninstall: ## what the two put there
	rm -f $(foreach name,$(notdir $(INSTALLED)),$(DESTDIR)$(BINDIR)/$(name) \
		$(DESTDIR)$(COMPLETIONDIR)/$(name))
	rm -f $(patsubst include/%,$(DESTDIR)$(INCLUDEDIR)/%,$(wildcard \
		include/*.h include/rusted_ring/*.h)) \
		$(patsubst include/uapi/%,$(DESTDIR)$(INCLUDEDIR)/%,$(wildcard \
		include/uapi/linux/*.h)) \
		$(addprefix $(DESTDIR)$(LIBDIR)/,$(notdir $(LIBS) \
			$(SHARED:.$(ABI)=) $(FFI_SHARED:.$(ABI)=)) \
			pkgconfig/rusted_ring.pc pkgconfig/rusted_ring-ffi.pc)
	@rm -f $(foreach name,$(man_names),$(call man_file,$(lastword $(subst \
		:, ,$(name)))))
	@rmdir $(DESTDIR)$(INCLUDEDIR)/rusted_ring 2>/dev/null || true
	rm -f $(foreach name,rusted_ring $(SAMPLES:%=rring_%),\
		$(DESTDIR)/lib/modules/$(RELEASE)/updates/$(name).ko*)
	@[ -n "$(DESTDIR)" ] || { ldconfig; depmod $(RELEASE); } 2>/dev/null || true

##@ Other

clean: ## remove build/
	rm -rf $(B)

help: ## this list
	@awk -F ':.*## ' '/^##@ / { print "\n" substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-16s%s\n", $$1, $$2 }' Makefile

.PHONY: all module kunit samples lib tools selftests rows asan tsan modules
.PHONY: $(USERS) fuzz fuzzers checkers packets counted
.PHONY: benches vm-benches guest-benches bench run-bench
.PHONY: demo check model coverage torture run-demo run-check run-torture
.PHONY: install install-module uninstall clean help
.SECONDARY:

-include $(wildcard $(patsubst %,$(B)/%/*.d,ulib ulib/host kmod tools/demo \
	   tools/rring tools/pcap tools/sched man Documentation/examples \
	   selftests selftests/rows selftests/lib selftests/packets \
	   selftests/replay selftests/fuzz selftests/kasan selftests/bench \
	   selftests/bench/lib selftests/bench/peers))
