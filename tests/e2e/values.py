#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 900
"""What a script makes of values: numbers, parts, expressions and lengths that it asks for, what it asks of each argument, what it draws at
random. Each script is sealed, and started with values that learning had not tried; or it is refused, and never learned wrongly."""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from derive import derive  # noqa: E402
from support import Tap, scratch, thresh  # noqa: E402

tap = Tap()
os.chdir(scratch("values"))
os.mkdir("image")


def distilled(name, script, starts, env=(), refused=()):
    """@script (in /bin/sh or bash, as its first line says), learned and sealed, does what it does itself in each of @starts ("NAME=VALUE" lists;
    none of them is one that was learned from) and starts nothing in each of @refused."""
    shutil.rmtree("image")
    derive("flask", "image", {"/values.sh": (script, 0o755)}, Entrypoint=["/values.sh"], Cmd=None, Env=["PATH=/usr/bin:/bin", *env])
    found = thresh("harden", "oci:image", "oci:values")
    if not tap.point(f"{name}: distilled", found.problem(0), found.log):
        return
    with open("values.sh", "wb") as out:
        out.write(script)
    os.chmod("values.sh", 0o755)
    for start in [*starts, *refused]:
        words = [word for entry in start for word in ("--env", entry)]
        found = thresh("run", *words, "oci:values")
        if start in refused:
            tap.point(f"{name}: {start} is refused", found.problem(1), found.log)
            continue
        own = dict(entry.split("=", 1) for entry in ["PATH=/usr/bin:/bin", *env, *start])
        want = subprocess.run(["./values.sh"], env=own, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        tap.point(f"{name}: {start}", found.problem(0) or (None if found.out == want.stdout else f"{found.out!r}, not {want.stdout!r}"), found.log)


def undistilled(name, script, *problem, command=None):
    shutil.rmtree("image")
    derive("flask", "image", {"/values.sh": (script, 0o755)}, Entrypoint=["/values.sh"], Cmd=command)
    found = thresh("harden", "oci:image", "oci:values")
    tap.point(name, found.problem(3, *problem), found.log)


# How a number compares with one that the script's text has is a condition; with another variable's value it is none.
distilled("numbers", b"""#!/bin/bash
n=${WORKERS:-2}
if (( n > 64 )); then mode=many; elif [ "$n" -ge 8 ]; then mode="some-$n"; else mode="few-$n"; fi
if [[ -n "$TIMEOUT" && "$TIMEOUT" -eq 0 ]]; then set -- --no-timeout; fi
if [ "$SIZE" = auto ]; then SIZE=4; elif [ "$SIZE" -gt 16 ] 2>/dev/null; then SIZE=16; fi
exec echo "$mode" "$n" "$SIZE" "$@"
""", [[], ["WORKERS=64"], ["WORKERS=65", "SIZE=15"], ["WORKERS=7"], ["WORKERS=8", "SIZE=17"], ["WORKERS=0"], ["SIZE=auto"], ["TIMEOUT=1"],
      ["TIMEOUT=0", "SIZE=3", "WORKERS=29"]], env=["SIZE=auto"], refused=[["WORKERS=x"], ["WORKERS=010"], ["SIZE=big"]])
undistilled("a number that is compared with a variable", b"""#!/bin/sh
N=${N:-3} LIMIT=${LIMIT:-64}
[ "$N" -gt "$LIMIT" ] && set -- big
exec echo "$N" "$@"
""", "no number of the script's text", "entrypoint.fixed")

# What a script takes by an expression, and no mark matches: texts that do are tried.
shutil.rmtree("image")
derive("flask", "image", {"/expressions.sh": (b"""#!/bin/bash
is_number() { case "$1" in ''|*[!0-9]*) return 1 ;; esac; }
level='^[a-z]+$'
if [[ -v PORT ]] && ! grep -E -q '^[0-9]+$' <<<"${PORT:-}"; then export PORT=8983; fi
if is_number "$THREADS"; then set -- "$@" --threads "$THREADS"; fi
if [[ $LEVEL =~ $level ]]; then set -- "$@" --level "$LEVEL"; fi
if [[ "$URL" =~ ^https?:// ]]; then set -- "$@" --remote; fi
exec echo "${PORT-none}" "$@"
""", 0o755)}, Entrypoint=["/expressions.sh"], Cmd=["x"])
done = thresh("harden", "oci:image", "oci:expressions")
if tap.point("values that expressions take", done.problem(0) or (None if "if matches ${PORT} *[!0-9]*" in done.out else "no pattern is shown"), done.log):
    for env, want in (([], "none x"), (["PORT=99", "LEVEL=debug"], "99 x --level debug"), (["PORT=9x", "THREADS=7"], "8983 x --threads 7"),
                      (["PORT=", "URL=https://a", "THREADS=7x", "LEVEL=Debug"], "8983 x --remote"), (["URL=ftp://a"], "none x")):
        done = thresh("run", *[word for entry in env for word in ("--env", entry)], "oci:expressions")
        tap.point(f"expressions: {env}", done.problem(0) or (None if done.out == want + "\n" else repr(done.out)), done.log)
shutil.rmtree("image")
derive("flask", "image", {"/first.sh": (b"#!/bin/bash\n[[ \"$1\" =~ ^[0-9]+$ ]] && set -- echo --port \"$1\"\nexec \"$@\"\n", 0o755)},
       Entrypoint=["/first.sh"], Cmd=["echo", "x"])
done = thresh("harden", "oci:image", "oci:first")
if tap.point("a first argument that an expression takes", done.problem(0), done.log):
    done = thresh("run", "oci:first", "7")
    tap.point("as the script has it", done.problem(0) or (None if done.out == "--port 7\n" else repr(done.out)), done.log)
undistilled("an expression that no pattern says", b"""#!/bin/bash
[[ "$N" =~ ^-?[0-9]+$ ]] || N=5
exec echo "$N"
""", "/values.sh:2:", "entrypoint.fixed")

# Arguments that a script goes through: that one is among them is a condition, what stands behind it is none. And lengths.
shutil.rmtree("image")
derive("flask", "image", {"/help.sh": (b"""#!/bin/bash
wants_help() { local arg; for arg; do case "$arg" in --help|-V) return 0 ;; esac; done; return 1; }
if [ ${#SECRET} -gt 0 ] && [ ${#SECRET} -lt 8 ]; then echo "SECRET is too short" >&2; exit 1; fi
if ! wants_help "$@"; then export INITIALISED=yes; fi
exec python3 -c 'import os, sys; print(os.environ.get("INITIALISED"), sys.argv[1:])' "$@"
""", 0o755)}, Entrypoint=["/help.sh"], Cmd=["serve"])
done = thresh("harden", "oci:image", "oci:help")
if tap.point("a script that looks at each argument, and at a length", done.problem(0) or (None if "if among --help" in done.out else "no condition is shown"), done.log):
    for words, secret, status, want in ((["serve", "a"], "12345678", 0, "yes ['serve', 'a']\n"), (["serve", "a", "b", "-V"], "123456789", 0, "None ['serve', 'a', 'b', '-V']\n"),
                                        (["x"], "1234567", 1, ""), (["x"], "", 0, "yes ['x']\n")):
        done = thresh("run", "--env", f"SECRET={secret}", "oci:help", *words)
        tap.point(f"as the script: {words}, a secret of {len(secret)}", done.problem(status, *(["too short"] if status else [])) or (
            None if done.out == want else repr(done.out)), done.log)
undistilled("options in any order are refused", b"""#!/bin/bash
while getopts p:v o; do case $o in p) PORT=$OPTARG ;; v) export VERBOSE=1 ;; esac; done
shift $((OPTIND - 1))
exec echo --port ${PORT:-80} "$@"
""", "/values.sh", "entrypoint.plan", command=["x"])
undistilled("a number that is only tested is not passed over", b"""#!/bin/sh
[ "$N" -eq "$N" ] 2>/dev/null || N=5
exec echo $N
""", "/values.sh", "entrypoint.fixed")

# What is drawn at random has a form that the plan keeps.
shutil.rmtree("image")
derive("flask", "image", {"/drawn.sh": (b"""#!/bin/bash
echo "id=$(cat /proc/sys/kernel/random/uuid)" > /tmp/conf
echo "secret = '$(tr -dc 'a-zA-Z0-9~!@#$%^*_()+}{?>;.,=-' < /dev/urandom | head -c 32)';" >> /tmp/conf
exec python3 -c 'import re; print(bool(re.fullmatch(r"id=[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\nsecret = .[!-~]{32}.;\\n", open("/tmp/conf").read())))'
""", 0o755)}, Entrypoint=["/drawn.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:drawn")
if tap.point("a UUID, and a secret of all kinds of signs", done.problem(0) or (
        None if " uuid\n" in done.out and " 32 alphanumeric" in done.out else "no step is shown"), done.log):
    done = thresh("run", "oci:drawn")
    tap.point("they are drawn in their forms", done.problem(0) or (None if done.out == "True\n" else repr(done.out)), done.log)

# All variables with a prefix are taken from the application: which there are need not be known.
shutil.rmtree("image")
derive("flask", "image", {"/prefix.sh": (b"""#!/bin/bash
export USER_IS=${APP_INIT_USER:-nobody}
unset "${!APP_INIT_@}"
exec python3 -c 'import os; print(os.environ["USER_IS"], sorted(name for name in os.environ if name.startswith("APP")))'
""", 0o755)}, Entrypoint=["/prefix.sh"], Cmd=None)
done = thresh("harden", "oci:image", "oci:prefix")
if tap.point("variables that are unset by their prefix", done.problem(0) or (None if "unset APP_INIT_*" in done.out else "no step is shown"), done.log):
    done = thresh("run", "--env", "APP_INIT_PASSWORD=x", "--env", "APP_INIT_USER=me", "--env", "APP_NAME=b", "oci:prefix")
    tap.point("the application has none of them", done.problem(0) or (None if done.out == "me ['APP_NAME']\n" else repr(done.out)), done.log)

# Parts of values: before and behind a text, of a value, of a default, of a secret; what has no such text, several, or one at an end.
distilled("parts of values", b"""#!/bin/bash
set -e
DB=${DB_HOST:-db:5432}
IFS=: read -r peer port <<< "$PEER"
app=$(echo "${APP:-shop/web}" | cut -d/ -f2)
echo "host=${DB%%:*} port=${DB##*:} app=$app" > /tmp/conf
exec echo "$(cat /tmp/conf)" "--peer=${peer:-none}" "--peer-port=${port:-7000}" "${BASE%/}/api" "${BASE%/}"
""", [[], ["DB_HOST=a.example:1"], ["DB_HOST=a:b:2", "APP=x/y/z"], ["DB_HOST=a"], ["DB_HOST=:3"], ["PEER=p", "APP=x"], ["PEER=p:1", "BASE=http://x/"],
      ["PEER=p:1:2", "BASE=x//"], ["PEER=:9", "BASE=/"], ["APP=/x"]], env=["DB_HOST=here:99"])
distilled("a URL", b"""#!/bin/sh
set -e
url=${DATABASE_URL:-pg://app:secret@db:5432/main} rest=${url#*://}
login=${rest%%@*}
export DB_USER="${login%%:*}" DB_PASSWORD="${login#*:}"
exec printenv DB_USER DB_PASSWORD
""", [[], ["DATABASE_URL=h"]], refused=[["DATABASE_URL=pg://u:p@h:1/d"], ["DATABASE_URL=u:p"], ["DATABASE_URL=u@h"]])
for name, script in (("a length", b"#!/bin/sh\nexec echo ${#TOKEN}\n"), ("a hash", b"#!/bin/sh\nexec echo $(printf %s \"$TOKEN\" | md5sum | cut -d' ' -f1)\n"),
                     ("some bytes", b"#!/bin/bash\nexec echo \"${TOKEN:0:3}\"\n")):
    undistilled(f"{name} is no part", script, "TOKEN", "entrypoint.fixed")

tap.end()
