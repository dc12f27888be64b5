"""The checks of the chart, one after another; the first that fails ends the run and says why."""

import difflib
import json
import os
import re
import subprocess
import sys
import time
import tomllib

import yaml

import chart
import objects
import rights
import roles
import schemas
from chart import CHART, GOOD, HERE, MINIMAL, Wrong

FIRST_KUBERNETES = "1.28"
CUSTOM_KINDS = {"ServiceMonitor", "PrometheusRule"}
BAD_FILES_MIN = 20
MACHINES = chart.PROJECT / "jobrunner/kubernetes/src/manifest/golden"
UNSTEADY = re.compile(r"\.Capabilities|\.Release\.(Name\b|Revision|Is)|\blookup\b|\brand[A-Z]|\bgen[A-Z]|\bnow\b|uuidv4")


def lint():
    for files in GOOD.values():
        done = chart.helm("lint", "--strict", CHART, *chart.with_values(files))
        if done.returncode != 0:
            raise Wrong(done.stdout + done.stderr)
    return f"{len(GOOD)} values files"


def rendered():
    for files in GOOD.values():
        text = chart.template(files)
        all_objects = chart.objects(text)
        objects.check(text, all_objects)
        objects.check_policies(all_objects)
    return "restricted, named, without hooks"


def nothing_from_the_release():
    for files in GOOD.values():
        if chart.template(files) != chart.template(files, release="another"):
            raise Wrong("an object depends on the release's name")
    return "the same under another release's name"


def plain():
    """What depends on a cluster, on chance or on the release's history is not the same in a bake."""
    for path in sorted((CHART / "templates").rglob("*")):
        if path.is_file() and (found := UNSTEADY.search(path.read_text())):
            raise Wrong(f"{path.relative_to(CHART)}: {found.group()} is not the same in helm install and helm template")
    return "the same by helm install and helm template"


def listed():
    """The list of objects is reviewed like code; `chart golden` writes it anew."""
    for name, files in GOOD.items():
        golden = HERE / f"golden/{name}.txt"
        found = "".join(f"{chart.name_of(one)}\n" for one in sorted(chart.objects(chart.template(files)), key=chart.name_of))
        if sys.argv[1:] == ["golden"]:
            golden.parent.mkdir(exist_ok=True)
            golden.write_text(found)
        expected = golden.read_text() if golden.exists() else ""
        if found != expected:
            changes = difflib.unified_diff(expected.splitlines(), found.splitlines(), lineterm="")
            raise Wrong("\n".join(["objects differ; `scripts/chart golden` accepts them:", *changes]))
    return f"{len(GOOD)} lists of objects"


def refused():
    files = sorted((HERE / "bad").glob("*.yaml"))
    if len(files) < BAD_FILES_MIN:
        raise Wrong(f"only {len(files)} bad values files")
    for path in files:
        expected = path.read_text().splitlines()[0].removeprefix("# ")
        done = chart.helm("template", "region", CHART, "--namespace", chart.NAMESPACE, *chart.with_values([MINIMAL, path]))
        if done.returncode == 0:
            raise Wrong(f"{path.name} is accepted")
        if expected not in done.stderr:
            raise Wrong(f"{path.name}: expected {expected!r} in\n{done.stderr}")
    return f"{len(files)} bad values files"


def of_machines():
    """The objects that the jobrunner makes, as its own tests hold it to them."""
    files = sorted(MACHINES.glob("*.json"))
    values = [json.loads(path.read_text()) for path in files]
    found = [one for value in values for one in (value if isinstance(value, list) else [value])]
    if not files:
        raise Wrong(f"no objects in {MACHINES}")
    return found


def valid():
    all_objects = [one for files in GOOD.values() for one in chart.objects(chart.template(files))] + of_machines()
    versions = schemas.versions(FIRST_KUBERNETES)
    for version in versions:
        validators = schemas.Validators(version)
        for one in all_objects:
            if one["kind"] not in CUSTOM_KINDS and (mistake := validators.mistake(one)):
                raise Wrong(f"{chart.name_of(one)} in Kubernetes {version}: {mistake}")
    return f"{len(all_objects)} objects, Kubernetes {versions[0]} to {versions[-1]}"


def rolled():
    """A change of the configuration or of a secret's revision replaces the pods that it concerns."""
    def pods(*more):
        all_objects = chart.objects(chart.template([MINIMAL], *more))
        return {name: pod["metadata"]["annotations"] for name, pod in chart.pod_templates(all_objects)}
    before = pods()
    changes = {"telemetry.filter=debug": len(before), "secrets.revision=2": len(before), "proxy.keepAliveS=80": 1,
               "sandboxes.placements.gpu.gpuResource=example.org/gpu": 2}
    for change, expected in changes.items():
        kind = "--set-string" if "revision" in change else "--set"
        after = pods(kind, change)
        rolled_pods = [name for name in before if before[name] != after[name]]
        if len(rolled_pods) != expected:
            raise Wrong(f"{change} rolls {rolled_pods}")
    return "pods roll when their configuration changes"


def documented():
    """Every value has a comment that begins with its name, or one above that names its parent; the schema knows no other."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    walk(values, schema, schema["definitions"], "")
    comments = set(re.findall(r"^ *# ([A-Za-z.]+):", (CHART / "values.yaml").read_text(), re.M))
    for comment in comments:
        look_up(values, comment)
    return f"{len(comments)} values explained"


def look_up(values, path):
    for part in path.split("."):
        if not isinstance(values, dict) or part not in values:
            raise Wrong(f"values.yaml explains {path}, which is no value")
        values = values[part]


def walk(values, schema, definitions, path):
    schema = definitions[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    if "properties" not in schema or not isinstance(values, dict):
        return
    unknown = set(schema["properties"]) - set(values) - {"loadBalancerSourceRanges"}
    if unknown:
        raise Wrong(f"{path}: the schema has {sorted(unknown)}, values.yaml has not")
    for name, inner in schema["properties"].items():
        walk(values.get(name), inner, definitions, f"{path}.{name}")


def alerts():
    for command in (["check", "rules", CHART / "alerts.yaml"], ["test", "rules", HERE / "alerts.test.yaml"]):
        done = subprocess.run([os.environ["PROMTOOL"], *map(str, command)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Wrong(done.stdout + done.stderr)
    return "promtool"


def configured():
    """What the chart writes for a role is TOML, and the role itself takes it."""
    seen = 0
    for files in GOOD.values():
        for component, one in config_maps(files):
            text = one["data"]["region.toml"]
            tomllib.loads(text)
            roles.accepts(component, text)
            seen += 1
    return f"roles took {seen} configuration files"


def placed():
    """The api-server lets templates name exactly the placements that the jobrunner has."""
    names = set()
    for files in GOOD.values():
        maps = {name: tomllib.loads(one["data"]["region.toml"]) for name, one in config_maps(files)}
        api, runner = maps.get("api-server"), maps.get("jobrunner")
        if not (api and runner):
            continue
        named, there = set(api["api"].get("placements", [])), set(runner["kubernetes"].get("placements", {}))
        if named != there:
            raise Wrong(f"{files}: the api-server knows {sorted(named)}, the jobrunner {sorted(there)}")
        names |= named
    if not names:
        raise Wrong("no values file has a placement")
    return f"both roles know {sorted(names)}"


def config_maps(files):
    for one in chart.objects(chart.template(files)):
        if one["kind"] == "ConfigMap" and "region.toml" in one["data"]:
            yield one["metadata"]["labels"]["app.kubernetes.io/component"], one


CHECKS = [lint, listed, rendered, nothing_from_the_release, plain, rolled, placed, documented, refused, alerts,
          rights.agree, roles.metrics, valid, configured]


def main():
    for check in CHECKS:
        started = time.monotonic()
        try:
            found = check()
        except Wrong as wrong:
            print(f"chart: {check.__name__} FAILED: {wrong}", file=sys.stderr)
            return 1
        print(f"chart: {check.__name__}: {found} ({time.monotonic() - started:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
