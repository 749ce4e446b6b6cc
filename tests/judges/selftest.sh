#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# selftest.sh IMAGE: the judges of layout.sh can say no. Damages copies of IMAGE (oci:DIR[:TAG]) in one way each, and expects
# a refusal of every one.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || die "usage: selftest.sh IMAGE"
need skopeo jq umoci oci-image-tool
split_reference "$1"
scratch
skopeo copy --quiet "$1" "oci:$scratch/whole:judged"
"$here/layout.sh" "oci:$scratch/whole:judged" >/dev/null || die "$1: the whole image is refused"

# damage NAME COMMAND: COMMAND gets $index, $manifest, $config and $layer, the files of a fresh copy.
damage() {
	rm -rf "$scratch/hurt"
	cp -r "$scratch/whole" "$scratch/hurt"
	blobs=$scratch/hurt/blobs/sha256 index=$scratch/hurt/index.json
	manifest=$blobs/$(jq -r '.manifests[0].digest' "$index" | cut -d: -f2)
	config=$blobs/$(jq -r '.config.digest' "$manifest" | cut -d: -f2)
	layer=$blobs/$(jq -r '.layers[-1].digest' "$manifest" | cut -d: -f2)
	"$2"
	if "$here/layout.sh" "oci:$scratch/hurt:judged" >/dev/null 2>&1; then
		die "$1: not noticed"
	fi
	say "$1: refused"
}

# replace FILE: puts standard input in its place under its new digest, and says so to who points there.
replace() {
	local new old size
	cat > "$scratch/new"
	old=$(basename "$1") new=$(sha256sum "$scratch/new" | cut -d' ' -f1) size=$(stat -c %s "$scratch/new")
	mv "$scratch/new" "$blobs/$new"
	point() { jq -c --arg old "sha256:$old" --arg new "sha256:$new" --argjson size "$size" \
		'(.. | objects | select(.digest? == $old)) |= (.digest = $new | .size = $size)' "$1"; }
	if [ "$1" = "$manifest" ]; then
		point "$index" > "$scratch/index" && mv "$scratch/index" "$index"
	else
		point "$manifest" > "$scratch/manifest" && replace "$manifest" < "$scratch/manifest"
	fi
}

byte_in_layer() { printf 'X' | dd of="$layer" bs=1 seek=100 conv=notrunc status=none; }
short_layer() { truncate -s -1 "$layer"; }
no_layer() { rm "$layer"; }
no_config() { rm "$config"; }
other_diff_id() { jq -c '.rootfs.diff_ids[-1] = "sha256:" + ("0" * 64)' "$config" > "$scratch/c" && replace "$config" < "$scratch/c"; }
no_diff_ids() { jq -c '.rootfs.diff_ids = []' "$config" > "$scratch/c" && replace "$config" < "$scratch/c"; }
not_json() { echo '{' > "$index"; }

damage "a byte of a layer changed" byte_in_layer
damage "a layer cut short" short_layer
damage "a layer missing" no_layer
damage "the config missing" no_config
damage "another diff ID" other_diff_id
damage "no diff IDs" no_diff_ids
damage "an index that is not JSON" not_json
