# SPDX-License-Identifier: Apache-2.0
def greet():
    import locale
    return "guten Tag" if locale else ""
