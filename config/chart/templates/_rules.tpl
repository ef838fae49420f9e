{{- /* Written by `npm run generate`. */ -}}
{{- define "rules.work" -}}
- apiGroups:
    - llm-schema-registry.io
  resources:
    - schemaregistries
  verbs:
    - list
    - watch
- apiGroups:
    - ""
  resources:
    - serviceaccounts
  verbs:
    - get
    - list
    - watch
    - create
    - patch
- apiGroups:
    - ""
  resources:
    - configmaps
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - ""
  resources:
    - secrets
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - ""
  resources:
    - services
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - apps
  resources:
    - statefulsets
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - apps
  resources:
    - deployments
  verbs:
    - get
    - list
    - watch
    - create
    - patch
- apiGroups:
    - batch
  resources:
    - cronjobs
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - networking.k8s.io
  resources:
    - ingresses
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - policy
  resources:
    - poddisruptionbudgets
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - autoscaling
  resources:
    - horizontalpodautoscalers
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - networking.k8s.io
  resources:
    - networkpolicies
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - monitoring.coreos.com
  resources:
    - servicemonitors
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - monitoring.coreos.com
  resources:
    - prometheusrules
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - postgresql.cnpg.io
  resources:
    - clusters
  verbs:
    - get
    - list
    - watch
    - create
    - patch
- apiGroups:
    - cert-manager.io
  resources:
    - certificates
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - gateway.networking.k8s.io
  resources:
    - httproutes
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - gateway.networking.k8s.io
  resources:
    - grpcroutes
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - gateway.networking.k8s.io
  resources:
    - backendtlspolicies
  verbs:
    - get
    - list
    - watch
    - create
    - patch
    - delete
- apiGroups:
    - ""
  resources:
    - pods
  verbs:
    - list
    - watch
- apiGroups:
    - ""
  resources:
    - persistentvolumeclaims
  verbs:
    - list
    - watch
    - patch
- apiGroups:
    - llm-schema-registry.io
  resources:
    - schemaregistries/status
  verbs:
    - patch
- apiGroups:
    - events.k8s.io
  resources:
    - events
  verbs:
    - create
- apiGroups:
    - ""
  resources:
    - events
  verbs:
    - list
{{- end }}
{{- define "rules.lease" -}}
- apiGroups:
    - coordination.k8s.io
  resources:
    - leases
  verbs:
    - get
    - update
  resourceNames:
    - llm-schema-registry-leader
- apiGroups:
    - coordination.k8s.io
  resources:
    - leases
  verbs:
    - create
{{- end }}
{{- define "rules.otherLeases" -}}
- apiGroups:
    - coordination.k8s.io
  resources:
    - leases
  verbs:
    - list
  resourceNames:
    - llm-schema-registry-leader
{{- end }}
