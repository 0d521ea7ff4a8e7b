# SPDX-License-Identifier: MPL-2.0
#
# The library, the tools and the examples. CC, CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are
# the user's; CROSS_COMPILE= is a prefix of all tools; WERROR=1 makes a warning
# an error, as in CI.

tool	 = $(if $(filter default undefined,$(origin $(1))),$(CROSS_COMPILE)$(2),$($(1)))
CC	:= $(call tool,CC,gcc) $(SYSROOT:%=--sysroot=%)
CXX	:= $(call tool,CXX,g++) $(SYSROOT:%=--sysroot=%)
AR	:= $(call tool,AR,ar)
LD	:= $(call tool,LD,ld)
OBJCOPY	:= $(call tool,OBJCOPY,objcopy)

CFLAGS	?= -O2 -g
FLAGS	:= -std=gnu11 -Wall -Wextra $(WERROR:%=-Werror) -D_GNU_SOURCE \
	   -Iinclude/uapi -Iinclude
compile	 = $(CC) $(FLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
link	 = $(CC) $(CFLAGS) $(LDFLAGS) -o $@

$(B)/%.o: %.c Makefile mk/build.mk
	@mkdir -p $(@D)
	$(compile)

$(B)/%.pic.o: %.c Makefile mk/build.mk
	@mkdir -p $(@D)
	$(compile) -fPIC -fno-semantic-interposition

# ---- the library ----

# The module's core also runs in a process, where ulib/host/ takes the place of
# the kernel.
HOST	:= $(wildcard ulib/host/*.c kmod/core/*.c)
ULIB	:= $(filter-out ulib/ffi.c,$(wildcard $(addprefix ulib/,*.c client/*.c \
	   debug/*.c service/*.c reader/*.c writer/*.c))) $(HOST)

$(HOST:%.c=$(B)/%.o) $(HOST:%.c=$(B)/%.pic.o): \
	FLAGS += -Iulib/host -fno-strict-aliasing -Wno-unused-parameter

# `ld -r' joins these objects to one, to hide their names. That takes machine
# code, so they are compiled without LTO, even if CFLAGS has -flto.
$(ULIB:%.c=$(B)/%.o) $(ULIB:%.c=$(B)/%.pic.o) $(B)/ulib/ffi.pic.o: \
	compile += -fno-lto

STATIC	:= $(B)/librusted_ring.a
SHARED	:= $(B)/librusted_ring.so.$(ABI)
MAP	:= ulib/librusted_ring.map

# The library for other languages: exports the inline functions, too.
FFI_STATIC := $(B)/librusted_ring-ffi.a
FFI_SHARED := $(B)/librusted_ring-ffi.so.$(ABI)
FFI_MAPS := $(MAP) ulib/librusted_ring-ffi.map
LIBS	:= $(STATIC) $(SHARED) $(FFI_STATIC) $(FFI_SHARED)

lib: $(LIBS) ## librusted_ring, static and shared, and -ffi for bindings

# A static library of one object, in which only the symbols of the maps are
# global. So its internal names do not collide with those of a program, just as
# with the shared library.
archive	 = $(LD) -r -o $(@:.a=.o) $(filter %.o,$^) && \
	   sed -n 's/^\t\(rring_[a-z0-9_]*\);$$/\1/p' $(filter %.map,$^) \
		>$(@:.a=.symbols) && \
	   $(OBJCOPY) --keep-global-symbols=$(@:.a=.symbols) $(@:.a=.o) && \
	   rm -f $@ && $(AR) rcs $@ $(@:.a=.o)
share	 = $(link) -shared -Wl,-soname,$(@F) -Wl,-z,defs \
	   $(patsubst %,-Wl$(comma)--version-script=%,$(filter %.map,$^)) \
	   $(filter %.o,$^) -lpthread && \
	   ln -sf $(@F) $(@:.$(ABI)=)

$(STATIC): $(ULIB:%.c=$(B)/%.o) $(MAP) mk/build.mk
	$(archive)

# A binding is mostly a shared object, so its objects are position-independent.
$(FFI_STATIC): $(ULIB:%.c=$(B)/%.pic.o) $(B)/ulib/ffi.pic.o $(FFI_MAPS) mk/build.mk
	$(archive)

$(SHARED): $(ULIB:%.c=$(B)/%.pic.o) $(MAP) mk/build.mk
	$(share)

$(FFI_SHARED): $(ULIB:%.c=$(B)/%.pic.o) $(B)/ulib/ffi.pic.o $(FFI_MAPS) mk/build.mk
	$(share)

# For helgrind and drd; needs the headers of valgrind. Not linked with the library,
# since all programs that are started with LD_PRELOAD load it.
VALGRIND := $(B)/librusted_ring-valgrind.so

valgrind: $(VALGRIND) $(FFI_SHARED) ## what helgrind and drd need to know of the library

$(VALGRIND): ulib/valgrind/wrap.c mk/build.mk
	$(CC) $(FLAGS) -DRRING_NO_INLINE $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) \
		-shared -fPIC -o $@ $<

# ---- the tools ----

$(B)/tools/%.o: FLAGS += -DRUSTED_RING_VERSION='"$(VERSION)"'

DEMO	:= $(wildcard tools/demo/*.c)
RRING	:= $(wildcard tools/rring/*.c tools/rring/*/*.c)
# Systems part ncurses in different ways. LDLIBS is the user's: of argp, for example,
# where the C library does not have it.
CURSES	 = $(or $(shell pkg-config --libs ncursesw 2>/dev/null),-lncursesw -ltinfo)
RRING_LIBS = -lmnl -ljansson $(CURSES) -lbpf -lpthread $(LDLIBS)
SCHED	:= $(wildcard tools/sched/*.c) $(patsubst %,tools/rring/%.c,input/attach \
	   input/number output/report output/table output/text)
PCAP	:= $(wildcard tools/pcap/*.c) $(patsubst %,tools/rring/%.c,input/attach \
	   input/number output/report output/text)

# Only where there is hiredis, as no other program needs it.
HIREDIS	:= $(shell pkg-config --libs hiredis 2>/dev/null)
# TLS only where hiredis has it, which Debian 12's has not. pkg-config knows this
# machine's libraries.
TLS	:= $(if $(CROSS_COMPILE),,$(shell pkg-config --libs hiredis_ssl openssl \
	   2>/dev/null))
RELAY	:= $(filter-out tools/relay/tls$(if $(TLS),_none).c,$(wildcard \
	   tools/relay/*.c)) $(patsubst %,tools/rring/%.c,input/attach \
	   input/geometry input/number netlink/schema output/label \
	   output/report output/text)
RELAY_PROGRAM := $(if $(HIREDIS),$(B)/rring-relay)

tools: $(B)/demo $(B)/rring $(B)/rring-pcap $(B)/rring-sched $(RELAY_PROGRAM)
tools: ## the programs of tools/

$(B)/demo: $(DEMO:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -lsqlite3 -lnettle -lpthread

$(B)/rring: $(RRING:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ $(RRING_LIBS)

$(B)/rring-sched: $(SCHED:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -ljansson -lpthread $(LDLIBS)

$(B)/rring-pcap: $(PCAP:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -lpcap -ljansson -lpthread $(LDLIBS)

$(B)/rring-relay: $(RELAY:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ $(TLS) $(HIREDIS) -lpthread $(LDLIBS)

# ---- the examples ----

EXAMPLES := $(patsubst Documentation/%.c,$(B)/%,$(wildcard \
	     Documentation/examples/*.c)) $(patsubst Documentation/man/%,\
	     $(B)/examples/man/%,$(wildcard Documentation/man/*.[347]))

examples: $(EXAMPLES) ## the examples of Documentation/ and of the man pages

$(B)/examples/%: $(B)/Documentation/examples/%.o $(STATIC)
	@mkdir -p $(@D)
	$(link) $^ $(EXAMPLE_LIBS) -lpthread

$(B)/examples/archive: EXAMPLE_LIBS := -lsqlite3

$(B)/man/%.c: Documentation/man/% tools/man-example
	@mkdir -p $(@D)
	tools/man-example $< >$@

$(B)/man/%.o: $(B)/man/%.c mk/build.mk
	$(compile)

$(B)/examples/man/%: $(B)/man/%.o $(STATIC)
	@mkdir -p $(@D)
	$(link) $^ -lpthread

-include $(wildcard $(patsubst %,$(B)/%/*.d,ulib ulib/* kmod/core tools/* \
	   tools/rring/* man Documentation/examples))

.PHONY: lib tools examples
