# SPDX-License-Identifier: MPL-2.0
#
# The writer of the run in which readers of all languages read one ring.

MIXED	:= $(B)/bindings/mixed/mixed_c

bindings-mixed: $(MIXED) ## the writer for readers of all languages

$(MIXED): selftests/device/bindings/mixed/mixed_c.c $(STATIC) mk/bindings-mixed.mk
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(STATIC) -lpthread

.PHONY: bindings-mixed
