-- Health of a SchemaRegistry for Argo CD: in argocd-cm, under
-- resource.customizations.health.llm-schema-registry.io_SchemaRegistry. docs/argocd.md says how.
local status = obj.status or {}
if status.conditions == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "the operator has not looked at this generation yet" }
end

local is = {}
for _, condition in ipairs(status.conditions) do
  is[condition.type] = condition
end
local function holds(type)
  return is[type] ~= nil and is[type].status == "True"
end

if holds("Paused") then
  return { status = "Suspended", message = is.Paused.message }
end
if holds("Stalled") then
  return { status = "Degraded", message = is.Stalled.message }
end
if holds("Reconciling") then
  return { status = "Progressing", message = is.Reconciling.message }
end
if not holds("Ready") then
  return { status = "Degraded", message = is.Ready and is.Ready.message or "no condition Ready" }
end
-- It answers, so nothing that waits for it has to wait: what is amiss is in the message.
return { status = "Healthy", message = holds("Degraded") and is.Degraded.message or is.Ready.message }
