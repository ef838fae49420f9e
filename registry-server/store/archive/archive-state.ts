import type { Connection } from '../database.ts';
import { archiveStatement } from './sql.ts';

/** What the database says of its archive. */
export interface ArchiveState {
  /** Whether changes are noted for it. */
  readonly is_on: boolean;
  readonly destination: string | null;
  /** As `readWalk` reads it. */
  readonly walk: unknown;
  /** Whether a server ships now; null where none ever has. */
  readonly is_held: boolean | null;
  readonly registry_id: string;
  readonly first_id: number;
}

export async function readState(connection: Connection): Promise<ArchiveState> {
  const [state] = await connection.query<ArchiveState>(archiveStatement('archiveState'));
  if (!state) throw new Error('the table archive has no row');
  return state;
}
