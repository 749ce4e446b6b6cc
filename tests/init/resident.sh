#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tests/init/resident.sh THRESH-INIT: what stays in memory calls and reads nothing that is given back (src/init/resident.h);
# and what init_start leaves out of the libc's start is missed by nothing.
# What its section jumps to lies in it; what it reads and writes by address, in it or in .bss. Prints TAP.
set -eu

program=$1
section() {
	objdump -h "$program" | awk -v name="$1" '$2 == name { print "0x" $4, "0x" $3 }'
}
within() { # ADDRESS START SIZE
	[ $(($1)) -ge $(($2)) ] && [ $(($1)) -lt $(($2 + $3)) ]
}

echo 1..4
# shellcheck disable=SC2046
set -- $(section resident) $(section .bss)
[ $# -eq 4 ] || { echo "not ok 1 - the program has a section \"resident\""; exit 1; }
echo "ok 1 - the program has a section \"resident\""
disassembly=$(objdump -d --no-show-raw-insn -j resident "$program" | awk -F'\t' 'NF > 1 { print $2 }')

outside=
for address in $(echo "$disassembly" | sed -nE 's/^(call|j[a-z]+) +(0x[0-9a-f]+).*/\2/p' | sort -u); do
	within "$address" "$1" "$2" || outside="$outside $address"
done
[ -z "$outside" ] && echo "ok 2 - it calls what stays" || echo "not ok 2 - it calls what stays #$outside"

# Memory that is read or written by address; numbers ($0x…) are what shrink gives back.
outside=
# shellcheck disable=SC2016 # a dollar of the disassembly
for address in $(echo "$disassembly" | grep -vE '^(call|j)' | grep -oE '(^|[^$0-9a-fx])0x[0-9a-f]{6,}' | grep -oE '0x[0-9a-f]+' | sort -u); do
	within "$address" "$1" "$2" || within "$address" "$3" "$4" || outside="$outside $address"
done
[ -z "$outside" ] && echo "ok 3 - it reads what stays" || echo "not ok 3 - it reads what stays #$outside"

# start.c sets no thread pointer: what a part of the libc reads by it is at no address.
using=$(objdump -d --no-show-raw-insn "$program" | grep -cE '%fs:|tpidr_el0') || true
[ "$using" -eq 0 ] && echo "ok 4 - nothing uses a thread pointer" || echo "not ok 4 - nothing uses a thread pointer # $using instructions"
