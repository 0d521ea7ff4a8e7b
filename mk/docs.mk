# SPDX-License-Identifier: MPL-2.0
#
# The documents, for a browser.

##@ Documents

html: ## build/html: the pages of Documentation/
	@tools/setup docs
	sphinx-build -q -W --keep-going -b html Documentation $(B)/html

.PHONY: html
