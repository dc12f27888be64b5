{{/* Who may speak to whom. An empty text: the role is not there. */}}

{{- define "region.network.metrics" -}}
- ports:
    - {protocol: TCP, port: 9090}
  {{- with .Values.networkPolicy.monitoringNamespace }}
  from:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ . }}
  {{- end }}
{{- end }}

{{- define "region.network.dns" -}}
- ports:
    - {protocol: UDP, port: 53}
    - {protocol: TCP, port: 53}
{{- end }}

{{- define "region.network.agents" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .Values.sandboxes.namespace }}
  ports:
    - {protocol: TCP, port: {{ .Values.sandboxes.agentPort | int }}}
{{- end }}

{{/* Everything in and outside the cluster but the metadata of the cloud. Pods and nodes are no ipBlock to every engine. */}}
{{- define "region.network.anywhere" -}}
- to:
    - namespaceSelector: {}
    - ipBlock:
        cidr: 0.0.0.0/0
        {{- with .Values.networkPolicy.neverReach }}
        except:
          {{- toYaml . | nindent 10 }}
        {{- end }}
{{- end }}

{{- define "region.network.api-server" -}}
{{- if .Values.apiServer.enabled -}}
policyTypes: [Ingress, Egress]
ingress:
  - ports:
      - {protocol: TCP, port: 8000}
      - {protocol: TCP, port: 8443}
  {{- include "region.network.metrics" . | nindent 2 }}
egress:
  {{- include "region.network.dns" . | nindent 2 }}
  {{- include "region.network.anywhere" . | nindent 2 }}
{{- end -}}
{{- end }}

{{/* What students talk to reaches the api-server and agents, and nothing else. */}}
{{- define "region.network.proxy" -}}
{{- if .Values.proxy.enabled -}}
policyTypes: [Ingress, Egress]
ingress:
  - ports:
      - {protocol: TCP, port: 8080}
      - {protocol: TCP, port: 8443}
  {{- include "region.network.metrics" . | nindent 2 }}
egress:
  {{- include "region.network.dns" . | nindent 2 }}
  {{- include "region.network.agents" . | nindent 2 }}
  - to:
      - podSelector:
          matchLabels:
            {{- include "region.selector" (dict "root" . "component" "api-server") | nindent 12 }}
    ports:
      - {protocol: TCP, port: 8000}
{{- end -}}
{{- end }}

{{/* The API server of the cluster has no address that a policy could name, so its way out is open. */}}
{{- define "region.network.jobrunner" -}}
{{- if .Values.jobrunner.enabled -}}
policyTypes: [Ingress]
ingress:
  {{- include "region.network.metrics" . | nindent 2 }}
{{- end -}}
{{- end }}

{{- define "region.network.registry-mirror" -}}
{{- if .Values.registryMirror.enabled -}}
policyTypes: [Ingress, Egress]
ingress:
  - ports:
      - {protocol: TCP, port: 5050}
  {{- include "region.network.metrics" . | nindent 2 }}
egress:
  {{- include "region.network.dns" . | nindent 2 }}
  {{- include "region.network.anywhere" . | nindent 2 }}
{{- end -}}
{{- end }}

{{- define "region.network.postgresql" -}}
{{- if .Values.store.trial.enabled -}}
policyTypes: [Ingress, Egress]
ingress:
  - from:
      {{- range list "api-server" "jobrunner" }}
      - podSelector:
          matchLabels:
            {{- include "region.selector" (dict "root" $ "component" .) | nindent 12 }}
      {{- end }}
    ports:
      - {protocol: TCP, port: 5432}
egress: []
{{- end -}}
{{- end }}
