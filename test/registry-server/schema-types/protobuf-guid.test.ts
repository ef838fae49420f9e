import { expect } from 'chai';
import { protobuf } from '../../../registry-server/schema-types/protobuf.ts';
import { guid } from '../../../registry-server/store/fingerprint.ts';

/** What the reference gives for these texts as they are, and normalized. */
const table: readonly (readonly [title: string, text: string, asWritten: string, normalized: string])[] = [
  [
    'options in the order in which they were written',
    'syntax = "proto3";\npackage acme.v1;\noption go_package = "acme/v1";\noption java_package = "com.acme.v1";\noption java_multiple_files = true;\n// an order\nmessage Order { string id = 1; repeated .acme.v1.Order.Line lines = 2; message Line { int64 amount = 1 [jstype = JS_STRING, deprecated = true]; } }',
    '875d4e1b-5778-cb7c-c3d0-3083e3dfc309',
    '8d867baa-fd12-5c02-a94c-5eb1e6f04723',
  ],
  [
    'no syntax',
    'message M { required string a = 1; optional int32 b = 2 [default = -1]; extensions 100 to max; }',
    '3d21c5ae-f509-47e1-9abb-9b3b06ff3c1f',
    '3d21c5ae-f509-47e1-9abb-9b3b06ff3c1f',
  ],
  [
    'proto2 with a syntax',
    'syntax = "proto2";\nmessage M { optional string a = 1 [default = "it\'s \\"x\\"\\n"]; repeated int32 c = 3 [packed = true]; }',
    'abb911cc-a2dd-7c6c-5a25-ac4f07e959d7',
    'eaed69e0-9db6-0eef-eca2-e7dae13f0cad',
  ],
  [
    'reserved numbers and names',
    'syntax = "proto3"; message M { reserved 5, 1 to 3; reserved "b", "c"; reserved 9; string a = 4; } enum E { reserved 7 to max; Z = 0; N = 1; }',
    'bb0188ec-e0df-2719-2cf1-8fb03b4dfa3a',
    'c3d441d5-7f54-b0b8-ec19-b3f01686ab8b',
  ],
  [
    'oneofs and maps',
    'syntax = "proto3"; message M { oneof o { string a = 1; M m = 2; } map<string,M> c = 3; optional bool d = 4; }',
    'bfbf5686-46f7-5efe-a6ca-4397148c140b',
    'e02b1e0f-b06f-97a4-9acd-30ccdf68a1e0',
  ],
  [
    'custom options that are not defined',
    'syntax = "proto3"; message M { option (acme.table) = { name: "m", keys: ["a", "b"], size: 10 }; string a = 1 [(acme.pii) = true, (acme.rules).min = 1]; }',
    '08d82c75-d68e-d48d-2eec-57b524557310',
    '0c718ca9-ffb3-9843-7c4d-6a0efc56f55a',
  ],
  [
    'imports and services',
    'syntax = "proto3"; import public "google/protobuf/timestamp.proto"; import "google/protobuf/empty.proto"; message M { google.protobuf.Timestamp at = 1; } service S { rpc Get (M) returns (stream M) { option deprecated = true; } rpc Put (stream M) returns (google.protobuf.Empty); }',
    '9a484f9f-8412-1853-86d6-44d469db8102',
    'e0560b4d-dc44-20e7-6476-7d9fab96d3de',
  ],
  [
    'extensions',
    'syntax = "proto2"; import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { optional string note = 50001; } message M { extensions 4, 10 to 20; extend M { optional int32 x = 4; } optional string a = 1 [(note) = "n"]; }',
    '0b8770f4-f6c8-3472-f189-193d98f62faf',
    '6637bfa0-25b7-afb3-2e42-aa1850846d23',
  ],
  [
    "Confluent's tags",
    'syntax = "proto3"; import "confluent/meta.proto"; message M { string a = 1 [(confluent.field_meta).tags = "PII", (confluent.field_meta).doc = "d", json_name = "A"]; }',
    '58894861-51bf-11ba-e075-c0d915be0681',
    '3b04749f-38b2-5782-1048-0e20fda16cfd',
  ],
];

describe('the guid of a Protobuf text', () => {
  const of = (schema: string): string => guid({ schemaType: 'PROTOBUF', schema, references: [] });

  for (const [title, text, asWritten, normalized] of table) {
    it(`is the reference's: ${title}`, () => {
      const parsed = protobuf.parse(text, []);
      expect(of(parsed.canonical()), parsed.canonical()).to.equal(asWritten);
      expect(of(parsed.normalized()), parsed.normalized()).to.equal(normalized);
      // What the reference stored comes with an import, and keeps its guid.
      expect(of(protobuf.parse(parsed.canonical(), []).canonical())).to.equal(asWritten);
    });
  }
});
