{{/* Where clients in the cluster find a registry: (dict "root" $ "name" … "registry" …) */}}
{{- define "registry.url" -}}
{{- $tls := dig "spec" "tls" "mode" "Disabled" .registry }}
{{- if eq $tls "Disabled" }}http{{ else }}https{{ end }}://{{ .name }}.{{ .registry.namespace | default .root.Release.Namespace }}.svc
{{- end }}
