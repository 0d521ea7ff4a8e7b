# SPDX-License-Identifier: MPL-2.0
#
# The commands that run something: tests, the demonstration.

##@ Run, in a virtual machine (KERNEL=version, path, newest, rt, kasan, ...: another)

VM	= tools/vm $(patsubst %,--kernel %,$(or $(KERNEL),$(CROSS:aarch64=arm64)))

# tools/setup installs missing packages. Only then can kernels and sources be
# found, so a second make looks for them.
demo: ## the demonstration (DEMO_ARGS="...", --help shows them)
	@tools/setup build vm $(CROSS:aarch64=arm64)
	@$(MAKE) --no-print-directory run-demo KDIR="$$($(VM) --headers)"

run-demo: module $(B)/demo
	@tools/demo/records >$(B)/records
	@$(VM) --name demo --timeout 900 --add $(TREE)/rusted_ring.ko:/ \
		--add $(B)/demo:/bin/ \
		--add $(B)/records:/var/lib/dpkg/status -- sh -c \
		'insmod /rusted_ring.ko && demo "$$@" && rmmod rusted_ring' \
		demo $(DEMO_ARGS)

# With ARCH=arm64 on another machine: those that run on a kernel for arm64.
check: ## all kinds of tests (T=folder or test: those alone)
	@tools/setup build vm check $(CROSS:aarch64=arm64)
	@WAYS="$(or $(WAYS),$(CROSS:aarch64=arm64))" selftests/build $(T)
	@WAYS="$(or $(WAYS),$(CROSS:aarch64=arm64))" selftests/run $(T)

check-all: ## the tests on all kernels, and the long forms (PARTS=, FROM=)
	@tools/setup build vm check kernels debug packages archive arm64
	@selftests/all $(PARTS)

model: ## the models of the protocol, in all states (MODEL_BOUNDS=large: more)
	@tools/setup check
	@WAYS=long selftests/run long/model

coverage: ## lines and branches that all tests reach (COVERAGE_TESTS="...")
	@tools/setup build vm check debug
	@COVERAGE_TESTS="$(or $(COVERAGE_TESTS),all)" WAYS=long \
		selftests/run long/coverage

# TORTURED: tests that ask is_torture, or read TORTURE, have a long form.
torture: ## the long forms of tests, an hour or so (T="...": of these)
	@tools/setup build vm check
	@TORTURE=1 selftests/build $(or $(T),$(TORTURED))
	@TORTURE=1 selftests/run $(or $(T),$(TORTURED))

TORTURED = $(patsubst selftests/%,%,$(shell grep -lE 'is_torture|TORTURE' \
	     selftests/*/*.sh selftests/device/*/*.sh selftests/device/*/*.c))

.PHONY: demo run-demo check check-all model coverage torture
