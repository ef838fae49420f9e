// Registers over gRPC and reads it back; prints what it saw as JSON. Arguments: host:port.
import { openGrpcClient } from '../build/grpc.ts';

const client = openGrpcClient(process.argv[2]);
const schema = { schemaType: 'JSON', schema: '{"type":"object"}' };
const registered = await client.call('SchemaService/RegisterSchema', { subject: 'grpc', schema });
const found = await client.call('SubjectService/GetVersion', { subject: 'grpc' });
const missing = await client.call('SubjectService/GetVersion', { subject: 'grpc', version: 9 });
console.log(
  JSON.stringify({
    codes: [registered.code, found.code, missing.code],
    text: found.message?.schema.schema,
    isSame: registered.message?.id === found.message?.id,
  }),
);
client.close();
