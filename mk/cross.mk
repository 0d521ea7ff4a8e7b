# SPDX-License-Identifier: MPL-2.0
#
# make ARCH=arm64 on another machine: Debian's cross compiler, and the libraries and
# headers that tools/arm64 unpacks. Without KDIR the module is for the kernel arm64 of
# tools/backport.

ifneq ($(CROSS),)
CROSS_COMPILE ?= aarch64-linux-gnu-
SYSROOT	:= $(or $(shell tools/arm64),$(error there are no libraries for arm64))
KDIR	?= $(shell tools/vm --kernel arm64 --headers)
KDIR	:= $(KDIR)
# Kbuild reads both.
export ARCH CROSS_COMPILE
endif
