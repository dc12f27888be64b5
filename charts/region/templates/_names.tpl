{{/* Names and labels. Nothing here depends on the release's name. */}}

{{- define "region.name" -}}
{{- .Values.fullnameOverride -}}
{{- end }}

{{/* Begins the names of what has no namespace: two regions of one cluster differ in theirs. */}}
{{- define "region.clusterName" -}}
{{- .Release.Namespace }}-{{ include "region.name" . -}}
{{- end }}

{{/* Of (root, component). */}}
{{- define "region.selector" -}}
app.kubernetes.io/name: qingjiao
app.kubernetes.io/instance: {{ include "region.name" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "region.labels" -}}
{{ include "region.selector" . }}
app.kubernetes.io/part-of: qingjiao
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Metadata of an object in the chart's own namespace. Of (root, component, name?). */}}
{{- define "region.metadata" -}}
name: {{ .name | default (printf "%s-%s" (include "region.name" .root) .component) }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "region.labels" . | nindent 2 }}
{{- end }}

{{/* repo:tag or repo@digest, which is all that pipelines can bind. Of (root, image). */}}
{{- define "region.image" -}}
{{- $repository := printf "%s/%s" .root.Values.image.registry .image.repository -}}
{{- if .image.digest -}}
{{ printf "%s@%s" $repository .image.digest }}
{{- else -}}
{{ printf "%s:%s" $repository (.image.tag | default .root.Values.image.tag | default .root.Chart.AppVersion) }}
{{- end -}}
{{- end }}

{{/* The host of the API's public address, without scheme and port. */}}
{{- define "region.apiHost" -}}
{{- .Values.region.apiUrl | trimPrefix "https://" | trimPrefix "http://" | regexFind "^[^:]+" -}}
{{- end }}

{{- define "region.storeUrl" -}}
- name: QINGJIAO_STORE__URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.store.urlSecret.name }}
      key: {{ .Values.store.urlSecret.key }}
{{- end }}

{{/* A list of texts as TOML. */}}
{{- define "region.texts" -}}
{{- $quoted := list -}}
{{- range . }}{{ $quoted = append $quoted (. | quote) }}{{ end -}}
[{{ join ", " $quoted }}]
{{- end }}

{{/* A map of texts as TOML. */}}
{{- define "region.table" -}}
{{- $entries := list -}}
{{- range $key, $value := . }}{{ $entries = append $entries (printf "%s = %s" ($key | quote) ($value | quote)) }}{{ end -}}
{ {{- join ", " $entries -}} }
{{- end }}

{{/* A map of whole numbers as TOML. */}}
{{- define "region.counts" -}}
{{- $entries := list -}}
{{- range $key, $value := . }}{{ $entries = append $entries (printf "%s = %d" ($key | quote) ($value | int64)) }}{{ end -}}
{ {{- join ", " $entries -}} }
{{- end }}
