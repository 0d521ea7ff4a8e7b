# SPDX-License-Identifier: MPL-2.0
#
# The C++ binding: nothing but headers, so this builds its examples and tests.
# CXX and CXXFLAGS are the user's.

CPP_DIR	:= ulib/bindings/cpp
CPP_B	:= $(B)/bindings/cpp
CPP_HEADERS := $(wildcard $(CPP_DIR)/*.hpp $(CPP_DIR)/rusted_ring/cpp/*.hpp)
CPP_EXAMPLES := $(patsubst $(CPP_DIR)/%.cc,$(CPP_B)/%,$(wildcard \
	   $(CPP_DIR)/examples/*.cc))
CPP_TESTS := $(foreach standard,17 20,$(patsubst $(CPP_DIR)/tests/%.cc,\
	   $(CPP_B)/c++$(standard)/%,$(wildcard $(CPP_DIR)/tests/*.cc)))

CXXFLAGS ?= $(CFLAGS)
CPP_FLAGS := -Wall -Wextra -Wpedantic -Wold-style-cast -Wconversion -Wshadow \
	   $(WERROR:%=-Werror) -I$(CPP_DIR) -Iinclude/uapi -Iinclude
compile_cpp = @mkdir -p $(@D) && $(CXX) $(CPP_FLAGS) $(CPPFLAGS) $(CXXFLAGS) \
	   $(LDFLAGS) -MMD -MP -MF $@.d -o $@ $< $(STATIC) -lpthread

bindings-cpp: $(CPP_EXAMPLES) $(CPP_TESTS) ## examples and tests of the C++ binding
bindings-cpp-20: $(filter $(CPP_B)/c++20/%,$(CPP_TESTS))

$(CPP_EXAMPLES): $(CPP_B)/%: $(CPP_DIR)/%.cc $(STATIC) mk/bindings-cpp.mk
	$(compile_cpp) -std=c++20

$(CPP_B)/c++17/%: $(CPP_DIR)/tests/%.cc $(STATIC) mk/bindings-cpp.mk
	$(compile_cpp) -std=c++17

$(CPP_B)/c++20/%: $(CPP_DIR)/tests/%.cc $(STATIC) mk/bindings-cpp.mk
	$(compile_cpp) -std=c++20

$(CPP_B)/c++17/no_exceptions $(CPP_B)/c++20/no_exceptions: \
	CPP_FLAGS += -fno-exceptions -fno-rtti

# The tests, for C++20, with sanitizers, each in a folder of its own, with a library
# that has them, too: see `again' in mk/tests.mk.
bindings-cpp-asan:
	+@$(MAKE) --no-print-directory B=$(B)/asan CC=gcc CXX=g++ \
		CFLAGS="-O1 -g -fno-omit-frame-pointer \
		-fsanitize=address,undefined -fno-sanitize-recover=all" \
		bindings-cpp-20

# By clang: gcc does not support fences under -fsanitize=thread.
bindings-cpp-tsan:
	+@$(MAKE) --no-print-directory B=$(B)/tsan CC=clang CXX=clang++ \
		CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=thread" \
		bindings-cpp-20

# ---- install ----

install: install-bindings-cpp
uninstall: uninstall-bindings-cpp

install-bindings-cpp:
	install -d $(DESTDIR)$(INCLUDEDIR)/rusted_ring/cpp
	install -m 644 $(CPP_DIR)/rusted_ring.hpp $(DESTDIR)$(INCLUDEDIR)
	install -m 644 $(CPP_DIR)/rusted_ring/cpp/*.hpp \
		$(DESTDIR)$(INCLUDEDIR)/rusted_ring/cpp

uninstall-bindings-cpp:
	rm -f $(CPP_HEADERS:$(CPP_DIR)/%=$(DESTDIR)$(INCLUDEDIR)/%)
	@rmdir $(DESTDIR)$(INCLUDEDIR)/rusted_ring/cpp 2>/dev/null || true

-include $(wildcard $(CPP_B)/*/*.d)

.PHONY: bindings-cpp bindings-cpp-20 bindings-cpp-asan bindings-cpp-tsan \
	install-bindings-cpp uninstall-bindings-cpp
