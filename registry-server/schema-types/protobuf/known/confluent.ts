/** confluent/*.proto: names, numbers and types of the public definitions, without comments and options. */
export const confluent: Readonly<Record<string, string>> = {
  meta: `syntax = "proto3"; package confluent; import "google/protobuf/descriptor.proto";
    message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }
    extend google.protobuf.FileOptions { Meta file_meta = 1088; }
    extend google.protobuf.MessageOptions { Meta message_meta = 1088; }
    extend google.protobuf.FieldOptions { Meta field_meta = 1088; }
    extend google.protobuf.EnumOptions { Meta enum_meta = 1088; }
    extend google.protobuf.EnumValueOptions { Meta enum_value_meta = 1088; }`,
  'type/decimal': `syntax = "proto3"; package confluent.type;
    message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }`,
  'type/variant': `syntax = "proto3"; package confluent.type;
    message Variant { bytes metadata = 1; bytes value = 2; }`,
  // Where older schemas import the decimal from.
  'types/decimal': `syntax = "proto3"; import public "confluent/type/decimal.proto";`,
};
