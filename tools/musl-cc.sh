#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds one static program with musl: tools/musl-cc.sh OUTPUT DEPFILE WORKDIR [FLAG|SOURCE]...
#
# Debian's musl-tools ships no linux/, asm/ and asm-generic/ headers, so WORKDIR/kernel gets links to the
# system's, searched after musl's own. Sources are the arguments that end in .c; all others go to the compiler.
# Each source becomes an object below WORKDIR, and their dependencies one DEPFILE for OUTPUT.
# MUSL_CC names another compiler (musl-gcc by default), e.g. `MUSL_CC=aarch64-linux-gnu-gcc` for a cross-check.
set -eu

output=$1 depfile=$2 work=$3
shift 3
cc=${MUSL_CC:-musl-gcc}
command -v "$cc" >/dev/null || { echo "musl-cc.sh: $cc is not installed (Debian: musl-tools)" >&2; exit 1; }

kernel=$work/kernel
mkdir -p "$kernel"
case $cc in
*-linux-gnu-gcc*) multiarch=${cc##*/}; multiarch=${multiarch%-gcc*}; root=/usr/$multiarch/include ;;
*) multiarch=$(gcc -print-multiarch); root=/usr/include ;;
esac
asm=$root/asm
[ -d "$asm" ] || asm=$root/$multiarch/asm
for pair in "linux=$root/linux" "asm-generic=$root/asm-generic" "asm=$asm"; do
	[ -d "${pair#*=}" ] || { echo "musl-cc.sh: ${pair#*=}: no kernel headers (Debian: linux-libc-dev)" >&2; exit 1; }
	ln -sfn "${pair#*=}" "$kernel/${pair%%=*}"
done

count=$#
sources=
objects=
while [ "$count" -gt 0 ]; do
	argument=$1
	shift
	count=$((count - 1))
	case $argument in
	*.c) sources="$sources $argument" ;;
	*) set -- "$@" "$argument" ;;
	esac
done

: >"$depfile.new"
for source in $sources; do
	object=$work/$(echo "$source" | tr '/.' '__').o
	"$cc" -std=gnu17 -D_GNU_SOURCE -O2 -fno-pie -Wall -Wextra -Wshadow -Wstrict-prototypes \
		-Wmissing-prototypes -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
		-idirafter "$kernel" "$@" -MD -MF "$object.d" -MT "$output" -c -o "$object" "$source"
	cat "$object.d" >>"$depfile.new"
	objects="$objects $object"
done
# shellcheck disable=SC2086
"$cc" -static -no-pie -O2 "$@" -Wl,--gc-sections -Wl,--build-id=none -s -o "$output" $objects
mv "$depfile.new" "$depfile"
