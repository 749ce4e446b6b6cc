#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Real images, driven by nothing but GET / (redis: a connection), work in podman as emitted: every route of every application,
# also those that no run visited; the documents of the laboratory's images are valid under every judge. The originals give the same answers, or the test would prove nothing (IMAGES_ORIGINALS=1).
# IMAGES_NAMES: which ones; tests/full/images takes all. IMAGES_PRESETS: balanced.
# timeout: 1200
set -u
names=${IMAGES_NAMES:-static nginx redis flask node traps drops}
presets=${IMAGES_PRESETS:-balanced}
judges=$TOP/tests/judges
export THRESH_CACHE=$TMPDIR/cache JUDGE_STORAGE=$TMPDIR/storage
number=0 failed=0

ok() { number=$((number + 1)); echo "ok $number - $*"; }
not_ok() { # not_ok NAME LOG
	number=$((number + 1)) failed=1
	echo "not ok $number - $1"
	tail -n 25 "$2" | sed 's/^/# | /'
}
point() { # point NAME COMMAND...: a test that passes where COMMAND does; 77 is a skip
	local name=$1 status=0
	shift
	"$@" >"$TMPDIR/log" 2>&1 </dev/null || status=$?
	case $status in
	0) ok "$name" ;;
	77) ok "$name # SKIP $(tail -n 1 "$TMPDIR/log")" ;;
	*) not_ok "$name" "$TMPDIR/log" ;;
	esac
	[ "$status" = 0 ]
}

# routes NAME: the COMMAND that judges a container, a word a line: PATH and what must be in its body by turns.
routes() {
	case $1 in
	static) set -- 8080 / "static program" /motd "message of the day" ;;
	nginx) set -- 80 / nginx /more/page.txt page ;;
	flask) set -- 8080 / "hello from flask" "/?who=you" you /page "page" /report "1," /plugins beta /write written ;;
	node) set -- 3000 / "hello from node" /lazy "" /data "" /plugins "one,3fc4" /write written /intl "1.1.1970" \
		/exports exported /computed computed ;;
	java) set -- 8080 / "hello from java" /lazy "lazy" /resource "from a resource" /plugins "first" /write written \
		/zone Europe/Berlin /tls tls ;;
	venv) set -- 8080 / "virtual environment" /plugins "guten Tag" /data "" /lazy "<a/>1.1" /version 1.0 /write written ;;
	perl) set -- 8080 / "hello from perl" /lazy "" /file "" /utf8 2 /write written ;;
	php) set -- 8080 / "hello from php" /lazy "" /database row /template "" /write written ;;
	ruby) set -- 8080 / "hello from ruby" /lazy "" /plugins "one" /write written ;;
	django) set -- 8000 / "hello from django" /items apple /report "" /upload uploaded ;;
	traps) set -- 8080 / "hello from the traps" /config "hello from the traps" /save saved /beside "visits 1" /beside "visits 2" \
		/seed "shipped in a volume" /plugins "one,two" /entry-points "hard,soft" /old-entry-points "hard,soft" \
		/computed "computed 1/2" /tls "tls enough" /zones "CET 9:00:00 True" /encodings "UTF-8 80" \
		/user "app /srv/traps" /fast "level" /compat "from a 32-bit" /daemon "forked twice" /lowport "by capability" /unseed "kept: more.txt" ;;
	traps-again) set -- 8080 /kept "kept: more.txt" /config "hello from the traps" ;; # in the volume of the first
	drops) set -- 8080 / "insists" /again "still the same" /spool spooled ;;
	redis)
		printf '%s\n' "$judges/redis.sh" 6379
		return ;;
	esac
	printf '%s\n' "$judges/expect.sh" "$@"
}

# judge NAME IMAGE WORDS.json: runs the words, without a network, since nothing that these do needs one.
judge() {
	local words=$TMPDIR/words.json command
	jq '.[0:2] + ["--network", "none"] + .[2:]' "$3" >"$words"
	if [ "$1" = batch ]; then # runs to its end
		"$judges/podman-run.sh" "$2" "$words" >"$TMPDIR/output" || return $?
		grep -qx 'apples 8' "$TMPDIR/output"
		return
	fi
	mapfile -t command < <(routes "$1")
	if [ "$1" = django ]; then
		jq '.[0:2] + ["--add-host", "db:127.0.0.1"] + .[2:]' "$words" >"$words.db" && mv "$words.db" "$words"
		command=("$judges/beside.sh" "oci:$IMAGES/postgres:latest" 5432 "${command[@]}")
	fi
	"$judges/podman-run.sh" "$2" "$words" "${command[@]}"
}

emitted() { # emitted NAME IMAGE: podman as emitted
	"$THRESH" manifest "$2" --target podman --image "localhost/$1:1" --format json >"$TMPDIR/argv.json" || return 1
	judge "$1" "$2" "$TMPDIR/argv.json"
}

# original NAME: the same of the image as it was.
original() {
	printf '["podman", "run", "--rm", "localhost/%s-original:1"]' "$1" >"$TMPDIR/argv.json"
	judge "$1" "oci:$IMAGES/$1:latest" "$TMPDIR/argv.json"
}

# sealed IMAGE: GNU tar finds no shell, package manager, setid file or log in it (status.d names packages, not programs; a link to
# thresh-init stands where a shell was called).
sealed() {
	local layout=${1#oci:} layer
	layout=${layout%:latest}
	for layer in $(jq -r '.layers[].digest' "$layout/blobs/sha256/$(jq -r '.manifests[0].digest' "$layout/index.json" | cut -d: -f2)"); do
		tar -tvf "$layout/blobs/sha256/${layer#sha256:}" || return 1
	done >"$TMPDIR/list"
	! grep -v -e ' var/lib/dpkg/status\.d/' -e '/\(sh\|bash\|dash\) -> /\.thresh/init$' "$TMPDIR/list" | grep -E '/(sh|bash|dash|apt|apt-get|dpkg|pip[0-9.]*|npm|gem)( ->.*)?$|^-..s|^-.....s|/(visits\.txt|config\.json)$'
}

# podman's storage, and with it its volumes, without what the judges before left.
fresh_storage() {
	umount -l "$JUDGE_STORAGE/root/overlay" 2>/dev/null
	umount -l "$JUDGE_STORAGE/root" 2>/dev/null
	[ ! -L "$JUDGE_STORAGE/run" ] || rm -rf "$(readlink "$JUDGE_STORAGE/run")"
	rm -rf "$JUDGE_STORAGE"
	JUDGE_STORAGE=$TMPDIR/storage-$number
}

harden() { # harden NAME DESTINATION PRESET
	local with=()
	[ "$1" != django ] || with=(--with "db=oci:$IMAGES/postgres:latest")
	"$THRESH" harden "oci:$IMAGES/$1:latest" "$2" --preset "$3" --sign "$TMPDIR/key.key" "${with[@]}"
}

"$THRESH" key new --no-password "$TMPDIR/key" >/dev/null
for name in $names; do
	case $name in django) "$TOP/tools/images/make-image" postgres "$IMAGES" >"$TMPDIR/log" 2>&1 ;; esac
	point "$name: made" "$TOP/tools/images/make-image" "$name" "$IMAGES" || continue
	[ -z "${IMAGES_ORIGINALS:-}" ] || point "$name: the original answers" original "$name"
	for preset in $presets; do
		rm -rf "$TMPDIR/sealed"
		fresh_storage
		mkdir "$TMPDIR/sealed"
		image=oci:$TMPDIR/sealed/$name:latest
		point "$name, $preset: hardened" harden "$name" "$image" "$preset" || continue
		point "$name, $preset: nothing in it that must not be" sealed "oci:$TMPDIR/sealed/$name:latest"
		point "$name, $preset: thresh verify finds nothing" "$THRESH" verify "$image" --key "$TMPDIR/key.pub"
		point "$name, $preset: works in podman as emitted" emitted "$name" "$image"
		[ "$name" != traps ] || point "traps, $preset: a volume is filled once" judge traps-again "$image" "$TMPDIR/argv.json"
		case $name in
		nginx | redis | flask | node) # the laboratory's
			point "$name, $preset: a right layout" "$judges/layout.sh" "$image"
			point "$name, $preset: every document is valid under every judge" python3 "$judges/evidence.py" "$TMPDIR/sealed/$name" "$TMPDIR/key.pub"
			;;
		traps) point "$name, $preset: a right layout" "$judges/layout.sh" "$image" ;;
		esac
	done
done
fresh_storage
echo "1..$number"
exit $failed
