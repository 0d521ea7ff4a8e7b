# SPDX-License-Identifier: MPL-2.0
#
# The test programs. selftests/README.md describes the folders.

API	:= $(wildcard selftests/api/*.c)
TESTS	:= $(wildcard selftests/device/*/*.c selftests/host/*.c)
TESTLIB	:= $(wildcard selftests/lib/*.c)
PACKETS	:= $(B)/selftests/device/tools/packets/packets
HOARDER	:= $(B)/selftests/device/tools/hoarder/hoarder
NUMBERS	:= $(B)/selftests/device/tools/numbers/numbers
TICKER	:= $(B)/selftests/device/tools/ticker/ticker
REPLAY	:= selftests/host/replay/link
PAIR	:= selftests/host/pair/main
MORTAL	:= selftests/host/relay/main
FAULTY	:= $(B)/selftests/host/faulty/faulty

api: $(API:%.c=$(B)/%) ## the tests of selftests/api

selftests: api asan tsan $(TESTS:%.c=$(B)/%) $(PACKETS) $(HOARDER) \
	$(NUMBERS) $(TICKER) $(TICKER).btf $(B)/$(REPLAY:link=rring) \
	$(B)/$(PAIR:main=rring) $(if $(HIREDIS),$(B)/$(MORTAL:main=relay))
selftests: modules ## all test programs

# The kernel's test harness and its checkers are unpacked from the kernel's
# source package. That takes ten seconds each, so the files are cached.
SOURCE	:= $(call newest,/usr/src/linux-source-*.tar.xz)
SERIES	:= $(patsubst linux-source-%.tar.xz,%,$(notdir $(SOURCE)))
HARNESS	:= $(CACHE)/kselftest-$(SERIES)
CHECKERS := $(CACHE)/checkers-$(SERIES)

# $(1): a directory of the kernel's source; $(2): what to unpack from there;
# $(3): leading directories to strip
unpack	 = $(if $(SOURCE),,$(error no kernel source: run tools/setup check)) \
	   mkdir -p $(@D) && tar -xJf $(SOURCE) -C $(@D) -m --strip-components=$(3) \
		$(patsubst %,linux-source-$(SERIES)/$(1)/%,$(2))

$(HARNESS)/kselftest_harness.h: $(SOURCE)
	$(call unpack,tools/testing/selftests,kselftest.h $(@F),4) --occurrence=1

$(CHECKERS)/checkpatch.pl: $(SOURCE)
	$(call unpack,scripts,coccinelle const_structs.checkpatch spelling.txt \
		$(@F),2)

checkers: $(CHECKERS)/checkpatch.pl
	@echo $(CHECKERS)

# -isystem turns off warnings in the harness, -Wno-unused-parameter those which
# its macros cause in the tests. COUNT: see `counted' below.
$(B)/selftests/%.o: selftests/%.c mk/tests.mk | $(HARNESS)/kselftest_harness.h
	@mkdir -p $(@D)
	$(compile) -Iselftests/lib -Iselftests/modules -isystem $(HARNESS) \
		-Wno-unused-parameter

$(patsubst %.c,$(B)/%.o,$(ULIB) $(TESTS) $(API)): FLAGS += $(COUNT)

# --wrap: a test ends in the _exit() of selftests/lib/exit.c, and the harness
# calls the alarm() of selftests/lib/timeout.c. -z now: symbols are resolved at
# start, so the dynamic linker does not use stack that a test measures. -lgcc_s:
# pthread_cancel(3) loads it; so it gets into the guest, too.
$(TESTS:%.c=$(B)/%) $(API:%.c=$(B)/%) $(FAULTY): \
		%: %.o $(TESTLIB:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -Wl,--wrap=_exit,--wrap=alarm -Wl,-z,now -lmnl -ljansson \
		-lpthread -Wl,--no-as-needed -lgcc_s

# Tests of selftests/api for machines whose pages have up to 64 KiB. Libraries of
# this machine may be cut for smaller pages, so they are static. long/musl builds all
# tests in this way, as there are no libraries for musl.
PAGES	:= $(addprefix $(B)/selftests/pages/,idle_region xxl_event)
HELPERS	:= $(B)/selftests/pages/lib.a

pages: $(PAGES)

$(HELPERS): $(TESTLIB:%.c=$(B)/%.o)
	@mkdir -p $(@D)
	rm -f $@ && $(AR) rcs $@ $^

$(B)/selftests/pages/%: $(B)/selftests/api/%.o $(HELPERS) $(STATIC)
	$(link) -static $^ -Wl,--wrap=_exit,--wrap=alarm \
		-Wl,-z,noseparate-code -Wl,-z,max-page-size=65536 -lpthread

$(PACKETS): %: %.o
	$(link) $^

$(HOARDER) $(NUMBERS) $(TICKER): %: %.o $(STATIC)
	$(link) $^ -lpthread

# An object file with BTF.
$(TICKER).btf: selftests/device/tools/ticker/ticker.c mk/tests.mk
	@mkdir -p $(@D)
	$(compile) -gbtf

# The tool rring, which here reads messages from a file instead of the kernel.
$(B)/$(REPLAY:link=rring): $(B)/$(REPLAY).o $(filter-out %/link.o,\
		$(RRING:%.c=$(B)/%.o)) $(STATIC)
	$(link) $^ $(RRING_LIBS)

# Two commands of the tool rring, in one process.
$(B)/$(PAIR:main=rring): $(B)/$(PAIR).o $(filter-out %/main.o,\
		$(RRING:%.c=$(B)/%.o)) $(STATIC)
	$(link) -Wl,--wrap=rring_open $^ $(RRING_LIBS)

# rring-relay with an arena of its own process, where it dies without a process.
$(B)/$(MORTAL:main=relay): $(B)/$(MORTAL).o $(filter-out %/main.o,\
		$(RELAY:%.c=$(B)/%.o)) $(patsubst %,$(B)/selftests/lib/%.o,arena \
		rng stream timeout) $(STATIC)
	$(link) $(patsubst %,-Wl$(comma)--wrap=%,rring_open redis_new \
		rring_reader_open rring_reader_close rring_publish_until \
		rring_add rring_add_until alarm) $^ $(TLS) $(HIREDIS) -lpthread

# The commands that pages show, for the tests that run them.
documents:
	@selftests/host/documents/commands $(B)/documents README.md \
		$(wildcard Documentation/*.rst)

# ---- the sources compiled in other ways, each in a folder of its own ----

again	 = @$(MAKE) --no-print-directory B=$(B)/$@ CC=clang \
	   CFLAGS="-O1 -g -fno-omit-frame-pointer $(1)"

# By clang: gcc does not support fences under -fsanitize=thread.
# ONLY: the programs to build, for example selftests/api/ring.
asan: | $(HARNESS)/kselftest_harness.h
	+$(call again,-fsanitize=address$(comma)undefined \
		-fno-sanitize-recover=all) $(or $(ONLY:%=$(B)/$@/%),api)

tsan: | $(HARNESS)/kselftest_harness.h
	+$(call again,-fsanitize=thread) $(or $(ONLY:%=$(B)/$@/%),api)

# Clients pass full fences, as those of other architectures do: see RRING_K_INTERRUPTS.
fenced: | $(HARNESS)/kselftest_harness.h
	+@$(MAKE) --no-print-directory B=$(B)/$@ \
		CPPFLAGS="$(CPPFLAGS) -DRRING_K_INTERRUPTS=0" \
		$(or $(ONLY:%=$(B)/$@/%),api)

# The programs of libFuzzer.
fuzz:
	+$(call again,-fsanitize=fuzzer-no-link$(comma)address$(comma)undefined \
		-fno-sanitize-recover=all) fuzzers

fuzzers: $(B)/selftests/fuzz/pages $(B)/selftests/fuzz/tool

$(B)/selftests/fuzz/pages: $(B)/selftests/fuzz/pages.o $(ULIB:%.c=$(B)/%.o)
	$(link) -fsanitize=fuzzer $^ -lpthread

$(B)/selftests/fuzz/tool: $(B)/selftests/fuzz/tool.o $(B)/$(REPLAY).o \
		$(ULIB:%.c=$(B)/%.o) \
		$(filter-out %/link.o %/main.o,$(RRING:%.c=$(B)/%.o))
	$(link) -fsanitize=fuzzer -Wl,--wrap=exit $^ $(RRING_LIBS)

# Everything with counters of lines and branches. The modules are for KDIR=the
# kasan kernel of tools/kernel, which keeps their counters. Programs are not
# optimized, and modules not inlined, as both move code to other lines. Modules
# have no sanitizers, as these add branches.
counted: | $(HARNESS)/kselftest_harness.h
	@$(MAKE) --no-print-directory B=$(B)/coverage CC=gcc CFLAGS="-O0 -g" \
		COUNT="--coverage -fprofile-update=atomic" \
		LDFLAGS="--coverage -Wl,-u,__gcov_dump" tools examples api \
		$(PACKETS:$(B)/%=$(B)/coverage/%) \
		$(HOARDER:$(B)/%=$(B)/coverage/%) \
		$(NUMBERS:$(B)/%=$(B)/coverage/%) \
		$(TICKER:$(B)/%=$(B)/coverage/%) \
		$(TICKER:$(B)/%=$(B)/coverage/%).btf $(TESTS:%.c=$(B)/coverage/%)
	@$(MAKE) --no-print-directory B=$(B)/coverage GCOV_PROFILE=y \
		KASAN_SANITIZE=n UBSAN_SANITIZE=n KCFLAGS=-fno-inline modules

-include $(wildcard $(patsubst %,$(B)/selftests/%/*.d,api lib host host/* \
	   device/* device/tools/* fuzz))

.PHONY: api selftests pages documents checkers asan tsan fenced fuzz fuzzers counted
