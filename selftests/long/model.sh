#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# The models of the protocol, with all mutations; MODEL_BOUNDS=large: more.
set -eu
exec "$(dirname "$0")/../model/search" "${MODEL_BOUNDS:-full}"
