#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""in_toto.py PROTOS STATEMENT...: in-toto Statements read by the messages of github.com/in-toto/attestation, whose directory `protos` PROTOS is.

protoc makes the messages, protobuf's JSON parser reads them strictly (an unknown field is a defect). What of a statement no message describes
stays a Struct; where a predicate's specification names a message (ResourceDescriptor, Timestamp), its parts are read by that. Nothing
may be lost: a statement that is written again from its messages says the same. Prints a line a defect; exit status 1 where there was one,
77 where protoc or python3-protobuf is not installed.
"""
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

MESSAGES = {"statement": ("v1.statement_pb2", "Statement"), "descriptor": ("v1.resource_descriptor_pb2", "ResourceDescriptor"),
            "provenance": ("predicates.provenance.v1.provenance_pb2", "Provenance")}
HEX = {"sha256": 64, "sha1": 40, "sha512": 128, "gitCommit": 40}
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+\Z")
defects = []


def defect(what, text):
    defects.append(f"{what}: {text}")


class Messages:
    def __init__(self, protos):
        self.directory = tempfile.mkdtemp()
        sources = [os.path.relpath(os.path.join(top, name), protos) for top, _, names in os.walk(protos)
                   for name in names if name.endswith(".proto")]
        done = subprocess.run(["protoc", "-I", protos, "--python_out", self.directory, *sources], stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            sys.exit(f"protoc: exit status {done.returncode}")
        sys.path.insert(0, self.directory)
        self.types = {name: getattr(importlib.import_module(f"in_toto_attestation.{module}"), kind)
                      for name, (module, kind) in MESSAGES.items()}

    def read(self, what, name, value):
        """@value read strictly as that message; whether it came back whole."""
        from google.protobuf import json_format
        try:
            message = json_format.ParseDict(value, self.types[name](), ignore_unknown_fields=False)
        except json_format.ParseError as error:
            defect(what, str(error)[:300])
            return
        if without_empty(json_format.MessageToDict(message)) != without_empty(value):
            defect(what, f"says something else when it is written again as a {name}")


def without_empty(value):
    """proto3 does not tell an empty field from one that is absent."""
    if isinstance(value, dict):
        found = {key: without_empty(member) for key, member in value.items()}
        return {key: member for key, member in found.items() if member not in ("", [], {})}
    return [without_empty(member) for member in value] if isinstance(value, list) else value


def descriptor(messages, what, value):
    """spec/v1/resource_descriptor.md: one of uri, digest and content at least."""
    messages.read(what, "descriptor", value)
    if not any(value.get(key) for key in ("uri", "digest", "content")):
        defect(what, f"neither uri, digest nor content: {json.dumps(value)[:200]}")
    if "uri" in value and not URI.match(value["uri"]):
        defect(what, f"not a URI: {value['uri']}")
    for name, text in value.get("digest", {}).items():
        if len(text) != HEX.get(name) or text.strip("0123456789abcdef"):
            defect(what, f"not a digest: {name} {text}")


def uri(what, value):
    if not isinstance(value, str) or not URI.match(value):
        defect(what, f"not a URI: {value!r}")


def provenance(messages, what, predicate):
    """slsa.dev/provenance/v1: what is required is there."""
    messages.read(what, "provenance", predicate)
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    uri(f"{what}: buildType", definition["buildType"])
    uri(f"{what}: builder.id", details["builder"]["id"])
    if not definition["externalParameters"]:
        defect(what, "no externalParameters")
    for name, listed in (("resolvedDependencies", definition), ("byproducts", details), ("builderDependencies", details["builder"])):
        for number, value in enumerate(listed.get(name, [])):
            descriptor(messages, f"{what}: {name}[{number}]", value)


def runtime_trace(messages, what, predicate):
    """spec/predicates/runtime-trace.md."""
    uri(f"{what}: monitor.type", predicate["monitor"]["type"])
    if "configSource" in predicate["monitor"]:
        descriptor(messages, f"{what}: configSource", predicate["monitor"]["configSource"])
    for name in ("hostID", "type"):
        uri(f"{what}: monitoredProcess.{name}", predicate["monitoredProcess"][name])
    if not isinstance(predicate["monitoredProcess"]["event"], str):
        defect(what, "monitoredProcess.event is no string")
    log = predicate["monitorLog"]
    if not any(log.get(name) for name in ("process", "network", "fileAccess")):
        defect(what, "nothing was traced")
    for name in ("process", "network"):
        if not all(isinstance(value, dict) for value in log.get(name, [])):
            defect(what, f"monitorLog.{name} has what is no object")
    for number, value in enumerate(log.get("fileAccess", [])):
        messages.read(f"{what}: fileAccess[{number}]", "descriptor", value)


PREDICATES = {"https://slsa.dev/provenance/v1": provenance, "https://in-toto.io/attestation/runtime-trace/v0.1": runtime_trace}


def judge(messages, name):
    with open(name, encoding="utf-8") as stream:
        said = json.load(stream)
    what = f"{os.path.basename(name)} ({said.get('predicateType')})"
    messages.read(what, "statement", said)
    if said["_type"] != "https://in-toto.io/Statement/v1" or not said["subject"]:
        defect(what, "not a Statement v1 about something")
    uri(f"{what}: predicateType", said["predicateType"])
    for subject in said["subject"]:
        descriptor(messages, f"{what}: subject", subject)
        if not subject.get("digest"):
            defect(what, "a subject without a digest")
    if said["predicateType"] in PREDICATES:
        try:
            PREDICATES[said["predicateType"]](messages, what, said["predicate"])
        except KeyError as error:
            defect(what, f"{error} is missing")


def main():
    if not shutil.which("protoc"):
        print("protoc is not installed")
        sys.exit(77)
    try:
        importlib.import_module("google.protobuf.json_format")
    except ImportError:
        print("python3-protobuf is not installed")
        sys.exit(77)
    messages = Messages(os.path.abspath(sys.argv[1]))
    for name in sys.argv[2:]:
        judge(messages, name)
    shutil.rmtree(messages.directory)
    print("\n".join(defects) or f"{len(sys.argv[2:])} statements: no defect")
    return bool(defects)


if __name__ == "__main__":
    sys.exit(main())
