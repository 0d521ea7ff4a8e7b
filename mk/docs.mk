# SPDX-License-Identifier: MPL-2.0
#
# The documents, for a browser.

##@ Documents

# A script of the kernel, which its headers have.
KERNEL_DOC ?= $(KDIR)/scripts/kernel-doc

html: ## build/html: Documentation/, the manual pages, the API of the module
	@tools/setup docs
	@$(MAKE) --no-print-directory run-html \
		KERNEL_DOC="$$(tools/vm --headers)/scripts/kernel-doc"

run-html:
	tools/html "$(KERNEL_DOC)" $(B)/docs
	sphinx-build -q -W --keep-going -b html $(B)/docs $(B)/html

.PHONY: html run-html
