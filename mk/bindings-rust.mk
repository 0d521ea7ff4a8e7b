# SPDX-License-Identifier: MPL-2.0
#
# The crate for Rust, in build/bindings/rust, with the library of build/. A crate of
# a user depends on ulib/bindings/rust and finds the library that was installed.

CARGO	?= cargo
RUST	:= ulib/bindings/rust
RUST_TO	:= $(B)/bindings/rust
rust_in	 = cd $(RUST) && RUSTED_RING_LIB_DIR=$(abspath $(1)) \
	   RUSTED_RING_STATIC=1 CARGO_TARGET_DIR=$(abspath $(2))

bindings-rust: $(FFI_STATIC) ## the crate for Rust, and its examples
	$(call rust_in,$(B),$(RUST_TO)) $(WERROR:%=RUSTFLAGS=-Dwarnings) \
		$(CARGO) build --locked --offline --release --quiet --examples

# The tests with a sanitizer, both in the crate and in the library. $(1): its name,
# $(2): flags for clang, $(3): for rustc, which is a nightly one.
rust_checked = @$(MAKE) --no-print-directory B=$(B)/$(1) CC=clang \
	   CFLAGS="-O1 -g -fno-omit-frame-pointer $(2)" \
	   $(B)/$(1)/$(notdir $(FFI_STATIC)) && \
	   $(call rust_in,$(B)/$(1),$(RUST_TO)-$(1)) RRING_BACKEND=process \
		RUSTFLAGS="$(3)" $(CARGO) +nightly test --locked --offline \
		--tests --target $(shell uname -m)-unknown-linux-gnu

bindings-rust-asan:
	+$(call rust_checked,asan,-fsanitize=address$(comma)undefined \
		-fno-sanitize-recover=all,-Zsanitizer=address)

# The standard library was compiled without the sanitizer: see the suppressions.
bindings-rust-tsan: export TSAN_OPTIONS = suppressions=$(abspath \
		selftests/host/bindings_rust/tsan.suppressions)
bindings-rust-tsan:
	+$(call rust_checked,tsan,-fsanitize=thread,-Zsanitizer=thread \
		-Cunsafe-allow-abi-mismatch=sanitizer)

.PHONY: bindings-rust bindings-rust-asan bindings-rust-tsan
