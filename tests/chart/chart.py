"""Rendering the chart, as helm and as pipelines do it."""

import os
import subprocess
from pathlib import Path

import yaml

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
CHART = PROJECT / "charts/region"
PRODUCTION = PROJECT / "charts/values-prod.yaml"
MINIMAL = HERE / "good/minimal.yaml"
NAMESPACE = "region"
# What a chart is rendered for; its kubeVersion asks.
KUBERNETES = "1.34.0"

# Values files to render, each a list whose later files win.
GOOD = {path.stem: [path] for path in sorted((HERE / "good").glob("*.yaml"))}
GOOD["production"] = [PRODUCTION, MINIMAL]


class Wrong(Exception):
    """What a check has found."""


def helm(command, *arguments):
    # A helm that is built from source knows no version of Kubernetes by itself.
    words = [os.environ["HELM"], command, "--kube-version", KUBERNETES, *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True)


def with_values(files):
    return [part for path in files for part in ("--values", path)]


def template(files, *more, release="region"):
    done = helm("template", release, CHART, "--namespace", NAMESPACE, *with_values(files), *more)
    if done.returncode != 0:
        raise Wrong(f"helm template: {done.stderr}")
    return done.stdout


def objects(text):
    return [one for one in yaml.safe_load_all(text) if one]


def name_of(one):
    metadata = one["metadata"]
    return f"{one['kind']} {metadata.get('namespace', '-')}/{metadata['name']}"


def pod_templates(all_objects):
    return [(name_of(one), one["spec"]["template"]) for one in all_objects if "template" in one.get("spec", {})]
