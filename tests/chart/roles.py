"""The roles themselves: what configuration they take, which metrics they have."""

import json
import os
import re
import subprocess
import tempfile
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import yaml

from chart import CHART, PROJECT, Wrong

BINARIES = Path(os.environ["CARGO_TARGET_DIR"]) / "debug"
SECRET = "0123456789abcdef0123456789abcdef"
# A name that is no function, label or variable of a query.
METRIC = re.compile(r"\bqingjiao_[a-z_]+\b")
# Names without that prefix would be missed.
BARE = re.compile(r"(?<![a-z_])(?:api|proxy|tick|mirror)_[a-z_]+")
SUFFIXES = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
# Counters that are sent once something was counted that no request from outside brings about: where each is registered.
SILENT = {"proxy_endings": "proxy/src/metrics.rs", "proxy_route_pulls": "proxy/src/metrics.rs"}
# What each role needs to run alone. The jobrunner's metrics are those of every background component, the mirror's too.
SETTINGS = {
    "api-server": ["api.listen=127.0.0.1:0", "store.url=sqlite:{folder}/region.db",
                   'secrets.role_files=["{folder}/secret"]', 'secrets.signing_files=["{folder}/secret"]'],
    "proxy": ["proxy.listen=127.0.0.1:0", f"proxy.role_secret={SECRET}"],
    "registry-mirror": ["mirror.listen=127.0.0.1:0", "mirror.api_listen=127.0.0.1:0", "mirror.folder={folder}/mirror"],
}


def accepts(role, text):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(text)
        file.flush()
        command = [BINARIES / role, "--config", file.name, "--print-config"]
        done = subprocess.run(command, capture_output=True, text=True, env={})
    if done.returncode != 0:
        raise Wrong(f"{role} refuses its configuration: {done.stderr}\n{text}")


@contextmanager
def running(role, folder):
    """The role on free ports of loopback; gives what it logs when it listens."""
    settings = [*SETTINGS[role], "admin.listen=127.0.0.1:0", "telemetry.format=json"]
    flags = [part for setting in settings for part in ("--set", setting.format(folder=folder))]
    process = subprocess.Popen([BINARIES / role, *flags], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={})
    try:
        yield first_words(role, process.stdout)
    finally:
        process.kill()
        process.communicate()


def first_words(role, log):
    lines = []
    for line in log:
        lines.append(line)
        if '"admin.listen"' in line:
            return line
    raise Wrong(f"{role} ended before it listened:\n{''.join(lines)}")


def get(address, path):
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.read().decode()


def exported(role):
    """The names of the samples that the role sends to Prometheus, once it has refused somebody."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "secret").write_text(SECRET)
        with running(role, folder) as words:
            addresses = {name: value for name, value in re.findall(r'"((?:admin\.)?listen)":\s*"([^"]+)"', words)}
            get(addresses["listen"], "/v1/sandboxes")
            text = get(addresses["admin.listen"], "/metrics")
    types = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)
    return {name + suffix for name, kind in types for suffix in SUFFIXES[kind]}


def silent():
    for name, path in SILENT.items():
        if f'"{name}"' not in (PROJECT / path).read_text():
            raise Wrong(f"{path} registers no {name}")
        yield f"qingjiao_{name}_total"


def expressions():
    for group in yaml.safe_load((CHART / "alerts.yaml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    for panel in json.loads((CHART / "dashboards/region.json").read_text())["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def metrics():
    known = set(silent()).union(*(exported(role) for role in SETTINGS))
    texts = [re.sub(r'"[^"]*"', "", expression) for expression in expressions()]
    if bare := [text for text in texts if BARE.search(text)]:
        raise Wrong(f"without the prefix qingjiao_: {bare}")
    used = {name for text in texts for name in METRIC.findall(text)}
    if used - known:
        raise Wrong(f"alerts or dashboard ask for {sorted(used - known)}; the roles have {sorted(known)}")
    return f"{len(used)} metrics are there"
