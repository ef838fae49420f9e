/** The text is not a schema of its type; becomes 42201. */
export class InvalidSchema extends Error {
  override readonly name = 'InvalidSchema';
}
