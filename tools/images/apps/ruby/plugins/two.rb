# SPDX-License-Identifier: Apache-2.0
require "set"
Set.new([2])
