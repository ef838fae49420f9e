module llm-schema-registry.io/local-cluster/pause

go 1.24.0
