#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# layout.sh IMAGE: skopeo, umoci and oci-image-tool read the image IMAGE (oci:DIR[:TAG], or an archive in a form that skopeo
# knows), unpack it, and find nothing wrong. GNU tar and sha256sum have their say on each layer.
. "$(dirname "$0")/lib.sh"
[ $# -eq 1 ] || die "usage: layout.sh IMAGE"
need skopeo jq
scratch

skopeo inspect --raw "$1" > "$scratch/manifest.json" || die "$1: skopeo cannot read the manifest"
skopeo inspect --config "$1" > "$scratch/config.json" || die "$1: skopeo cannot read the config"
jq -e '.rootfs.diff_ids | length > 0' "$scratch/config.json" >/dev/null || die "$1: no layers in the config"
# A copy checks every blob against its digest.
skopeo copy --quiet "$1" "oci:$scratch/copy:judged" || die "$1: skopeo cannot copy it"
say "$1: skopeo: ok"
case $1 in
oci:*) split_reference "$1" ;;
*) layout=$scratch/copy tag=judged ;;
esac

# GNU tar reads each layer to its end, and what is unpacked has the diff ID that the config says.
number=0 zstd=''
while read -r type digest; do
	case $type in
	*+gzip | *.gzip) unpack=(gzip -dc) ;;
	*+zstd) unpack=(zstd -dc) zstd=1; need zstd ;;
	*) unpack=(cat) ;;
	esac
	want=$(jq -r ".rootfs.diff_ids[$number]" "$scratch/config.json")
	got=$("${unpack[@]}" < "$scratch/copy/blobs/sha256/${digest#sha256:}" | tee >(tar -tf - >/dev/null || echo bad > "$scratch/tar") | sha256sum)
	[ "sha256:${got%% *}" = "$want" ] || die "$1: layer $number: the diff ID is not what the config says"
	number=$((number + 1))
done < <(jq -r '.layers[] | "\(.mediaType) \(.digest)"' "$scratch/copy/blobs/sha256/$(jq -r '.manifests[0].digest' "$scratch/copy/index.json" | cut -d: -f2)")
wait
[ ! -e "$scratch/tar" ] || die "$1: GNU tar cannot read a layer"
say "$1: tar: ok"
# Debian 12's umoci and oci-image-tool are older than zstd layers, and so is docker's archive.
[ -z "$zstd" ] || exit 0
skopeo copy --quiet "$1" "docker-archive:$scratch/copy.tar:judged:latest" || die "$1: skopeo cannot make a docker archive of it"

need umoci
rootless=(); [ "$(id -u)" -eq 0 ] || rootless=(--rootless)
umoci unpack "${rootless[@]}" --image "$layout:$tag" "$scratch/bundle" >/dev/null || die "$1: umoci cannot unpack it"
[ -d "$scratch/bundle/rootfs" ] || die "$1: umoci unpacked nothing"
say "$1: umoci: ok"

need oci-image-tool
# It finds a name only where at most one other entry follows it (it removes what does not fit from the list that it walks), and a
# sealed image has several that refer to it: it looks at the copy, which holds the image alone, and at the index by itself.
oci-image-tool validate --type image --ref name=judged "$scratch/copy" || die "$1: oci-image-tool finds it invalid"
oci-image-tool validate --type imageIndex "$layout/index.json" || die "$1: oci-image-tool finds its index invalid"
say "$1: oci-image-tool: ok"
