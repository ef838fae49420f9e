"""What confluent-kafka's schema registry client does with credentials; prints what each of them was told, as JSON."""

import json
import sys

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError

URL, TOKEN_URL, KEYS = sys.argv[1], sys.argv[2], json.load(sys.stdin)


def told(settings):
    client = SchemaRegistryClient({"url": URL, "max.retries": 0, **settings})
    try:
        client.get_subjects()
        return client.register_schema("python", Schema('"int"', "AVRO"))
    except SchemaRegistryError as error:
        return [error.http_status_code, error.error_code]


def basic(key):
    return {"basic.auth.user.info": f"any:{key}"}


bearer = {"bearer.auth.logical.cluster": "any"}
print(
    json.dumps(
        {
            "none": told({}),
            "unknown": told(basic("x" * 32)),
            "reader": told(basic(KEYS["reader"])),
            "writer": told(basic(KEYS["writer"])),
            "token": told({**bearer, "bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.token": KEYS["token"]}),
            "fetched": told(
                {
                    **bearer,
                    "bearer.auth.credentials.source": "OAUTHBEARER",
                    "bearer.auth.client.id": "me",
                    "bearer.auth.client.secret": "hush",
                    "bearer.auth.scope": "schema-registry",
                    "bearer.auth.issuer.endpoint.url": TOKEN_URL,
                }
            ),
        }
    )
)
