# SPDX-License-Identifier: MPL-2.0
#
# The crate for Rust, in build/bindings/rust, with the library of build/. A crate of
# a user depends on ulib/bindings/rust and finds the library that was installed.

CARGO	?= cargo
RUST	:= ulib/bindings/rust
RUST_TO	:= $(B)/bindings/rust
rust_env = RUSTED_RING_LIB_DIR=$(abspath $(B)) RUSTED_RING_STATIC=1 \
	   CARGO_TARGET_DIR=$(abspath $(RUST_TO)) \
	   $(WERROR:%=RUSTFLAGS=-Dwarnings)

bindings-rust: $(FFI_STATIC) ## the crate for Rust, and its examples
	cd $(RUST) && $(rust_env) $(CARGO) build --locked --offline --release \
		$(if $(findstring s,$(firstword -$(MAKEFLAGS))),--quiet) --examples

bindings-rust-test: $(FFI_STATIC)
	cd $(RUST) && $(rust_env) RRING_BACKEND=process $(CARGO) test --locked \
		--offline

.PHONY: bindings-rust bindings-rust-test
