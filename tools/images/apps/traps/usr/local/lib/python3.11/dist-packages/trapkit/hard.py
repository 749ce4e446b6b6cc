# SPDX-License-Identifier: Apache-2.0
import colorsys


def name():
    return "hard" if colorsys.rgb_to_hsv(0, 0, 0) else ""
