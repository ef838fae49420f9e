{{/* The label of everything that belongs to the operator. Registries let in pods with this name, so it does not change with the release's. */}}
{{- define "operator.name" -}}
llm-schema-registry-operator
{{- end }}

{{- define "operator.fullname" -}}
{{- .Values.fullnameOverride | default (include "operator.name" .) }}
{{- end }}

{{- define "operator.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "operator.fullname" .) }}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{/* What selects the operator's pods. It is that of config/operator, so that Helm can take over what kubectl has made. */}}
{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ include "operator.name" . }}
{{- end }}

{{- define "operator.releaseLabels" -}}
app.kubernetes.io/instance: {{ .Release.Name | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | quote }}
{{- end }}

{{/* The own labels come last, so that no common label takes the place of one that selects. */}}
{{- define "operator.labels" -}}
{{- $own := merge (fromYaml (include "operator.selector" .)) (fromYaml (include "operator.releaseLabels" .)) }}
{{- toYaml (merge $own (.Values.commonLabels | default dict)) }}
{{- end }}

{{/* name and namespace are given by whoever calls: (dict "root" $ "name" … "namespace" … "labels" … "annotations" …) */}}
{{- define "operator.metadata" -}}
name: {{ .name | quote }}
{{- with .namespace }}
namespace: {{ . | quote }}
{{- end }}
labels:
  {{- toYaml (merge (fromYaml (include "operator.labels" .root)) (.labels | default dict)) | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) (.root.Values.commonAnnotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* An image as it is pulled: (dict "root" $ "image" …) */}}
{{- define "operator.image" -}}
{{- $registry := .root.Values.global.imageRegistry | default .image.registry }}
{{- $tag := .image.tag | default .root.Chart.AppVersion }}
{{- with $registry }}{{ . }}/{{ end }}{{ .image.repository }}:{{ $tag }}{{ with .image.digest }}@{{ . }}{{ end }}
{{- end }}
