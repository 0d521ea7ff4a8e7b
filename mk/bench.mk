# SPDX-License-Identifier: MPL-2.0
#
# The benchmarks: the programs, the code that they share, and the peers that
# rusted_ring is compared with. Each is compiled as its users would compile it.

BENCHES	:= $(patsubst %.c,$(B)/%,$(wildcard selftests/bench/*.c))
BENCHLIB := $(wildcard selftests/bench/lib/*.c)
PEERS	:= $(wildcard selftests/bench/peers/*.c selftests/bench/peers/*.cc)
PEER_OBJECTS := $(patsubst %,$(B)/%.o,$(basename $(PEERS)))
PEER_LIBS := -lck -lurcu-cds -lurcu-bp -lurcu-common -lmimalloc -lrt
BENCH_ARCH := -march=native
BENCH_FLAGS = $(BENCH_ARCH) -Iselftests/bench/lib -Iselftests/bench/peers \
	      -Wno-pedantic -Wno-missing-field-initializers -DNDEBUG

benches: $(BENCHES) $(if $(HIREDIS),$(CONTESTS))

$(B)/selftests/bench/%.o: selftests/bench/%.c mk/bench.mk
	@mkdir -p $(@D)
	$(compile) $(BENCH_FLAGS)

$(B)/selftests/bench/%.o: selftests/bench/%.cc mk/bench.mk
	@mkdir -p $(@D)
	$(CXX) $(filter-out -std=%,$(FLAGS)) -std=gnu++17 $(CFLAGS) \
		$(BENCH_FLAGS) -MMD -MP -c -o $@ $<

$(B)/selftests/bench/peers/rte.o $(B)/selftests/bench/peers/allocator_rte.o: \
	FLAGS += $(shell pkg-config --cflags libdpdk 2>/dev/null | \
		   sed 's/-I/-isystem /g')

# In this program malloc() is that of jemalloc. The allocators of the C library
# and of mimalloc have other names.
$(B)/selftests/bench/alloc: PEER_LIBS := -ljemalloc $(PEER_LIBS)

$(BENCHES): %: %.o $(BENCHLIB:%.c=$(B)/%.o) $(PEER_OBJECTS) $(STATIC)
	$(CXX) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PEER_LIBS) \
		-lrte_mempool -lrte_ring -lrte_eal -ljansson -lpthread

# Benchmarks that run in the virtual machine. Its CPU may lack instructions of
# the host's, so they are built apart, in build/guest.
VM_BENCHES := $(patsubst %.c,$(B)/%,$(filter-out %.bpf.c,$(wildcard \
	     selftests/bench/vm/*.c)))
BPF	:= $(patsubst %.c,$(B)/%.o,$(wildcard selftests/bench/vm/*.bpf.c))

$(B)/selftests/bench/vm/%.bpf.o: selftests/bench/vm/%.bpf.c mk/bench.mk
	@mkdir -p $(@D)
	clang -target bpf -O2 -g -Wall -Wextra $(WERROR:%=-Werror) -Wno-unused-parameter \
		-I/usr/include/$(shell $(CC) -dumpmachine) -MMD -MP -c -o $@ $<

$(VM_BENCHES:%=%.o): BENCH_FLAGS += -Iselftests/modules

$(VM_BENCHES): %: %.o $(BENCHLIB:%.c=$(B)/%.o) $(STATIC)
	$(link) $^ -lbpf -ljansson -lpthread

# rring-relay beside the client of the broker: the script relay.sh runs both.
CONTESTS := $(B)/selftests/bench/relay/contest $(B)/selftests/bench/relay/journey

$(CONTESTS): %: %.o $(filter-out %/main.o,$(RELAY:%.c=$(B)/%.o)) \
		$(B)/selftests/bench/lib/sample.o $(STATIC)
	$(link) -Wl,--wrap=rring_open $^ $(TLS) $(HIREDIS) -ljansson -lpthread

vm-benches:
	@$(MAKE) --no-print-directory B=$(B)/guest BENCH_ARCH= guest-benches

guest-benches: $(VM_BENCHES) $(BPF) $(B)/selftests/bench/mechanism \
	$(B)/selftests/bench/frames

bench: ## the benchmarks, as build/bench/ and a table (T="...": these alone)
	@tools/setup build vm bench
	@$(MAKE) --no-print-directory run-bench KDIR="$$($(VM) --headers)"

run-bench: all modules benches vm-benches
	@CC="$(CC)" selftests/bench/run $(T)

-include $(wildcard $(patsubst %,$(B)/selftests/bench/%/*.d,. lib peers relay))

.PHONY: benches vm-benches guest-benches bench run-bench
