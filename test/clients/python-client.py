"""Registers and reads Avro and JSON Schema with confluent-kafka's serializers; prints what it saw as JSON."""

import json
import sys

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

AVRO = json.dumps(
    {
        "type": "record",
        "name": "ToolCall",
        "namespace": "example.python",
        "fields": [{"name": "tool", "type": "string"}, {"name": "attempt", "type": "int", "default": 0}],
    }
)
JSON = json.dumps(
    {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Prompt",
        "type": "object",
        "properties": {"question": {"type": "string"}},
        "required": ["question"],
    }
)

client = SchemaRegistryClient({"url": sys.argv[1]})
seen = {}


def round_trip(topic, serializer, deserializer, value):
    context = SerializationContext(topic, MessageField.VALUE)
    return deserializer(serializer(value, context), context)


seen["avro"] = round_trip(
    "python-avro", AvroSerializer(client, AVRO), AvroDeserializer(client, AVRO), {"tool": "search", "attempt": 2}
)
seen["json"] = round_trip(
    "python-json",
    JSONSerializer(JSON, client, lambda value, _: value),
    JSONDeserializer(JSON, lambda value, _: value, client),
    {"question": "why?"},
)
latest = client.get_latest_version("python-avro-value")
seen["latest"] = {"subject": latest.subject, "version": latest.version, "type": latest.schema.schema_type}
seen["same_id"] = client.register_schema("python-avro-value", Schema(AVRO, "AVRO")) == latest.schema_id
OTHER = AVRO.replace('"type": "int", "default": 0', '"type": "string", "default": ""')
seen["compatible"] = client.test_compatibility("python-avro-value", Schema(OTHER, "AVRO"))
client.set_compatibility("python-avro-value", "FULL")
seen["level"] = client.get_compatibility("python-avro-value")
seen["subjects"] = sorted(subject for subject in client.get_subjects() if subject.startswith("python-"))
seen["deleted"] = client.delete_subject("python-json-value")
print(json.dumps(seen))
