import type { Condition } from './condition.ts';

/** True where others set fields of our objects differently each time that they are written. Nothing is written against them. */
export const overruled: Condition = (_registry, { overruled: objects }) =>
  objects.length === 0
    ? { status: 'False', reason: 'AsWritten', message: 'all objects are as the operator wrote them' }
    : { status: 'True', reason: 'SetByOthers', message: listed(objects) };

const mostObjects = 5;

function listed(objects: readonly string[]): string {
  const more = objects.length - mostObjects;
  const shown = objects.slice(0, mostObjects).join('. ');
  return more > 0 ? `${shown}. And ${more} more objects` : shown;
}
