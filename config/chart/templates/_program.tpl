{{/*
The spec of a Pod that runs a program of a few lines in the operator's image and ends:
(dict "root" $ "program" "…" "env" (list …) "token" true)
*/}}
{{- define "program.pod" -}}
{{- $values := .root.Values -}}
restartPolicy: Never
automountServiceAccountToken: {{ .token | default false }}
enableServiceLinks: false
activeDeadlineSeconds: 300
{{- with concat $values.global.imagePullSecrets $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml ($values.podSecurityContext | default dict) | nindent 2 }}
containers:
  - name: program
    image: {{ include "operator.image" (dict "root" .root "image" $values.image) | quote }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    command: [node, --input-type=module, --eval]
    args:
      - |
        {{- .program | trim | nindent 8 }}
    env:
      {{- toYaml .env | nindent 6 }}
    resources:
      {{- toYaml ($values.hooks.resources | default dict) | nindent 6 }}
    securityContext:
      {{- toYaml ($values.securityContext | default dict) | nindent 6 }}
    terminationMessagePolicy: FallbackToLogsOnError
{{- end }}

{{/* Labels of such a Pod. It has another name than the operator: whoever selects the operator does not mean it. */}}
{{- define "program.labels" -}}
{{- $own := dict "app.kubernetes.io/name" (printf "%s-%s" (include "operator.name" .root) .name) }}
{{- toYaml (merge $own (fromYaml (include "operator.releaseLabels" .root)) (.root.Values.hooks.labels | default dict)) }}
{{- end }}

{{/* Annotations of such a Pod: (dict "root" $ "own" (dict …)) */}}
{{- define "program.annotations" -}}
{{- toYaml (merge (dict) .own (.root.Values.hooks.annotations | default dict)) }}
{{- end }}
