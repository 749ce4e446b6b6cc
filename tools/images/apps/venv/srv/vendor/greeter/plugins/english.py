# SPDX-License-Identifier: Apache-2.0
def greet():
    return "good day"
