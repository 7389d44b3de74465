/** Forgets a ledger file, while no other process has it. */
import { rm } from 'node:fs/promises'
import { openSqliteLedger } from './sqlite.ts'

/** The file goes while it is open, so that no server can begin with it; the database before its -wal, which SQLite throws away when it finds it alone. */
export async function emptySqliteLedger(path: string): Promise<void> {
  const ledger = await openSqliteLedger({ path })
  for (const end of ['', '-wal', '-shm']) await rm(path + end, { force: true })
  await ledger.close()
}
