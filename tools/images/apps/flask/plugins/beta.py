# SPDX-License-Identifier: Apache-2.0
import statistics

NAME = f"beta{statistics.mean([1, 3])}"
