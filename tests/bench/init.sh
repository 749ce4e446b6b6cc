#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What thresh-init costs: file size, resident set while it stays, and start latency over a direct exec (median).
#
#     tests/bench/init.sh BUILD [SPAWNS]
set -eu

build=$1
count=${2:-400}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
cc -O2 -D_GNU_SOURCE -o "$work/spawn" "$here/init-spawn.c"
exec_dir=$work/root
mkdir -p "$exec_dir/.thresh" "$exec_dir/bin" "$exec_dir/tmp" "$exec_dir/dev" "$exec_dir/proc"
cp "$build/src/init/thresh-init" "$exec_dir/.thresh/init"
printf '#include <unistd.h>\nint main(int c, char **v) { (void)v; if (c > 1) pause(); return 0; }\n' >"$work/true.c"
musl-gcc -O2 -static -o "$exec_dir/bin/true" "$work/true.c"
printf 'thresh-init: %s bytes\n' "$(stat -c %s "$exec_dir/.thresh/init")"
"$work/spawn" "$exec_dir" "$count"
