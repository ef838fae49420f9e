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
      requests:
        cpu: 20m
        memory: 64Mi
        ephemeral-storage: 16Mi
      limits:
        memory: 256Mi
    securityContext:
      {{- toYaml ($values.securityContext | default dict) | nindent 6 }}
    terminationMessagePolicy: FallbackToLogsOnError
{{- end }}

{{/* Labels of such a Pod. It has another name than the operator: whoever selects the operator does not mean it. */}}
{{- define "program.labels" -}}
app.kubernetes.io/name: {{ include "operator.name" .root }}-{{ .name }}
{{ include "operator.releaseLabels" .root }}
{{- end }}
