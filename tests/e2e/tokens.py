#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keys that do not leave where they are: in a TPM 2 (swtpm, through tpm2-openssl) and in a PKCS #11 token (softhsm2, through
libengine-pkcs11-openssl; Debian 12 has no provider). What they sign is judged by openssl, by @sigstore/verify and by
securesystemslib, which know nothing of tokens.
# timeout: 300
"""
import base64
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
from judges import judges_ready  # noqa: E402
from support import CONFIG, Tap, await_port, base, blob, environment, free_port, layout, scratch, thresh  # noqa: E402

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
HANDLE, PIN, WRONG = "0x81000001", "1234", "4321"
SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
# Debian's own interpreter has Debian's modules; another one may come first in PATH.
PYTHON = "/usr/bin/python3"
for program in ("swtpm", "tpm2_createprimary", "softhsm2-util"):
    if not shutil.which(program):
        print(f"{program} is not installed")
        sys.exit(77)
if subprocess.run([PYTHON, "-c", "import securesystemslib"], stderr=subprocess.DEVNULL, check=False).returncode:
    print("python3-securesystemslib is not installed")
    sys.exit(77)
READY, WHY_NOT = judges_ready()
tap = Tap()
HERE = scratch("tokens")
os.chdir(HERE)


def run(*argv, env=None):
    done = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout}")
    return done.stdout


def write(name, text):
    with open(name, "w", encoding="utf-8") as stream:
        stream.write(text)
    return os.path.join(HERE, name)


# --- judges ---

SECURESYSTEMS = """
import base64, json, sys
from securesystemslib.keys import import_ecdsakey_from_public_pem, verify_signature
key = import_ecdsakey_from_public_pem(open(sys.argv[1]).read())
bundle = json.load(open(sys.argv[2]))["dsseEnvelope"]
payload, kind = base64.b64decode(bundle["payload"]), bundle["payloadType"]
data = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
signature = {"keyid": key["keyid"], "sig": base64.b64decode(bundle["signatures"][0]["sig"]).hex()}
sys.exit(0 if verify_signature(key, signature, data) and not verify_signature(key, signature, data + b" ") else 1)
"""


def bundles(directory):
    with open(os.path.join(directory, "index.json"), encoding="utf-8") as stream:
        entries = json.load(stream)["manifests"]
    for entry in entries:
        if entry.get("artifactType") == BUNDLE:
            yield blob(directory, json.loads(blob(directory, entry["digest"]))["layers"][0]["digest"])


def by_openssl(public, bundle):
    envelope = json.loads(bundle)["dsseEnvelope"]
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    with open("signed", "wb") as stream:
        stream.write(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
    with open("signature", "wb") as stream:
        stream.write(base64.b64decode(envelope["signatures"][0]["sig"]))
    return subprocess.run(["openssl", "dgst", "-sha256", "-verify", public, "-signature", "signature", "signed"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)


def judge(name, key, public_by_others, env):
    """Signs with @key and lets all judges look; @public_by_others: the public key as other programs say it, or None."""
    image = name.replace(" ", "-")
    layout(image, [base()], dict(CONFIG, User="65532:65532"))
    done = thresh("key", "public", key, env=env)
    tap.point(f"{name}: the public key", done.problem(0), done.log)
    public = write(f"{image}.pub", done.out)
    if public_by_others:
        tap.point(f"{name}: which others say too", None if done.out == public_by_others else public_by_others, done.out)
    done = thresh("sign", f"oci:{image}", "--key", key, env=env)
    tap.point(f"{name}: signs", done.problem(0), done.log)
    done = thresh("verify", f"oci:{image}", "--key", public, "--format", "json")
    found = [r for r in json.loads(done.out or "{}").get("results", []) if r["rule"] == "signature"]
    tap.point(f"{name}: thresh verify", None if found and found[0]["outcome"] == "PASS" else "it does not pass", found)
    found = list(bundles(image))
    tap.point(f"{name}: one bundle", None if len(found) == 1 else len(found))
    for bundle in found:
        file = write("bundle.json", bundle.decode())
        done = by_openssl(public, bundle)
        tap.point(f"{name}: openssl", None if done.returncode == 0 else "refused", done.stdout)
        done = subprocess.run([PYTHON, "-c", SECURESYSTEMS, public, file], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        tap.point(f"{name}: securesystemslib", None if done.returncode == 0 else "refused", done.stderr)
        if not READY:
            tap.count += 1
            print(f"ok {tap.count} - {name}: @sigstore/verify # SKIP {WHY_NOT}", flush=True)
            continue
        done = subprocess.run(["node", "judge.mjs", "-", "sigstore", file], cwd=READY, env=dict(os.environ, SIGSTORE_KEY=public),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        tap.point(f"{name}: @sigstore/verify", None if done.returncode == 0 else "refused", done.stdout)


# --- a file, for comparison: the judges accept what is no token's ---

thresh("key", "new", "--no-password", "file")
judge("a file", os.path.join(HERE, "file.key"), open("file.pub", encoding="utf-8").read(), environment())

# --- a TPM ---


os.mkdir("tpm")
PORT = free_port(2)  # in a row, as swtpm's TCTI wants them
TCTI = f"swtpm:host=127.0.0.1,port={PORT}"
with subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={HERE}/tpm", "--server", f"type=tcp,port={PORT}", "--ctrl",
                       f"type=tcp,port={PORT + 1}", "--flags", "not-need-init,startup-clear"], stdin=subprocess.DEVNULL) as swtpm:
    try:
        problem = await_port(PORT + 1, swtpm)
        if problem:
            raise RuntimeError(problem)
        env = environment(TPM2OPENSSL_TCTI=TCTI, TPM2TOOLS_TCTI=TCTI)
        openssl = ("openssl", "pkey", "-provider", "tpm2", "-provider", "default", "-propquery", "?provider=tpm2", "-pubout", "-in")
        run("tpm2_createprimary", "-Q", "-C", "o", "-G", "ecc256", "-c", "key.ctx", "-a",
            "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign", env=env)
        run("tpm2_evictcontrol", "-Q", "-C", "o", "-c", "key.ctx", HANDLE, env=env)
        run("tpm2_flushcontext", "-t", env=env)
        judge("a TPM's handle", f"handle:{HANDLE}", run(*openssl, f"handle:{HANDLE}", env=env), env)
        run("openssl", "genpkey", "-provider", "tpm2", "-provider", "default", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out",
            "wrapped.pem", env=env)
        run("tpm2_flushcontext", "-t", env=env)
        judge("a file that a TPM has wrapped", os.path.join(HERE, "wrapped.pem"), None, env)
        done = thresh("sign", "oci:a-file", "--key", "handle:0x81000002", env=env)
        tap.point("a TPM's handle that is not there", done.problem(3, "handle:0x81000002"), done.log)
    finally:
        swtpm.terminate()
done = thresh("sign", "oci:a-file", "--key", f"handle:{HANDLE}", env=env)
tap.point("a TPM that is not there", done.problem(3, HANDLE), done.log)

# --- a PKCS #11 token ---

os.mkdir("tokens")
write("softhsm2.conf", f"directories.tokendir = {HERE}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
env = environment(SOFTHSM2_CONF=f"{HERE}/softhsm2.conf", PKCS11_MODULE_PATH=SOFTHSM)
run("softhsm2-util", "--init-token", "--free", "--label", "release", "--pin", PIN, "--so-pin", PIN, env=env)
run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "imported.pem")
run("softhsm2-util", "--import", "imported.pem", "--token", "release", "--label", "signing", "--id", "01", "--pin", PIN, env=env)
PUBLIC = run("openssl", "pkey", "-in", "imported.pem", "-pubout")
URI = "pkcs11:token=release;object=signing;type=private"
judge("a PKCS11 token", URI, PUBLIC, dict(env, COSIGN_PASSWORD=PIN))
write("pin", PIN + "\n")
done = thresh("sign", "oci:a-file", "--key", URI, "--password-file", "pin", env=env)
tap.point("its PIN from a file", done.problem(0), done.log)
done = thresh("sign", "oci:a-file", "--key", URI, env=dict(env, COSIGN_PASSWORD=WRONG))
tap.point("a wrong PIN", done.problem(3, URI), done.log)
tap.point("which is not said again", f"{WRONG} in the error" if WRONG in done.err else None)
done = thresh("sign", "oci:a-file", "--key", URI.replace("signing", "other"), env=dict(env, COSIGN_PASSWORD=PIN))
tap.point("a key that the token does not have", done.problem(3, "object=other"), done.log)
tap.end()
