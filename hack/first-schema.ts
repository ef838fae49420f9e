import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';

const subject = 'support-answer-value';
const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'SupportAnswer',
  description: 'What the model must answer to a support request.',
  type: 'object',
  properties: { answer: { type: 'string' }, confidence: { type: 'number', minimum: 0, maximum: 1 } },
  required: ['answer', 'confidence'],
  additionalProperties: false,
};

/** Registers a schema with a client that people use, writes a value with it and reads it back. */
export async function registerFirstSchema(
  url: string,
): Promise<{ subject: string; id: number; value: unknown }> {
  const client = new SchemaRegistry({ host: url }, { [SchemaType.JSON]: { strict: false } });
  const { id } = await client.register(
    { type: SchemaType.JSON, schema: JSON.stringify(schema) },
    { subject },
  );
  const value = await client.decode(
    await client.encode(id, { answer: 'Restart the router.', confidence: 0.9 }),
  );
  return { subject, id, value };
}
