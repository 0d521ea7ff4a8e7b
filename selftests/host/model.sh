#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# The models of the protocol, in small bounds.
set -eu
exec "$(dirname "$0")/../model/search" small
