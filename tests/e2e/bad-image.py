#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""Images that are broken or hostile: each is refused with an error that names the thing, nothing outside the cache is
written, and the destination that was there is as it was."""
import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tarfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import (CONFIG, MACHINE, VENDOR, Tap, base, blob, blob_path, digest, entry, file, hard_link,  # noqa: E402
                     layout, leftovers, manifest_of, put, scratch, snapshot, symlink, tar, thresh)

tap = Tap()
place = scratch("bad-image")
os.chdir(place)
victim = os.path.join(place, "victim")
with open(victim, "w", encoding="ascii") as stream:
    stream.write("the host's own\n")


def spoil_layer(directory, change):
    """Changes the bytes of the first layer's blob, not its name."""
    path = blob_path(directory, manifest_of(directory)["layers"][0]["digest"])
    with open(path, "rb") as stream:
        data = change(stream.read())
    with open(path, "wb") as stream:
        stream.write(data)


def remake(layer_bytes, media="tar+gzip", change=None):
    """A layout whose layer is @layer_bytes as they are: digest and size are right, the content is not."""
    directory = f"image-{tap.count}"

    def bend(documents):
        put(directory, layer_bytes)
        documents["manifest"]["layers"] = [{"mediaType": f"{VENDOR}.layer.v1.{media}", "digest": digest(layer_bytes),
                                            "size": len(layer_bytes)}]
        if change:
            change(documents)
    return layout(directory, [base()], change=bend)


def simple(*entries):
    return layout(f"image-{tap.count}", [base(*entries)])


def pax(records, info):
    """An entry with a PAX header whose records are given as bytes."""
    header = tarfile.TarInfo("PaxHeaders/x")
    header.type, header.size = b"x", len(records)
    return header.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512) + info


def record(key, value):
    body = f" {key}={value}\n"
    length = len(body) + 1
    while length != len(str(length)) + len(body):
        length = len(str(length)) + len(body)
    return f"{length}{body}".encode()


def header(name, size=0, kind=tarfile.REGTYPE, **more):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.mode = size, kind, 0o644
    for key, value in more.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def with_checksum(block):
    block = bytearray(block)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def old_gnu_sparse(real_size, pieces):
    """A header of GNU's old sparse format that claims @real_size."""
    block = bytearray(header("sparse", sum(size for _, size in pieces)))
    block[156:157] = b"S"
    for i, (offset, size) in enumerate(pieces[:4]):
        block[386 + 24 * i:398 + 24 * i] = b"%011o\0" % offset
        block[398 + 24 * i:410 + 24 * i] = b"%011o\0" % size
    block[483:495] = b"\x80" + struct.pack(">Q", real_size).rjust(11, b"\0")
    return with_checksum(block)


def refused(name, directory, *texts, status=3, reference=None, options=(), env=None):
    """harden refuses it, says @texts, and leaves everything as it was."""
    before = snapshot(place)
    done = thresh("harden", *options, reference or f"oci:{directory}", "oci:out", env=env)
    problem = done.problem(status, *texts)
    if not problem and snapshot(place) != before:
        problem = "something was written"
    if not problem and leftovers(place):
        problem = f"left behind: {leftovers(place)}"
    tap.point(name, problem, done.log)


# The destination holds an image already.
good = layout("good", [base()])
done = thresh("harden", f"oci:{good}", "oci:out")
tap.point("the same image unspoilt is hardened", done.problem(0), done.log)

# --- documents and blobs ---

directory = simple()
spoil_layer(directory, lambda data: data[:len(data) // 2])
refused("a truncated layer", directory, "layer 1", "size")
directory = simple()
spoil_layer(directory, lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:])
refused("a layer with one bit changed", directory, "layer 1", "digest")
directory = simple()
os.unlink(blob_path(directory, manifest_of(directory)["layers"][0]["digest"]))
refused("a missing layer", directory, "layer 1", "no such file")
directory = simple()
os.unlink(blob_path(directory, manifest_of(directory)["config"]["digest"]))
refused("a missing config", directory, "config", "no such file")
directory = simple()
with open(f"{directory}/index.json", encoding="ascii") as stream:
    index = json.load(stream)
os.unlink(blob_path(directory, index["manifests"][0]["digest"]))
refused("a missing manifest", directory, "manifest", "no such file")
directory = layout("image-manifest", [base()])
with open(f"{directory}/index.json", encoding="ascii") as stream:
    name = json.load(stream)["manifests"][0]["digest"]
with open(blob_path(directory, name), "r+b") as stream:
    stream.write(b"[")
refused("a manifest that is not what its digest says", directory, "digest", name)
directory = simple()
os.unlink(f"{directory}/index.json")
refused("no index.json", directory, directory, "index.json")
directory = simple()
with open(f"{directory}/index.json", "w", encoding="ascii") as stream:
    stream.write('{"schemaVersion": 2, "manifests": [')
refused("an index.json that is cut off", directory, "index.json")
directory = simple()
with open(f"{directory}/index.json", "w", encoding="ascii") as stream:
    stream.write("[" * 100000)
refused("an index.json nested without end", directory, "index.json")
refused("a tag that is not there", good, "nosuch", reference=f"oci:{good}:nosuch")
refused("no image at all", good, "nowhere", reference="oci:nowhere")

packed = gzip.compress(base(), 1)
refused("a layer of an unknown media type", remake(packed, "tar+rot13"), "rot13")
refused("a layer of an unknown compression", remake(b"\xfd7zXZ\0" + packed), "layer 1", "xz")
refused("a layer that says gzip and is zstd", remake(b"\x28\xb5\x2f\xfd" + packed), "layer 1", "zstd")
refused("a layer with a corrupt gzip stream", remake(packed[:2000] + bytes(100) + packed[2100:]), "layer 1")
refused("a gzip layer that ends early, the digest of the rest right", remake(packed[:-400]), "layer 1")
refused("a layer that is no tar", remake(gzip.compress(b"x" * 5000)), "layer 1")
refused("a tar that ends within a file", remake(gzip.compress(base()[:-3000])), "layer 1")
refused("a layer whose diff id is another", remake(gzip.compress(tar(file("other", b"x")))), "layer 1", "diff")
refused("a negative size", remake(packed, change=lambda d: d["manifest"]["layers"][0].update(size=-1)), "size")
refused("an absurd size", remake(packed, change=lambda d: d["manifest"]["layers"][0].update(size=2**62)), "layer 1")
refused("a digest with a path in it", remake(packed, change=lambda d: d["manifest"]["layers"][0].update(
    digest="sha256:../../../../etc/passwd")), "digest")
refused("more layers than diff ids", remake(packed, change=lambda d: d["manifest"]["layers"].append(
    d["manifest"]["layers"][0])), "layers")
refused("an encrypted layer", remake(packed, "tar+gzip+encrypted"), "encrypted")
other = "arm64" if MACHINE == "amd64" else "amd64"
refused("a foreign architecture", layout(f"image-{tap.count}", [base()], architecture=other), other)
refused("--platform that the image does not have", good, "s390x", options=["--platform", "linux/s390x"])


def no_entry(documents):
    documents["config"]["config"].update(Entrypoint=None, Cmd=None)


refused("an image with nothing to run", layout(f"image-{tap.count}", [base()], change=no_entry), "entrypoint")
refused("an entrypoint that is not in the image", layout(f"image-{tap.count}", [base()], dict(CONFIG, Entrypoint=["/no/such"])),
        "/no/such")
refused("an entrypoint that is not executable", layout(f"image-{tap.count}", [base(program_mode=0o644)]), "/app")
refused("a user that is nowhere", layout(f"image-{tap.count}", [base()], dict(CONFIG, User="nosuchuser")), "nosuchuser")
refused("a config of the wrong types", layout(f"image-{tap.count}", [base()], dict(CONFIG, Entrypoint={"a": 1})), "entrypoint")

# --- tar entries ---

refused("'..' in a name", simple(file("../victim", b"x")), "..", "victim")
refused("'..' further in", simple(file("etc/../../victim", b"x")), "..")
refused("an absolute name", simple(file("/etc/absolute", b"x")), "absolute")
refused("a symlink, then a file through it",
        simple(symlink("out", place), file("out/victim", b"x")), "symlink")
refused("a symlink of a lower layer that climbs out, then a file through it",
        layout(f"image-{tap.count}", [base(symlink("out", "../../../../.." + place)), tar(file("out/victim", b"x"))]),
        "symlink", "/out")
refused("a hard link to outside", simple(hard_link("etc/link", "../../victim")), "victim")
refused("a hard link through a symlink", simple(symlink("up", "/"), hard_link("etc/link", "up/etc/passwd")), "etc/link")
refused("a hard link to what is not there", simple(hard_link("etc/link", "nothing")), "nothing")
refused("a name of 5000 bytes", simple(file("a/" * 2500 + "b", b"x")), "limit")
refused("a component of 256 bytes", simple(file("a" * 256, b"x")), "255")
refused("a path 300 deep", simple(file("d/" * 300 + "f", b"x")), "depth")
refused("a PAX size that lies (above)", remake(gzip.compress(
    tar(pax(record("size", 10**15), header("lie")), file("after", b"x")))), "layer 1")
refused("a PAX size that is negative", remake(gzip.compress(
    tar(pax(record("size", -1), header("lie")), file("after", b"x")))), "layer 1")
refused("a PAX record longer than its header", remake(gzip.compress(
    tar(pax(b"99999999999999999999 path=x\n", header("lie"))))), "layer 1")
refused("a PAX header of 1 GiB", remake(gzip.compress(tar(header("PaxHeaders/x", 1 << 30, b"x")))), "layer 1")
refused("a checksum that is wrong", remake(gzip.compress(tar(header("x").replace(b"ustar", b"uster")))), "layer 1")
refused("a base-256 size above 2^63", remake(gzip.compress(tar(with_checksum(
    header("big")[:124] + b"\xff" * 12 + header("big")[136:])))), "layer 1")
refused("a sparse file of 2^62 bytes", remake(gzip.compress(tar(old_gnu_sparse(1 << 62, [(0, 0)])))), "layer 1")
refused("sparse pieces beyond the file", remake(gzip.compress(
    tar(old_gnu_sparse(1000, [(1 << 40, 512)]), bytes(512)))), "layer 1")
refused("an owner above all ids", simple(file("x", b"", uid=2**31 + 5)), "owner")

# --- bombs ---


def bomb(size):
    """A layer of one file of zeros, packed a thousand times smaller."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9, mtime=0) as packed_:
        packed_.write(header("zeros", size))
        for _ in range(size >> 20):
            packed_.write(bytes(1 << 20))
        packed_.write(bytes(1024))
    return out.getvalue()


with open("limits.yaml", "w", encoding="ascii") as stream:
    stream.write("limits: {ratio: 200, unpacked: 1G, entries: 5000, file: 16M}\n")
limits = ["--config", "limits.yaml"]
refused("a gzip bomb", remake(bomb(64 << 20)), "limits.", options=limits)
refused("a file above the limit", simple(file("large", os.urandom(17 << 20))), "limits.file", options=limits)
many = [file(f"many/{i}") for i in range(6000)]
refused("more entries than the limit", simple(*many), "limits.entries", options=limits)

# --- what is unusual and allowed ---


def hardened(name, directory, check=None, **more):
    done_ = thresh("harden", f"oci:{directory}", f"oci:out-{tap.count}", **more)
    problem = done_.problem(0)
    if not problem and check:
        problem = check(f"out-{tap.count}")
    tap.point(name, problem, done_.log)


def has_no_device(directory_):
    for layer in manifest_of(directory_)["layers"]:
        with tarfile.open(fileobj=io.BytesIO(blob(directory_, layer["digest"]))) as archive:
            for info in archive:
                if info.ischr() or info.isblk() or info.mode & 0o6000:
                    return f"{info.name} is a device or has a set-id bit"
    return None


hardened("device nodes and set-id files do not reach the sealed image",
         simple(entry("etc/mem", tarfile.CHRTYPE, 0o666, devmajor=1, devminor=1),
                entry("etc/disk", tarfile.BLKTYPE, 0o666, devmajor=8), entry("etc/pipe", tarfile.FIFOTYPE, 0o666),
                file("etc/root", b"\x7fELF", 0o6755)), has_no_device)
hardened("the same name twice: the last one counts", simple(file("etc/twice", b"1"), file("etc/twice", b"2")))
long_name = "/".join(["n" * 240] * 16) + "/" + "f" * 200
hardened("a name just below 4,096 bytes", simple(file(long_name, b"x")))
hardened("names that are no text", simple(file("etc/\udcff\n\x1b[2J", b"x"), file("etc/' \"$(id)`", b"x")))
hardened("a file where a lower layer had a directory",
         layout(f"image-{tap.count}", [base(file("srv/data/x", b"1")), tar(file("srv", b"2"))]))
with open(victim, encoding="ascii") as stream:
    tap.point("the host's file is as it was", None if stream.read() == "the host's own\n" else "it was written")

# --- archives ---

subprocess.run(["tar", "-C", good, "-cf", "good.tar", "."], check=True)
done = thresh("harden", "oci-archive:good.tar", "oci:out")
tap.point("an archive of the image is hardened", done.problem(0), done.log)
with open("good.tar", "rb") as stream:
    archive_bytes = stream.read()
with open("cut.tar", "wb") as stream:
    stream.write(archive_bytes[:len(archive_bytes) // 2])
refused("an archive that is cut off", None, "cut.tar", reference="oci-archive:cut.tar")
with open("none.tar", "wb") as stream:
    stream.write(b"")
refused("an empty archive", None, "none.tar", reference="docker-archive:none.tar")
refused("an archive that is a directory", None, "good", reference="oci-archive:good")
refused("a layout that is a file", None, "good.tar", reference="oci:good.tar")
refused("a transport that there is not", None, "ftp:", reference="ftp:good", status=2)
tap.end()
