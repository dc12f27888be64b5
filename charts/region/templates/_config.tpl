{{/* The configuration files of the roles. Numbers go through int64, as values may arrive as floats. */}}

{{- define "region.config.common" -}}
[admin]
listen = "0.0.0.0:9090"

[telemetry]
format = "json"
filter = {{ .Values.telemetry.filter | quote }}
{{- end }}

{{- define "region.config.tls" -}}
{{- if .Values.region.tlsSecretName }}
tls.listen = "0.0.0.0:8443"
tls.certificate_file = "/etc/qingjiao/tls/tls.crt"
tls.key_file = "/etc/qingjiao/tls/tls.key"
{{- end }}
{{- end }}

{{- define "region.config.store" -}}
[region]
name = {{ .Values.region.name | quote }}

[store]
max_connections = {{ .Values.store.maxConnections | int64 }}
{{- end }}

{{- define "region.config.api-server" -}}
{{ include "region.config.common" . }}

{{ include "region.config.store" . }}

[secrets]
role_files = {{ include "region.secretFiles" (dict "kind" "role" "keys" .Values.secrets.role.keys) }}
signing_files = {{ include "region.secretFiles" (dict "kind" "signing" "keys" .Values.secrets.signing.keys) }}

[api]
listen = "0.0.0.0:8000"
{{- include "region.config.tls" . }}
public_url = {{ .Values.region.apiUrl | quote }}
domain = {{ .Values.region.domain | quote }}
proxy_scheme = {{ .Values.region.proxyScheme | quote }}
proxy_port = {{ .Values.region.proxyPort | default (ternary 443 80 (eq .Values.region.proxyScheme "https")) | int64 }}
runs = {{ include "region.texts" .Values.apiServer.runs }}
{{- with .Values.sandboxes.placements }}
placements = {{ include "region.texts" (keys . | sortAlpha) }}
{{- end }}
requests_per_s = {{ .Values.apiServer.requestsPerS | int64 }}
requests_burst = {{ .Values.apiServer.requestsBurst | int64 }}
cookie_s = {{ .Values.apiServer.cookieS | int64 }}
{{- end }}

{{- define "region.config.proxy" -}}
{{ include "region.config.common" . }}

[proxy]
listen = "0.0.0.0:8080"
{{- include "region.config.tls" . }}
domain = {{ .Values.region.domain | quote }}
scheme = {{ .Values.region.proxyScheme | quote }}
api_url = "http://{{ include "region.name" . }}-api-internal.{{ .Release.Namespace }}.svc:8000"
frame_ancestors = {{ include "region.texts" .Values.proxy.frameAncestors }}
{{- with .Values.proxy.reentryUrl }}
reentry_url = {{ . | quote }}
{{- end }}
connections_max = {{ .Values.proxy.connectionsMax | int64 }}
header_bytes = {{ .Values.proxy.headerBytes | int64 }}
header_timeout_s = {{ .Values.proxy.headerTimeoutS | int64 }}
keep_alive_s = {{ .Values.proxy.keepAliveS | int64 }}
{{- end }}

{{- define "region.config.jobrunner" -}}
{{ include "region.config.common" . }}

{{ include "region.config.store" . }}

[secrets]
signing_files = {{ include "region.secretFiles" (dict "kind" "signing" "keys" .Values.secrets.signing.keys) }}

[jobrunner]
provider = "kubernetes"
concurrent_sandboxes = {{ .Values.jobrunner.concurrentSandboxes | int64 }}
lease_ms = {{ .Values.jobrunner.leaseMs | int64 }}
sweep_brake_percent = {{ .Values.jobrunner.sweepBrakePercent | int64 }}

{{ include "region.config.kubernetes" . }}
{{- end }}

{{/* The provider for pods. It makes the network policies of sandboxes, of which the chart makes the strictest. */}}
{{- define "region.config.kubernetes" -}}
{{- $sandboxes := .Values.sandboxes -}}
[kubernetes]
namespace = {{ $sandboxes.namespace | quote }}
agent_image = {{ include "region.image" (dict "root" . "image" $sandboxes.agentImage) | quote }}
agent_port = {{ $sandboxes.agentPort | int64 }}
egress_denied = {{ include "region.texts" $sandboxes.egressDenied }}
home_access_mode = {{ $sandboxes.homeAccessMode | quote }}
gpu_resource = {{ $sandboxes.gpuResource | quote }}
user_id = {{ $sandboxes.userId | int64 }}
scratch_mib = {{ $sandboxes.scratchMib | int64 }}
lost_node_s = {{ $sandboxes.lostNodeS | int64 }}
requests_per_second = {{ $sandboxes.requestsPerS | int64 }}
cluster_domain = {{ $sandboxes.clusterDomain | quote }}
{{- range $field, $value := dict
  "default_registry" $sandboxes.defaultRegistry
  "image_pull_secret" $sandboxes.imagePullSecret
  "runtime_class" $sandboxes.runtimeClass
  "storage_class" $sandboxes.storageClassName
  "priority_class" (ternary (printf "%s-sandboxes" (include "region.clusterName" .)) "" .Values.priorityClasses.enabled) }}
{{- with $value }}
{{ $field }} = {{ . | quote }}
{{- end }}
{{- end }}
node_selector = {{ include "region.table" $sandboxes.nodeSelector }}
registry_mirrors = {{ include "region.table" $sandboxes.registryMirrors }}
{{- range list "api-server" "jobrunner" "proxy" }}

[[kubernetes.agent_callers]]
pods.namespace = {{ $.Release.Namespace | quote }}
pods.labels = {{ include "region.table" (include "region.selector" (dict "root" $ "component" .) | fromYaml) }}
{{- end }}
{{- range $sandboxes.autoscaledNodes }}

[[kubernetes.autoscaled_nodes]]
cpu_millis = {{ .cpuMillis | int64 }}
memory_mib = {{ .memoryMib | int64 }}
disk_mib = {{ .diskMib | default 0 | int64 }}
gpus = {{ .gpus | default 0 | int64 }}
{{- end }}
{{- range $sandboxes.tolerations }}

[[kubernetes.tolerations]]
{{- range $field, $value := . }}
{{ $field }} = {{ $value | quote }}
{{- end }}
{{- end }}
{{- range $name, $placement := $sandboxes.placements }}

[kubernetes.placements.{{ $name }}]
node_selector = {{ include "region.table" $placement.nodeSelector }}
extended = {{ include "region.counts" $placement.extended }}
{{- if hasKey $placement "runtimeClass" }}
runtime_class = {{ $placement.runtimeClass | quote }}
{{- end }}
{{- with $placement.gpuResource }}
gpu_resource = {{ . | quote }}
{{- end }}
{{- range $placement.tolerations }}

[[kubernetes.placements.{{ $name }}.tolerations]]
{{- range $field, $value := . }}
{{ $field }} = {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "region.config.registry-mirror" -}}
{{ include "region.config.common" . }}

[mirror]
listen = "0.0.0.0:5050"
api_listen = "127.0.0.1:5051"
folder = "/var/lib/qingjiao/mirror"
disk_budget_bytes = {{ mul (int64 .Values.registryMirror.diskBudgetGiB) 1073741824 }}
tag_ttl_s = {{ .Values.registryMirror.tagTtlS | int64 }}
default_registry = {{ .Values.registryMirror.defaultRegistry | quote }}
{{- if .Values.registryMirror.tlsSecretName }}
tls_certificate_file = "/etc/qingjiao/tls/tls.crt"
tls_key_file = "/etc/qingjiao/tls/tls.key"
{{- end }}
{{- range $index, $upstream := .Values.registryMirror.upstreams }}

[[mirror.upstreams]]
name = {{ $upstream.name | quote }}
registries = {{ include "region.texts" $upstream.registries }}
url = {{ $upstream.url | quote }}
{{- with $upstream.repositoryPrefix }}
repository_prefix = {{ . | quote }}
{{- end }}
{{- if $upstream.plainHttp }}
plain_http = true
{{- end }}
{{- if $upstream.credentialsSecret }}
credentials_file = "/etc/qingjiao/upstreams/{{ $index }}/credentials"
{{- end }}
{{- if $upstream.authoritySecret }}
ca_file = "/etc/qingjiao/upstreams/{{ $index }}/ca.crt"
{{- end }}
{{- end }}
{{- end }}
