#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 400
"""The manifests hold: config.json runs under runc, the Deployment passes Pod Security `restricted` field by field, podman's
words give a container that fails where a seed was removed by hand."""
import gzip
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from derive import derive, image  # noqa: E402
from support import PATIENCE, TOP, Tap, blob, digest, manifest_of, put, scratch, thresh, until  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
for tool in ("runc", "umoci", "podman", "curl", "nsenter", "zstd"):
    if not shutil.which(tool):
        print(f"not installed: {tool}")
        sys.exit(77)
if os.geteuid() != 0:
    print("runc and podman are asked as root")
    sys.exit(77)
tap = Tap()
os.chdir(scratch("manifests"))


# --- Kubernetes ---

def scalar(text):
    if text[:1] in "\"'[{":
        return json.loads(text)
    return {"true": True, "false": False}.get(text, int(text) if re.fullmatch(r"\d+", text) else text)


def read_block(lines, indent):
    """What begins at lines[0], all of it at least @indent deep: the part of YAML that block style with plain keys is."""
    if lines[0][1].startswith("- "):
        found = []
        while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
            rest = lines[0][1][2:]
            lines[0] = (indent + 2, rest)
            found.append(read_block(lines, indent + 2) if re.match(r"[\w./-]+:( |$)", rest) else scalar(lines.pop(0)[1]))
        return found
    found = {}
    while lines and lines[0][0] == indent and not lines[0][1].startswith("- "):
        name, _, value = lines.pop(0)[1].partition(":")
        value = value.strip()
        if not value and lines and (lines[0][0] > indent or lines[0][0] == indent and lines[0][1].startswith("- ")):
            found[name] = read_block(lines, lines[0][0])
        else:
            found[name] = scalar(value) if value else None
    return found


def documents(text):
    for part in re.split(r"^---$", text, flags=re.MULTILINE):
        lines = [(len(line) - len(line.lstrip()), line.strip()) for line in part.splitlines()
                 if line.strip() and not line.strip().startswith("#")]
        if lines:
            yield read_block(lines, 0)


def restricted(pod):
    """What Pod Security `restricted` (and the baseline below it) refuses in a pod's spec."""
    problems = [f"{name} is set" for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name)]
    allowed_volumes = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
    safe_sysctls = {"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
                    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports"}
    context = pod.get("securityContext", {})
    for volume in pod.get("volumes", []):
        problems += [f"volume {kind}" for kind in set(volume) - {"name"} - allowed_volumes]
    problems += [f"sysctl {one['name']}" for one in context.get("sysctls", []) if one["name"] not in safe_sysctls]
    for container in pod["containers"] + pod.get("initContainers", []):
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            problems.append("allowPrivilegeEscalation")
        if own.get("privileged") or any(port.get("hostPort") for port in container.get("ports", [])):
            problems.append("privileged or hostPort")
        if own.get("capabilities", {}).get("drop") != ["ALL"] or set(own["capabilities"].get("add", [])) - {"NET_BIND_SERVICE"}:
            problems.append("capabilities")
        if own.get("runAsNonRoot", context.get("runAsNonRoot")) is not True or 0 in (own.get("runAsUser", 1),
                                                                                   context.get("runAsUser", 1)):
            problems.append("runAsNonRoot")
        if own.get("seccompProfile", context.get("seccompProfile", {})).get("type") not in ("RuntimeDefault", "Localhost"):
            problems.append("seccompProfile")
        if own.get("readOnlyRootFilesystem") is not True:
            problems.append("readOnlyRootFilesystem")
    return problems


def check_kubernetes(name):
    seal = seal_of(name)
    text = thresh("manifest", f"oci:{name}:latest", "--target", "kubernetes", "--image", "registry.example/team/app:1").out
    found = list(documents(text))
    pod = next(one for one in found if one["kind"] == "Deployment")["spec"]["template"]["spec"]
    tap.point(f"{name}: Pod Security restricted", "; ".join(restricted(pod)) or None, text)
    container, problems = pod["containers"][0], []
    with open(f"{name}/index.json", encoding="utf-8") as stream:
        pinned = json.load(stream)["manifests"][0]["digest"]
    if container["image"] != f"registry.example/team/app@{pinned}":
        problems.append(f"image {container['image']}")
    volumes = {one["name"]: one for one in pod.get("volumes", [])}
    mounts = {one["mountPath"]: volumes[one["name"]] for one in container["volumeMounts"]}
    if set(mounts) != {one["path"] for one in seal["writable"]}:
        problems.append(f"mounts {sorted(mounts)}")
    for one in seal["writable"]:
        mount = mounts.get(one["path"], {})
        memory = mount.get("emptyDir", {})
        want = f"{one.get('size_bytes', 0) >> 20}Mi"
        if one.get("volume"):
            claims = [claim["metadata"]["name"] for claim in found if claim["kind"] == "PersistentVolumeClaim"]
            if mount.get("persistentVolumeClaim", {}).get("claimName") not in claims or not pod["securityContext"].get("fsGroup"):
                problems.append(f"{one['path']}: no claim, or no fsGroup")
        elif memory.get("medium") != "Memory" or str(memory.get("sizeLimit")) not in (want, want.replace("024Mi", "Gi")):
            problems.append(f"{one['path']}: {mount}, want {want}")
    context = pod["securityContext"]
    if (context["runAsUser"], context["runAsGroup"]) != (seal["uid"], seal["gid"]):
        problems.append(f"user {context}")
    tap.point(f"{name}: digest, mounts, sizes and user are the image's", "; ".join(problems) or None, text)


# --- the OCI runtime ---

def seal_of(name):
    document = json.loads(blob(name, manifest_of(name)["config"]["digest"]))
    return json.loads(document["config"]["Labels"]["dev.thresh.seal"])


def check_runtime(name, port, path, want):
    bundle, container = f"{name}-bundle", f"thresh-test-{os.getpid()}-{name}"
    subprocess.run(["umoci", "unpack", "--image", f"{name}:latest", bundle], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    config = json.loads(thresh("manifest", f"oci:{name}:latest", "--target", "oci-runtime").out)
    with open(f"{bundle}/config.json", "w", encoding="utf-8") as stream:
        json.dump(config, stream)
    user = config["process"]["user"]
    for mount in config["mounts"]:
        if mount["source"].startswith("volumes/"):
            os.makedirs(f"{bundle}/{mount['source']}")
            os.chown(f"{bundle}/{mount['source']}", user["uid"], user["gid"])
    state = os.path.join(os.getcwd(), "runc")
    with open(f"{name}.log", "wb") as log:
        running = subprocess.Popen(["runc", "--root", state, "run", "--pid-file", "pid", container], cwd=bundle,
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    answer = ""

    def answers():
        nonlocal answer
        if not os.path.exists(f"{bundle}/pid"):
            return False
        with open(f"{bundle}/pid", encoding="ascii") as stream:
            pid = stream.read()
        asked = subprocess.run(["nsenter", "--net", "--target", pid, "curl", "-fsS", f"http://127.0.0.1:{port}{path}"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        answer = asked.stdout
        return asked.returncode == 0
    until(lambda: answers() or running.poll() is not None, 0.1)
    with open(f"{name}.log", encoding="utf-8", errors="replace") as stream:
        log = stream.read()
    tap.point(f"{name}: config.json runs under runc", None if want in answer else f"{answer!r}", log)
    stop = getattr(signal, json.loads(blob(name, manifest_of(name)["config"]["digest"]))["config"].get("StopSignal", "SIGTERM"))
    subprocess.run(["runc", "--root", state, "kill", container, str(int(stop))], stderr=subprocess.DEVNULL, check=False)
    try:
        status = running.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        subprocess.run(["runc", "--root", state, "delete", "--force", container], check=False)
        status = f"it had to be killed, {running.wait()}"
    tap.point(f"{name}: stops under runc", None if status in (0, 143) else f"exit status {status}")


# --- podman, and a seed removed by hand ---

def without_seed(name, to):
    """The same image, but for the files below /.thresh/seed."""
    shutil.copytree(name, to)
    manifest = manifest_of(name)
    document = json.loads(blob(name, manifest["config"]["digest"]))
    removed = 0
    for i, layer in enumerate(manifest["layers"]):
        packed = blob(name, layer["digest"])
        unpack = {"zstd": ["zstd", "-dcq"], "gzip": ["gzip", "-dcq"]}.get(layer["mediaType"].rpartition("+")[2], ["cat"])
        plain = subprocess.run(unpack, input=packed, stdout=subprocess.PIPE, check=True).stdout
        out = io.BytesIO()
        with tarfile.open(fileobj=io.BytesIO(plain)) as old, tarfile.open(fileobj=out, mode="w") as new:
            for member in old:
                if re.match(r"(\./)?\.thresh/seed/.+/", member.name):
                    removed += 1
                else:
                    new.addfile(member, old.extractfile(member) if member.isreg() else None)
        data = gzip.compress(out.getvalue(), 1, mtime=0)
        put(to, data)
        manifest["layers"][i] = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest(data),
                                 "size": len(data)}
        document["rootfs"]["diff_ids"][i] = digest(out.getvalue())
    data = json.dumps(document).encode()
    put(to, data)
    manifest["config"].update(digest=digest(data), size=len(data))
    data = json.dumps(manifest).encode()
    put(to, data)
    with open(f"{to}/index.json", encoding="utf-8") as stream:
        index = json.load(stream)
    index["manifests"] = [dict(index["manifests"][0], digest=digest(data), size=len(data))]
    with open(f"{to}/index.json", "w", encoding="utf-8") as stream:
        json.dump(index, stream)
    return removed


def podman(name):
    words = json.loads(thresh("manifest", f"oci:{name}:latest", "--target", "podman", "--format", "json", "--image", "localhost/x:1").out)
    with open("words.json", "w", encoding="utf-8") as stream:
        json.dump([*words[:2], "--network", "none", *words[2:]], stream)  # the bridge is the whole machine's
    script = f". {TOP}/tests/judges/wait.sh; wait_until listens 8080; inside curl -fsS http://127.0.0.1:8080/"
    done = subprocess.run([f"{TOP}/tests/judges/podman-run.sh", f"oci:{name}:latest", "words.json", "bash", "-c", script],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done


with open(os.path.join(HERE, "apps/store.py"), "rb") as program:
    derive("flask", "store", {"/srv/store.py": program.read(), "/data": (None, 0o755, 1234),
                              "/data/shipped": (b"shipped", 0o644, 1234), "/var/log/store.log": (b"", 0o644, 1234)},
           Entrypoint=["python3", "/srv/store.py"], Cmd=None, WorkingDir="/srv", User="1234:1234", Volumes={"/data": {}},
           ExposedPorts={"8080/tcp": {}})
for original, sealed, probe in (("oci:store", "store-sealed", "http://:8080/"),
                                (f"oci:{image('nginx')}", "nginx-sealed", "http://:80/")):
    result = thresh("harden", original, f"oci:{sealed}:latest", "--probe", probe)
    tap.point(f"{sealed}: hardens", result.problem(0), result.log)
    check_kubernetes(sealed)
check_runtime("store-sealed", 8080, "/", "shipped")
check_runtime("nginx-sealed", 80, "/", "<")
judged = podman("store-sealed")
tap.point("podman: the seed fills the volume", None if "shipped" in judged.stdout and not judged.returncode else "it does not",
          judged.stdout)
count = without_seed("store-sealed", "robbed")
judged = podman("robbed")
tap.point("podman: without the seed it fails", None if count and (judged.returncode or "shipped" not in judged.stdout)
          else f"{count} files were removed, and nothing is missed", judged.stdout)
tap.end()
