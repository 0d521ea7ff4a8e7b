# SPDX-License-Identifier: MPL-2.0
#
# The package for Python, in build/bindings/python, with the library of build/.
# `pip install ulib/bindings/python' is for what was installed.

PYTHON	:= $(or $(PYTHON),/usr/bin/python3)
PY_FROM	:= ulib/bindings/python
PY_TO	:= $(B)/bindings/python
PY_MODULE := $(PY_TO)/rusted_ring/_rusted_ring.abi3.so
PY_SOURCES := $(wildcard $(addprefix $(PY_FROM)/rusted_ring/,*.py *.pyi py.typed))
PY_OBJECTS := $(patsubst $(PY_FROM)/src/%.c,$(PY_TO)/%.o,\
	      $(wildcard $(PY_FROM)/src/*.c))
PY_HEADERS = $(shell $(PYTHON) -c \
	     'import sysconfig; print(sysconfig.get_path("include"))')

bindings-python: $(PY_MODULE) $(PY_SOURCES:$(PY_FROM)/%=$(PY_TO)/%)
bindings-python: ## the package for Python

$(PY_OBJECTS): $(PY_TO)/%.o: $(PY_FROM)/src/%.c mk/bindings-python.mk
	@mkdir -p $(@D)
	$(compile) -fPIC -fvisibility=hidden -DRRING_NO_INLINE \
		-DPy_LIMITED_API=0x030b0000 -isystem $(PY_HEADERS)

$(PY_MODULE): $(PY_OBJECTS) $(FFI_SHARED)
	@mkdir -p $(@D)
	$(link) -shared $(PY_OBJECTS) -L$(B) -l:$(notdir $(FFI_SHARED)) \
		-Wl,-rpath,'$$ORIGIN/../../..'

$(PY_TO)/rusted_ring/%: $(PY_FROM)/rusted_ring/%
	@mkdir -p $(@D)
	cp $< $@

# With the library, both checked: what a test loads libasan.so for. By gcc, as
# that has the sanitizers as a shared library.
bindings-python-asan:
	+@$(MAKE) --no-print-directory B=$(B)/asan-python CC=gcc CFLAGS="-O1 -g \
		-fno-omit-frame-pointer -fsanitize=address$(comma)undefined \
		-fno-sanitize-recover=all" bindings-python

# What a guest needs, in a folder of its own: the interpreter, the package, its
# tests and examples.
PY_GUEST := $(B)/bindings/python-guest

bindings-python-guest: bindings-python
	rm -rf $(PY_GUEST)
	$(PYTHON) -B selftests/device/bindings/interpreter.py $(PY_GUEST) \
		$(addprefix $(PY_FROM)/,rusted_ring tests examples)
	mkdir $(PY_GUEST)/package
	cp -r $(PY_TO)/rusted_ring $(PY_GUEST)/package
	cp -r $(PY_FROM)/tests $(PY_FROM)/examples $(PY_GUEST)
	cp $(FFI_SHARED) $(PY_GUEST)/lib

-include $(PY_OBJECTS:.o=.d)

.PHONY: bindings-python bindings-python-asan bindings-python-guest
