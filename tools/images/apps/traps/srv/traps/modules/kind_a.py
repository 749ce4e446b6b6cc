# SPDX-License-Identifier: Apache-2.0
import fractions

TEXT = f"computed {fractions.Fraction(1, 2)}"
