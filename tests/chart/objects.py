"""What must be true of every object, whatever the values are."""

import re

from chart import NAMESPACE, Wrong, name_of, pod_templates

WITHOUT_NAMESPACE = {"Namespace", "PriorityClass", "ClusterRole", "ClusterRoleBinding"}
IMAGE = re.compile(r"^(?P<repository>[^@]+?)(:[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{64})$")
FLEETING_LABELS = {"helm.sh/chart", "app.kubernetes.io/version", "app.kubernetes.io/managed-by"}


def check(text, all_objects):
    if "${" in text:
        raise Wrong("a manifest holds '${', which pipelines would evaluate")
    if "helm.sh/hook" in text:
        raise Wrong("a manifest is a hook, which a bake does not run")
    names = [name_of(one) for one in all_objects]
    if len(set(names)) != len(names):
        raise Wrong(f"an object is rendered twice: {sorted(names)}")
    for one in all_objects:
        check_object(one)
    for name, pod in pod_templates(all_objects):
        check_pod(name, pod["spec"])


def check_object(one):
    name, namespace = name_of(one), one["metadata"].get("namespace")
    if (one["kind"] in WITHOUT_NAMESPACE) != (namespace is None):
        raise Wrong(f"{name}: an object says its namespace exactly when its kind has one")
    selector = one.get("spec", {}).get("selector", {})
    labels = selector.get("matchLabels", selector) if isinstance(selector, dict) else {}
    if FLEETING_LABELS & set(labels):
        raise Wrong(f"{name}: the selector would change with a release: {labels}")
    if one["kind"] in {"Role", "ClusterRole"}:
        check_role(name, one)


def check_role(name, role):
    for rule in role["rules"]:
        words = set(rule["apiGroups"]) | set(rule["resources"]) | set(rule["verbs"])
        if words & {"*", "secrets", "pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers"}:
            raise Wrong(f"{name}: allows too much: {rule}")
        if role["kind"] == "ClusterRole" and set(rule["verbs"]) - {"get", "list", "watch"}:
            raise Wrong(f"{name}: writes outside the sandboxes' namespace: {rule}")


def check_pod(name, spec):
    security = spec["securityContext"]
    if not security.get("runAsNonRoot") or security["seccompProfile"]["type"] != "RuntimeDefault":
        raise Wrong(f"{name}: the pod is not restricted")
    if any(spec.get(field) for field in ("hostNetwork", "hostPID", "hostIPC")):
        raise Wrong(f"{name}: the pod shares something of its node")
    if any("hostPath" in volume for volume in spec.get("volumes", [])):
        raise Wrong(f"{name}: a restricted pod has no hostPath")
    if spec["automountServiceAccountToken"] and "jobrunner" not in name:
        raise Wrong(f"{name}: only the jobrunner speaks to the cluster")
    for container in spec["containers"] + spec.get("initContainers", []):
        check_container(f"{name}/{container['name']}", container)


def check_container(name, container):
    security = container["securityContext"]
    if security["allowPrivilegeEscalation"] or security["capabilities"] != {"drop": ["ALL"]}:
        raise Wrong(f"{name}: the container is not restricted")
    if not security["readOnlyRootFilesystem"]:
        raise Wrong(f"{name}: the image can be written to")
    for field in ("readinessProbe", "startupProbe", "resources"):
        if not container.get(field):
            raise Wrong(f"{name}: no {field}")
    image = IMAGE.match(container["image"])
    if not image or image["repository"] != bound(container["image"]):
        raise Wrong(f"{name}: {container['image']} is neither repo:tag nor repo@digest, so pipelines can't bind it")
    for variable in container.get("env", []):
        if "secret" in variable["name"].lower() and "valueFrom" not in variable:
            raise Wrong(f"{name}: {variable['name']} holds its secret itself")


def bound(image):
    """The name that a pipeline binds by: cut at '@', else at the last ':'."""
    return image.split("@")[0] if "@" in image else image.rsplit(":", 1)[0]


def check_policies(all_objects):
    """Without these a sandbox could reach and be reached."""
    denied = [
        one
        for one in all_objects
        if one["kind"] == "NetworkPolicy"
        and one["metadata"]["namespace"] != NAMESPACE
        and one["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ]
    if len(denied) != 1:
        raise Wrong("no policy denies sandboxes everything")
