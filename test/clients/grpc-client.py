"""Calls the registry over gRPC: with classes that protoc makes, and with what reflection says; prints what it saw as JSON.

Arguments: host:port, the folder of registry.proto, a folder for what protoc makes.
"""

import json
import sys
from pathlib import Path

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status
from grpc_tools import protoc

address, protos, made = sys.argv[1:]
known = Path(protoc.__file__).parent / "_proto"
arguments = ["protoc", f"-I{protos}", f"-I{known}", f"--python_out={made}", f"--grpc_python_out={made}", "registry.proto"]
assert protoc.main(arguments) == 0
sys.path.insert(0, made)

import registry_pb2  # noqa: E402
import registry_pb2_grpc  # noqa: E402

channel = grpc.insecure_channel(address)
schemas = registry_pb2_grpc.SchemaServiceStub(channel)
subjects = registry_pb2_grpc.SubjectServiceStub(channel)
seen = {}

metadata = registry_pb2.Metadata(properties={"owner": "team"}, tags={"a": registry_pb2.Tags(values=["PII"])})
schema = registry_pb2.Schema(schema_type="JSON", schema='{"type":"object"}', metadata=metadata)
registered = schemas.RegisterSchema(registry_pb2.RegisterSchemaRequest(subject="python", schema=schema), timeout=10)
seen["registered"] = [registered.id, registered.version]

found = subjects.GetVersion(registry_pb2.GetVersionRequest(subject="python"), timeout=10)
seen["found"] = MessageToDict(found.schema)
seen["listed"] = [one.subject for one in schemas.ListSchemas(registry_pb2.ListSchemasRequest(), timeout=10)]

try:
    subjects.GetVersion(registry_pb2.GetVersionRequest(subject="nothing"), timeout=10)
except grpc.RpcError as error:
    info = error_details_pb2.ErrorInfo()
    rpc_status.from_call(error).details[0].Unpack(info)
    seen["error"] = [error.code().name, dict(error.trailing_metadata())["error-code"], info.reason, info.domain]

checked = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
seen["health"] = health_pb2.HealthCheckResponse.ServingStatus.Name(checked.status)

database = ProtoReflectionDescriptorDatabase(channel)
seen["services"] = sorted(name for name in database.get_services() if name.startswith("llm_schema_registry"))
service = DescriptorPool(database).FindServiceByName("llm_schema_registry.v1.SubjectService")
method = service.methods_by_name["ListSubjects"]
call = channel.unary_unary(
    f"/{service.full_name}/{method.name}",
    request_serializer=GetMessageClass(method.input_type).SerializeToString,
    response_deserializer=GetMessageClass(method.output_type).FromString,
)
seen["reflected"] = MessageToDict(call(GetMessageClass(method.input_type)(subject_prefix="py"), timeout=10))

print(json.dumps(seen))
