# SPDX-License-Identifier: Apache-2.0
"""An image derived from one of make-image's: its layers, one more on top, and another config.

    from derive import derive
    derive("flask", "app", {"/srv/app.py": b"..."}, Cmd=["python3", "/srv/app.py"])
"""
import gzip
import json
import os
import shutil
import subprocess
import tarfile

from support import BUILD, TOP, blob, blob_path, digest, entry, file, manifest_of, put, tar

IMAGES = os.environ.get("IMAGES") or os.path.join(BUILD, "demo")


def image(name):
    """The directory of make-image's image @name, made where it is not there."""
    subprocess.run([os.path.join(TOP, "tools/images/make-image"), name, IMAGES], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, check=True)
    return os.path.join(IMAGES, name)


def layer_of(files):
    """@files: path → bytes, (bytes, mode[, uid]) or, for a directory, (None, mode[, uid])."""
    entries = []
    for path, what in sorted(files.items()):
        content, mode, *owner = what if isinstance(what, tuple) else (what, 0o644)
        more = {"uid": owner[0], "gid": owner[0]} if owner else {}
        name = path.lstrip("/")
        entries.append(entry(name, tarfile.DIRTYPE, mode, **more) if content is None
                       else file(name, content, mode, **more))
    return tar(*entries)


def derive(name, directory, files, **config):
    """Writes @directory as an OCI layout, tag latest: image @name with @files and members of the config replaced."""
    source = image(name)
    manifest = manifest_of(source)
    document = json.loads(blob(source, manifest["config"]["digest"]))
    layer = layer_of(files)
    packed = gzip.compress(layer, 1, mtime=0)
    for old in manifest["layers"]:
        target = blob_path(directory, old["digest"])
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            shutil.copyfile(blob_path(source, old["digest"]), target)
    put(directory, packed)
    manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest(packed),
                               "size": len(packed)})
    document["rootfs"]["diff_ids"].append(digest(layer))
    document["config"].update(config)
    document.pop("history", None)
    data = json.dumps(document).encode()
    put(directory, data)
    manifest["config"].update(digest=digest(data), size=len(data))
    data = json.dumps(manifest).encode()
    put(directory, data)
    index = {"schemaVersion": 2, "manifests": [
        {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(data), "size": len(data),
         "platform": {"architecture": document["architecture"], "os": "linux"},
         "annotations": {"org.opencontainers.image.ref.name": "latest"}}]}
    for path, content in (("index.json", index), ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(os.path.join(directory, path), "w", encoding="utf-8") as stream:
            json.dump(content, stream)
    return directory
