"""What the jobrunner may do: as the chart gives it, and as `region doctor` asks for it."""

import re

import chart
from chart import MINIMAL, PROJECT, Wrong

ASKED = PROJECT / "jobrunner/kubernetes/src/doctor/rights.rs"
RIGHT = re.compile(r'\(Scope::(\w+), "([^"]*)", "([^"]*)", &\[([^\]]*)\]\)')
SCOPES = {"Role": "Namespace", "ClusterRole": "Cluster"}


def given(all_objects):
    for one in all_objects:
        if one["kind"] in SCOPES and one["metadata"]["labels"]["app.kubernetes.io/component"] == "jobrunner":
            for rule in one["rules"]:
                for group in rule["apiGroups"]:
                    for resource in rule["resources"]:
                        yield from ((SCOPES[one["kind"]], group, resource, verb) for verb in rule["verbs"])


def asked(text):
    for scope, group, resource, verbs in RIGHT.findall(text):
        yield from ((scope, group, resource, verb) for verb in re.findall(r'"(\w+)"', verbs))


def agree():
    """A right that the chart gives and doctor does not ask for would be missed by those who bind roles of their own."""
    chart_gives = set(given(chart.objects(chart.template([MINIMAL]))))
    doctor_asks = set(asked(ASKED.read_text()))
    if not chart_gives or chart_gives != doctor_asks:
        raise Wrong(f"only the chart gives {sorted(chart_gives - doctor_asks)}, "
                    f"only {ASKED.name} asks for {sorted(doctor_asks - chart_gives)}")
    return f"the chart gives the {len(chart_gives)} rights that doctor asks for"
