{{/* What every pod of a role has. */}}

{{- define "region.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "region.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "region.probes" -}}
startupProbe:
  httpGet: {path: /livez, port: admin}
  periodSeconds: 2
  failureThreshold: 90
livenessProbe:
  httpGet: {path: /livez, port: admin}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: admin}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end }}

{{/* The process drains for 30 s by itself; load balancers need a moment before that. */}}
{{- define "region.drain" -}}
{{- if gt (int .Values.drain.delayS) 0 }}
lifecycle:
  preStop:
    exec: {command: [/sleep, {{ .Values.drain.delayS | int | quote }}]}
{{- end }}
{{- end }}

{{/* Of (root, component). */}}
{{- define "region.spread" -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: {{ $.root.Values.topologySpread.whenUnsatisfiable }}
  labelSelector:
    matchLabels:
      {{- include "region.selector" $ | nindent 6 }}
{{- end }}
{{- end }}

{{/* Metadata of a pod of a role: it is replaced when its configuration or a secret changes. Of (root, component, values). */}}
{{- define "region.podMetadata" -}}
labels:
  {{- include "region.selector" . | nindent 2 }}
  app.kubernetes.io/part-of: qingjiao
annotations:
  checksum/config: {{ include (printf "region.config.%s" .component) .root | sha256sum }}
  checksum/secrets: {{ toJson .root.Values.secrets | sha256sum }}
  {{- with .values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Placement and identity. Of (root, component, values). */}}
{{- define "region.podBase" -}}
serviceAccountName: {{ include "region.name" .root }}-{{ .component }}
automountServiceAccountToken: {{ eq .component "jobrunner" }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ add (int .root.Values.drain.delayS) 40 }}
{{- if .root.Values.priorityClasses.enabled }}
priorityClassName: {{ include "region.clusterName" .root }}-roles
{{- end }}
securityContext:
  {{- include "region.podSecurity" . | nindent 2 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
topologySpreadConstraints:
  {{- include "region.spread" . | trim | nindent 2 }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What every role's container has. Of (root, component, values). */}}
{{- define "region.containerBase" -}}
name: {{ .component }}
image: {{ include "region.image" (dict "root" .root "image" .values.image) }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: [--config, /etc/qingjiao/region.toml]
securityContext:
  {{- include "region.containerSecurity" . | nindent 2 }}
{{- include "region.probes" . | nindent 0 }}
{{- with include "region.drain" .root | trim }}
{{ . }}
{{- end }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
{{- end }}

{{- define "region.configVolume" -}}
- name: config
  configMap:
    name: {{ include "region.name" .root }}-{{ .component }}
{{- end }}

{{/* The role and signing secrets, under file names that the configuration lists. Of (root, kinds). */}}
{{- define "region.secretsVolume" -}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      {{- range $kind := .kinds }}
      {{- $secret := index $.root.Values.secrets $kind }}
      - secret:
          name: {{ $secret.secretName }}
          items:
            {{- range $secret.keys }}
            - {key: {{ . | quote }}, path: {{ printf "%s/%s" $kind . | quote }}}
            {{- end }}
      {{- end }}
{{- end }}

{{- define "region.secretFiles" -}}
{{- $files := list -}}
{{- range .keys }}{{ $files = append $files (printf "/etc/qingjiao/secrets/%s/%s" $.kind .) }}{{ end -}}
{{ include "region.texts" $files }}
{{- end }}

{{/* A whole folder: a single mounted file would not follow a renewed certificate. */}}
{{- define "region.tlsVolume" -}}
{{- with .Values.region.tlsSecretName -}}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end }}

{{- define "region.tlsMount" -}}
{{- if .Values.region.tlsSecretName -}}
- {name: tls, mountPath: /etc/qingjiao/tls, readOnly: true}
{{- end }}
{{- end }}
