# SPDX-License-Identifier: Apache-2.0
def name():
    return "soft"
