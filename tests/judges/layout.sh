#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# layout.sh IMAGE: skopeo, umoci and oci-image-tool read the image IMAGE (oci:DIR[:TAG], or an archive in a form that skopeo
# knows), unpack it, and find nothing wrong.
. "$(dirname "$0")/lib.sh"
[ $# -eq 1 ] || die "usage: layout.sh IMAGE"
need skopeo jq
scratch

skopeo inspect --raw "$1" > "$scratch/manifest.json" || die "$1: skopeo cannot read the manifest"
skopeo inspect --config "$1" > "$scratch/config.json" || die "$1: skopeo cannot read the config"
jq -e '.rootfs.diff_ids | length > 0' "$scratch/config.json" >/dev/null || die "$1: no layers in the config"
# A copy checks every blob against its digest, and every layer against its diff ID.
skopeo copy --quiet "$1" "oci:$scratch/copy:judged" || die "$1: skopeo cannot copy it"
skopeo copy --quiet "$1" "docker-archive:$scratch/copy.tar:judged:latest" || die "$1: skopeo cannot make a docker archive of it"
say "$1: skopeo: ok"
case $1 in
oci:*) split_reference "$1" ;;
*) layout=$scratch/copy tag=judged ;;
esac

need umoci
rootless=(); [ "$(id -u)" -eq 0 ] || rootless=(--rootless)
umoci unpack "${rootless[@]}" --image "$layout:$tag" "$scratch/bundle" >/dev/null || die "$1: umoci cannot unpack it"
[ -d "$scratch/bundle/rootfs" ] || die "$1: umoci unpacked nothing"
say "$1: umoci: ok"

need oci-image-tool
oci-image-tool validate --type image --ref "name=$tag" "$layout" || die "$1: oci-image-tool finds it invalid"
say "$1: oci-image-tool: ok"
