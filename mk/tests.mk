# SPDX-License-Identifier: MPL-2.0
#
# The test programs, and the commands that run tests: selftests/README.md says
# what is where.

API	:= $(wildcard selftests/api/*.c)
TESTS	:= $(wildcard selftests/device/*/*.c selftests/host/*.c)
TESTLIB	:= $(wildcard selftests/lib/*.c)
PACKETS	:= $(B)/selftests/device/tools/packets/packets
REPLAY	:= selftests/host/replay/link
FAULTY	:= $(B)/selftests/host/faulty/faulty

api: $(API:%.c=$(B)/%) ## the tests of selftests/api

selftests: api asan tsan $(TESTS:%.c=$(B)/%) $(PACKETS) $(B)/$(REPLAY:link=rring)
selftests: modules ## all test programs

# The kernel's test harness and its checkers come out of its source package,
# which takes ten seconds each: so they are kept.
SOURCE	:= $(call newest,/usr/src/linux-source-*.tar.xz)
SERIES	:= $(patsubst linux-source-%.tar.xz,%,$(notdir $(SOURCE)))
HARNESS	:= $(CACHE)/kselftest-$(SERIES)
CHECKERS := $(CACHE)/checkers-$(SERIES)

# $(1): a directory of the kernel's source; $(2): what to unpack from there
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

# The harness is given as a system's header, which silences what it does itself;
# the last flag is for what its macros leave in the tests. COUNT: see below.
$(B)/selftests/%.o: selftests/%.c mk/tests.mk | $(HARNESS)/kselftest_harness.h
	@mkdir -p $(@D)
	$(compile) -Iselftests/lib -Iselftests/modules -isystem $(HARNESS) \
		-Wno-unused-parameter

$(patsubst %.c,$(B)/%.o,$(ULIB) $(TESTS) $(API)): FLAGS += $(COUNT)

# Each test ends in _exit(), which is that of selftests/lib/exit.c; the harness'
# alarm() is that of selftests/lib/timeout.c. None has the dynamic linker on the
# stack that it measures.
$(TESTS:%.c=$(B)/%) $(API:%.c=$(B)/%) $(FAULTY): \
		%: %.o $(TESTLIB:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -Wl,--wrap=_exit,--wrap=alarm -Wl,-z,now -lmnl -ljansson \
		-lpthread

$(PACKETS): %: %.o
	$(link) $^

# The tool, with messages from a file instead of the kernel.
$(B)/$(REPLAY:link=rring): $(B)/$(REPLAY).o $(filter-out %/link.o,\
		$(RRING:%.c=$(B)/%.o)) $(STATIC)
	$(link) $^ $(RRING_LIBS)

# ---- the same sources, compiled in another way, in a folder of its own ----

again	 = @$(MAKE) --no-print-directory B=$(B)/$@ CC=clang \
	   CFLAGS="-O1 -g -fno-omit-frame-pointer $(1)"

# By clang, as gcc takes a fence for an error under its thread sanitizer.
# ONLY: programs, as selftests/api/ring.
asan: | $(HARNESS)/kselftest_harness.h
	+$(call again,-fsanitize=address$(comma)undefined \
		-fno-sanitize-recover=all) $(or $(ONLY:%=$(B)/$@/%),api)

tsan: | $(HARNESS)/kselftest_harness.h
	+$(call again,-fsanitize=thread) $(or $(ONLY:%=$(B)/$@/%),api)

# What libFuzzer runs.
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

# With counters of lines and branches, and the modules, too, for KDIR=the kasan
# kernel of tools/kernel, which keeps what they count. Without what moves lines
# away from where they were written, or adds branches of its own.
counted: | $(HARNESS)/kselftest_harness.h
	@$(MAKE) --no-print-directory B=$(B)/coverage CC=gcc CFLAGS=-O0 \
		COUNT="--coverage -fprofile-update=atomic" \
		LDFLAGS="--coverage -Wl,-u,__gcov_dump" tools examples api \
		$(PACKETS:$(B)/%=$(B)/coverage/%) $(TESTS:%.c=$(B)/coverage/%)
	@$(MAKE) --no-print-directory B=$(B)/coverage GCOV_PROFILE=y \
		KASAN_SANITIZE=n UBSAN_SANITIZE=n KCFLAGS=-fno-inline modules

-include $(wildcard $(patsubst %,$(B)/selftests/%/*.d,api lib host host/* \
	   device/* device/tools/packets fuzz))

.PHONY: api selftests checkers asan tsan fuzz fuzzers counted
