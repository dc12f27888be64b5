{{/* Type and reach of a Service. Of its values. */}}
{{- define "region.serviceSpec" -}}
type: {{ .type }}
{{- if ne .type "ClusterIP" }}
externalTrafficPolicy: {{ .externalTrafficPolicy }}
{{- end }}
{{- if eq .type "LoadBalancer" }}
{{- with .loadBalancerClass }}
loadBalancerClass: {{ . }}
{{- end }}
{{- with .loadBalancerSourceRanges }}
loadBalancerSourceRanges:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* The public port: with a certificate of our own TLS, and nothing in the clear beside it. Of (root, port). */}}
{{- define "region.servicePort" -}}
{{- $name := ternary "https" "http" (ne .root.Values.region.tlsSecretName "") -}}
- {name: {{ $name }}, port: {{ .port | int }}, targetPort: {{ $name }}}
{{- end }}
