# SPDX-License-Identifier: Apache-2.0
# podman with storage of its own, thrown away afterwards. Sourced behind lib.sh. See README.md for the settings.
# shellcheck shell=bash disable=SC2154

# podman_prepare: storage in $scratch (or in $JUDGE_STORAGE, which the caller shares among judges and removes), and
# containers.conf with what a small virtual machine needs, so that the command line stays as thresh printed it. Its locks are its own:
# the others are in a memory that all storages share, where each new one frees those of the rest.
podman_prepare() {
	need podman runc jq nsenter
	[ "$(id -u)" -eq 0 ] || skip "podman is judged as root"
	storage=${JUDGE_STORAGE:-$scratch/storage}
	mkdir -p "$storage"
	podman_options
	cat > "$storage/containers.conf" <<-CONF
		[containers]
		default_ulimits = ["nofile=20000:20000", "nproc=20000:20000"]
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "none"
		lock_type = "file"
		runtime = "runc"
		[network]
		network_backend = "${JUDGE_NETWORK_BACKEND:-$(podman_network_backend)}"
		network_config_dir = "$storage/networks"
	CONF
	export CONTAINERS_CONF=$storage/containers.conf
}

# podman_options: storage_options for $storage. podman wants at most 50 characters of --runroot, for the sockets in it: a
# temporary directory's own path may be longer, so it lies in /tmp, and $storage/run says where.
podman_options() {
	storage=$(realpath "$storage")
	[ -L "$storage/run" ] || ln -s "$(mktemp -d /tmp/judge.XXXXXX)" "$storage/run"
	storage_options=(--root "$storage/root" --runroot "$(readlink "$storage/run")" --tmpdir "$storage/tmp"
		--storage-driver "${JUDGE_STORAGE_DRIVER:-overlay}")
}

podman_network_backend() {
	if [ -x /usr/lib/podman/netavark ]; then echo netavark; else echo cni; fi
}

own_podman() { podman "${storage_options[@]}" "$@"; }

# podman_load IMAGE NAME: loads oci:DIR[:TAG] or an archive under the name that the command line uses. podman makes a name of
# its own from DIR, which not every path allows (capitals, an underscore at an end): it gets a short one.
podman_load() {
	local id name=${2%%@*} reference=$1
	if [[ $1 == oci:* ]]; then
		split_reference "$1"
		ln -sfn "$(realpath "$layout")" "$storage/image"
		reference=oci:image${1#"oci:$layout"}
	fi
	id=$(cd "$storage" && own_podman pull --quiet "$reference") || die "$1: podman cannot load it"
	own_podman tag "$id" "$name"
}

# podman_remove: containers first, for their mounts lie in the storage. Never `podman system reset`: it takes the networks
# of the user's own podman with it.
podman_remove() {
	own_podman rm --all --force --time 0 >/dev/null 2>&1 || true
	umount -l "$storage/root/overlay" "$storage/root" 2>/dev/null || true
	rm -rf "$(readlink "$storage/run")"
}
