"""What programs do with confluent-kafka's schema registry client; prints what each scenario saw, as JSON."""

import json
import os
import sys
import tempfile
import traceback

from confluent_kafka.schema_registry import (
    ConfigCompatibilityLevel,
    Metadata,
    MetadataProperties,
    Rule,
    RuleKind,
    RuleMode,
    RuleSet,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    SchemaRegistryError,
    ServerConfig,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.schema_registry.rules.cel.cel_executor import CelExecutor
from confluent_kafka.schema_registry.rules.cel.cel_field_executor import CelFieldExecutor
from confluent_kafka.schema_registry.rules.jsonata.jsonata_executor import JsonataExecutor
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

URL = sys.argv[1]
CelExecutor.register()
CelFieldExecutor.register()
JsonataExecutor.register()

scenarios = {}


def scenario(run):
    scenarios[run.__name__] = run
    return run


def a_client(path=""):
    return SchemaRegistryClient({"url": URL + path, "max.retries": 0})


def value_of(topic):
    return SerializationContext(topic, MessageField.VALUE)


def error_code(action):
    try:
        action()
    except SchemaRegistryError as error:
        return error.error_code
    return None


def avro_record(name, *fields):
    return json.dumps({"type": "record", "name": name, "namespace": "example", "fields": list(fields)})


def text(name, **rest):
    return {"name": name, "type": "string", **rest}


def a_rule(name, kind, mode, type_, expr, tags=None, on_failure=None):
    return Rule(name, None, kind, mode, type_, tags, None, expr, None, on_failure, False)


def a_contract(schema, rules=None, migrations=None, properties=None, schema_type="AVRO"):
    metadata = Metadata(None, MetadataProperties(properties), None) if properties else None
    return Schema(schema, schema_type, [], metadata, RuleSet(migrations, rules) if rules or migrations else None)


def protobuf_classes(files):
    """Message classes by name, from .proto texts by path."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "w") as file:
                file.write(content)
        out = os.path.join(folder, "set")
        include = os.path.join(os.path.dirname(protoc.__file__), "_proto")
        arguments = ["protoc", f"-I{folder}", f"-I{include}", "--include_imports", f"--descriptor_set_out={out}"]
        if protoc.main([*arguments, *files]) != 0:
            raise RuntimeError("protoc failed")
        with open(out, "rb") as file:
            descriptors = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for descriptor in descriptors.file:
        pool.Add(descriptor)
    return message_factory.GetMessageClassesForFiles([file.name for file in descriptors.file], pool)


@scenario
def avro():
    client = a_client()
    schema = avro_record("Plain", text("text"), {"name": "count", "type": "int", "default": 0})
    data = AvroSerializer(client, schema)({"text": "a", "count": 2}, value_of("py-avro"))
    return AvroDeserializer(a_client())(data, value_of("py-avro"))


@scenario
def avro_with_references():
    client = a_client()
    client.register_schema("py-avro-inner", Schema(avro_record("Inner", text("text")), "AVRO"))
    outer = Schema(
        avro_record("Outer", {"name": "inner", "type": "example.Inner"}),
        "AVRO",
        [SchemaReference("example.Inner", "py-avro-inner", 1)],
    )
    data = AvroSerializer(client, outer)({"inner": {"text": "a"}}, value_of("py-avro-outer"))
    return {
        "read": AvroDeserializer(a_client())(data, value_of("py-avro-outer")),
        "referenced_by": len(client.get_referenced_by("py-avro-inner", 1)),
        "deleted": error_code(lambda: client.delete_subject("py-avro-inner")),
    }


@scenario
def json_schema_with_references():
    client = a_client()
    inner = {"$id": "http://example/inner.json", "type": "object", "properties": {"text": {"type": "string"}}}
    client.register_schema("py-json-inner", Schema(json.dumps(inner), "JSON"))
    outer = Schema(
        json.dumps(
            {
                "$id": "http://example/outer.json",
                "title": "Outer",
                "type": "object",
                "properties": {"inner": {"$ref": "inner.json"}},
            }
        ),
        "JSON",
        [SchemaReference("http://example/inner.json", "py-json-inner", 1)],
    )
    serializer = JSONSerializer(outer, client, lambda value, _: value)
    data = serializer({"inner": {"text": "a"}}, value_of("py-json-outer"))
    reader = a_client()
    latest = reader.get_latest_version("py-json-outer-value").schema
    return JSONDeserializer(latest, lambda value, _: value, reader)(data, value_of("py-json-outer"))


@scenario
def protobuf_with_references():
    classes = protobuf_classes(
        {
            "example/inner.proto": 'syntax = "proto3"; package example; message Inner { string text = 1; }',
            "example/outer.proto": 'syntax = "proto3"; package example; import "example/inner.proto"; '
            'import "google/protobuf/timestamp.proto"; '
            "message Outer { Inner inner = 1; google.protobuf.Timestamp at = 2; enum Kind { NONE = 0; SOME = 1; } "
            "Kind kind = 3; map<string, int64> counts = 4; optional bool sure = 5; oneof pick { string a = 6; bytes b = 7; } }",
        }
    )
    Outer, Inner = classes["example.Outer"], classes["example.Inner"]
    client = a_client()
    value = Outer(inner=Inner(text="a"), kind=1, counts={"x": 1}, sure=True, b=b"1")
    data = ProtobufSerializer(Outer, client)(value, value_of("py-protobuf"))
    read = ProtobufDeserializer(Outer, None, a_client())(data, value_of("py-protobuf"))
    again = ProtobufSerializer(Outer, a_client(), {"auto.register.schemas": False})(value, value_of("py-protobuf"))
    latest = client.get_latest_version("py-protobuf-value")
    serialized = a_client().get_latest_version("py-protobuf-value", fmt="serialized").schema.schema_str
    return {
        "equal": read == value,
        "found_again": again == data,
        "is_text": latest.schema.schema_str.startswith('syntax = "proto3";'),
        "references": [[r.name, r.subject, r.version] for r in latest.schema.references],
        "serialized_again": a_client().lookup_schema(
            "py-protobuf-value", Schema(serialized, "PROTOBUF", latest.schema.references)
        ).schema_id
        == latest.schema_id,
    }


@scenario
def no_registration():
    client = a_client()
    schema = avro_record("Unknown", text("text"))
    serializer = AvroSerializer(client, schema, conf={"auto.register.schemas": False})
    code = error_code(lambda: serializer({"text": "a"}, value_of("py-unknown")))
    client.register_schema("py-unknown-value", Schema(schema, "AVRO"))
    data = serializer({"text": "a"}, value_of("py-unknown"))
    return {"unknown": code, "known": AvroDeserializer(a_client())(data, value_of("py-unknown"))}


@scenario
def latest_version():
    client = a_client()
    client.register_schema("py-latest-value", Schema(avro_record("Latest", text("a")), "AVRO"))
    client.register_schema("py-latest-value", Schema(avro_record("Latest", text("a"), text("b", default="B")), "AVRO"))
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    data = AvroSerializer(client, conf=conf)({"a": "1"}, value_of("py-latest"))
    return AvroDeserializer(a_client(), conf={"use.latest.version": True})(data, value_of("py-latest"))


@scenario
def latest_with_metadata():
    client = a_client()
    for major, name in (("1", "a"), ("2", "b")):
        schema = avro_record("Majors", text(name, default=""))
        client.register_schema("py-majors-value", a_contract(schema, properties={"major": major}))
    found = client.get_latest_with_metadata("py-majors-value", {"major": "1"})
    conf = {"auto.register.schemas": False, "use.latest.with.metadata": {"major": "1"}}
    data = AvroSerializer(client, conf=conf)({"a": "1"}, value_of("py-majors"))
    return {
        "version": found.version,
        "properties": found.schema.metadata.properties.properties,
        "read": AvroDeserializer(a_client())(data, value_of("py-majors")),
        "none": error_code(lambda: client.get_latest_with_metadata("py-majors-value", {"major": "3"})),
    }


@scenario
def normalize():
    client = a_client()
    schema = '{"type":"record","name":"N","fields":[{"name":"a","type":{"type":"string"}}]}'
    reordered = '{"fields":[{"type":"string","name":"a"}],"name":"N","type":"record"}'
    first = client.register_schema("py-normalize", Schema(schema, "AVRO"), normalize_schemas=True)
    second = a_client().register_schema("py-normalize", Schema(reordered, "AVRO"), normalize_schemas=True)
    return {"same": first == second, "versions": client.get_versions("py-normalize")}


@scenario
def cel_condition():
    client = a_client()
    schema = avro_record("Prompt", text("text"))
    rule = a_rule("notEmpty", RuleKind.CONDITION, RuleMode.WRITE, "CEL", "size(message.text) > 0", on_failure="ERROR")
    lenient = a_rule("long", RuleKind.CONDITION, RuleMode.WRITE, "CEL", "size(message.text) > 99", on_failure="NONE")
    client.register_schema("py-cel-value", a_contract(schema, rules=[rule, lenient]))
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    serializer = AvroSerializer(client, conf=conf)
    data = serializer({"text": "why?"}, value_of("py-cel"))
    try:
        serializer({"text": ""}, value_of("py-cel"))
        refused = None
    except Exception as error:
        refused = type(error).__name__
    return {"read": AvroDeserializer(a_client())(data, value_of("py-cel")), "refused": refused}


@scenario
def cel_field_by_tag():
    client = a_client()
    # In the schema, not in the metadata: the client cannot cache metadata with tags.
    schema = avro_record("Person", text("name"), text("ssn", **{"confluent:tags": ["PII"]}))
    mask = a_rule(
        "mask", RuleKind.TRANSFORM, RuleMode.WRITE, "CEL_FIELD", "typeName == 'STRING' ; value + '-masked'", ["PII"]
    )
    client.register_schema("py-tags-value", a_contract(schema, rules=[mask]))
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    data = AvroSerializer(client, conf=conf)({"name": "Ada", "ssn": "1"}, value_of("py-tags"))
    return AvroDeserializer(a_client())(data, value_of("py-tags"))


@scenario
def jsonata_migration():
    client = a_client()
    client.set_config(
        "py-migration-value",
        ServerConfig(compatibility=ConfigCompatibilityLevel.BACKWARD, compatibility_group="major"),
    )
    old = a_contract(
        json.dumps({"title": "P", "type": "object", "properties": {"name": {"type": "string"}}}),
        properties={"major": "1"},
        schema_type="JSON",
    )
    upgrade = a_rule(
        "upgrade",
        RuleKind.TRANSFORM,
        RuleMode.UPGRADE,
        "JSONATA",
        "$merge([$sift($, function($v, $k) {$k != 'name'}), {'title': $.'name'}])",
    )
    downgrade = a_rule(
        "downgrade",
        RuleKind.TRANSFORM,
        RuleMode.DOWNGRADE,
        "JSONATA",
        "$merge([$sift($, function($v, $k) {$k != 'title'}), {'name': $.'title'}])",
    )
    new = a_contract(
        json.dumps(
            {"title": "P", "type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
        ),
        migrations=[upgrade, downgrade],
        properties={"major": "2"},
        schema_type="JSON",
    )
    client.register_schema("py-migration-value", old)
    client.register_schema("py-migration-value", new)

    def writer(major):
        conf = {"auto.register.schemas": False, "use.latest.with.metadata": {"major": major}}
        schema = old if major == "1" else new
        return JSONSerializer(schema, client, lambda value, _: value, conf)

    def reader(major):
        conf = {"use.latest.with.metadata": {"major": major}}
        return JSONDeserializer(None, lambda value, _: value, a_client(), conf)

    context = value_of("py-migration")
    return {
        "upgraded": reader("2")(writer("1")({"name": "Ada"}, context), context),
        "downgraded": reader("1")(writer("2")({"title": "Ada"}, context), context),
        "versions": client.get_versions("py-migration-value"),
    }


@scenario
def deletes():
    client = a_client()
    for name in ("a", "b"):
        client.register_schema("py-deletes", Schema(avro_record("D", text(name, default="")), "AVRO"))
    seen = {"too_early": error_code(lambda: client.delete_version("py-deletes", 1, permanent=True))}
    seen["version"] = client.delete_version("py-deletes", 1)
    seen["left"] = client.get_versions("py-deletes")
    seen["permanent_version"] = client.delete_version("py-deletes", 1, permanent=True)
    seen["subject"] = client.delete_subject("py-deletes")
    seen["again"] = error_code(lambda: client.delete_subject("py-deletes"))
    seen["hidden"] = [
        client.get_subjects(subject_prefix="py-deletes").count("py-deletes"),
        client.get_subjects(subject_prefix="py-deletes", deleted=True).count("py-deletes"),
    ]
    seen["permanent"] = client.delete_subject("py-deletes", permanent=True)
    seen["gone"] = error_code(lambda: client.get_versions("py-deletes"))
    return seen


@scenario
def compatibility():
    client = a_client()
    client.register_schema("py-compatibility", Schema(avro_record("C", text("a")), "AVRO"))
    worse = Schema(avro_record("C", text("a"), text("b")), "AVRO")
    seen = {
        "none_of_its_own": error_code(lambda: client.get_compatibility("py-compatibility")),
        "worse": client.test_compatibility("py-compatibility", worse),
        "worse_than_any": client.test_compatibility_all_versions("py-compatibility", worse, verbose=True),
        "refused": error_code(lambda: client.register_schema("py-compatibility", worse)),
    }
    client.set_compatibility("py-compatibility", "NONE")
    seen["level"] = client.get_compatibility("py-compatibility")
    seen["after_none"] = client.test_compatibility("py-compatibility", worse)
    client.delete_config("py-compatibility")
    seen["deleted"] = error_code(lambda: client.get_config("py-compatibility"))
    seen["global"] = client.get_config().compatibility_level
    return seen


@scenario
def config():
    client = a_client()
    mask = a_rule("mask", RuleKind.TRANSFORM, RuleMode.WRITE, "CEL_FIELD", "'x'", ["PII"])
    client.set_config(
        "py-config",
        ServerConfig(
            compatibility=ConfigCompatibilityLevel.FULL,
            default_metadata=Metadata(None, MetadataProperties({"owner": "team"}), None),
            override_rule_set=RuleSet(None, [mask]),
        ),
    )
    client.register_schema("py-config", Schema('"string"', "AVRO"))
    stored = a_client().get_config("py-config")
    registered = a_client().get_latest_version("py-config").schema
    return {
        "level": stored.compatibility_level,
        "owner": stored.default_metadata.properties.properties,
        "registered_owner": registered.metadata.properties.properties,
        "registered_rules": [rule.name for rule in registered.rule_set.domain_rules],
    }


@scenario
def modes():
    client = a_client()
    schema = Schema(avro_record("M", text("a", default="")), "AVRO")
    other = Schema(avro_record("M", text("b", default="")), "AVRO")
    client.register_schema("py-modes", schema)
    seen = {
        "global": client.get_global_mode(),
        "none_of_its_own": error_code(lambda: client.get_mode("py-modes")),
        "changed": client.update_mode("py-modes", "READONLY"),
        "mode": client.get_mode("py-modes"),
        "refused": error_code(lambda: client.register_schema("py-modes", other)),
        "deleted": client.delete_mode("py-modes"),
    }
    client.register_schema("py-modes", other)
    seen["import_with_schemas"] = error_code(lambda: client.update_mode("py-modes", "IMPORT"))
    seen["import"] = client.update_mode("py-import", "IMPORT")
    seen["without_id"] = error_code(lambda: client.register_schema("py-import", schema))
    return seen


@scenario
def contexts():
    plain, client = a_client(), a_client("/contexts/.py")
    schema = avro_record("InContext", text("text"))
    data = AvroSerializer(client, schema)({"text": "a"}, value_of("py-context"))
    seen = {
        "read": AvroDeserializer(a_client("/contexts/.py"))(data, value_of("py-context")),
        "id": client.get_latest_version("py-context-value").schema_id,
        "subjects": client.get_subjects(),
        "from_outside": plain.get_latest_version(":.py:py-context-value").subject,
        "contexts": [name for name in plain.get_contexts() if name in (".", ".py")],
    }
    client.set_compatibility(level="FULL")
    seen["level"] = client.get_compatibility()
    seen["level_outside"] = plain.get_compatibility()
    client.update_global_mode("READONLY")
    seen["read_only"] = error_code(lambda: client.register_schema("other", Schema('"int"', "AVRO")))
    seen["writable_outside"] = plain.get_global_mode()
    client.update_global_mode("READWRITE")
    return seen


@scenario
def by_id():
    client = a_client()
    schema = Schema(avro_record("ById", text("text")), "AVRO")
    registered = client.register_schema_full_response("py-by-id", schema)
    reader = a_client()
    return {
        "by_id": json.loads(reader.get_schema(registered.schema_id).schema_str) == json.loads(schema.schema_str),
        "by_guid": json.loads(reader.get_schema_by_guid(registered.guid).schema_str)["name"],
        "subjects": reader.get_subjects_by_schema_id(registered.schema_id),
        "versions": [[v.subject, v.version] for v in reader.get_schema_versions(registered.schema_id)],
        "types": sorted(reader.get_schema_types()),
        "unknown": error_code(lambda: reader.get_schema(999_999)),
    }


seen = {}
for name, run in scenarios.items():
    try:
        seen[name] = run()
    except Exception:
        seen[name] = {"failed": traceback.format_exc()}
print(json.dumps(seen))
