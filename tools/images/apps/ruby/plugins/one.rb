# SPDX-License-Identifier: Apache-2.0
require "digest"
Digest::SHA256.hexdigest("one")
