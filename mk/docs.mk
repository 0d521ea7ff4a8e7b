# SPDX-License-Identifier: MPL-2.0
#
# The documents, for a browser.

##@ Documents

html: ## build/html: Documentation/, the manual pages, the API of the module
	@tools/setup docs
	tools/html "$$(tools/vm --headers)/scripts/kernel-doc" $(B)/docs
	sphinx-build -q -W --keep-going -b html $(B)/docs $(B)/html

.PHONY: html
