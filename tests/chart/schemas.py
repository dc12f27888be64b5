"""The schemas of the Kubernetes API, each read once: that is what takes the time."""

import json
import re
from importlib import resources

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

FOLDER = resources.files("kubernetes_validate") / "kubernetes-json-schema"
NAME = re.compile(r"^v(\d+)\.(\d+)\.\d+-local-strict$")


def versions(first):
    """The folders of all versions from this one to the newest."""
    found = sorted((int(m[1]), int(m[2])) for entry in FOLDER.iterdir() if (m := NAME.match(entry.name)))
    texts = [f"{major}.{minor}" for major, minor in found]
    return texts[texts.index(first):]


class Validators:
    """What one version of Kubernetes takes; unknown fields are mistakes."""

    def __init__(self, version):
        self.folder = next(e for e in FOLDER.iterdir() if re.match(rf"^v{re.escape(version)}\.\d+-local-strict$", e.name))
        definitions = Resource.from_contents(self.read("_definitions.json"))
        self.registry = definitions @ Registry()
        self.by_kind = {}

    def read(self, name):
        return json.loads((self.folder / name).read_text())

    def mistake(self, one):
        """The first thing that is wrong with an object, in words; None when nothing is."""
        # rbac.authorization.k8s.io/v1 is rbac-v1 there.
        version = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", one["apiVersion"])
        name = f"{one['kind'].lower()}-{version}.json"
        if name not in self.by_kind:
            schema = self.read(name)
            registry = Resource.from_contents(schema) @ self.registry
            self.by_kind[name] = Draft202012Validator(schema, registry=registry)
        error = next(self.by_kind[name].iter_errors(one), None)
        return error and f"{'.'.join(map(str, error.path))}: {error.message}"
