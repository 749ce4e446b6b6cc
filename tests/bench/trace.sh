#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/bench/trace.sh BUILD [RUNS]: the tracer's slowdown as ratios within one run. Aim: python start at most 1.20.
set -eu
build=${1:?usage: tests/bench/trace.sh BUILD [RUNS]}
runs=${2:-30}
ninja -C "$build" bench-trace src/agent/thresh-agent >/dev/null 2>&1 || ninja -C "$build" >/dev/null
THRESH_AGENT=$build/src/agent/thresh-agent
export THRESH_AGENT
bench=$(find "$build" -name bench-trace -type f | head -n 1)
"$bench" "$runs" /usr/bin/python3 -c pass
"$bench" 3 /usr/bin/find /usr/share/doc
