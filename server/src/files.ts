/** The files of the embedded adapters: their folder is made and tried out first, and what SQLite cannot read is told with its name and its mend. */
import { closeSync, existsSync, mkdirSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** `setting`: which one beside DATA_DIR says where the file is. `mend`: what to do when it cannot be read. */
type Kept = { path: string; setting: string; mend: string }

/** Refusals have a code, so that whoever starts the product shows them without a stack. */
export class FileRefused extends Error {
  override name = 'FileRefused'
  readonly code = 'FILE_REFUSED'
}

export async function openFile<T>({ path, setting, mend }: Kept, open: (path: string) => T | Promise<T>): Promise<T> {
  if (path === ':memory:') return open(path)
  tryFolder(dirname(resolve(path)), setting)
  if (!isDatabase(path)) throw new FileRefused(`${path} is no database, or a damaged one. ${mend}`)
  try {
    return await open(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (/malformed|not a database/.test(reason)) throw new FileRefused(`${path} is damaged (${reason}). ${mend}`, { cause: error })
    if (/unable to open|readonly|read-only/.test(reason))
      throw new FileRefused(`${path} cannot be written (${reason}). ${advice(setting)}`, { cause: error })
    throw error
  }
}

const advice = (setting: string): string =>
  `DATA_DIR, or ${setting} where it names a file, has to be a place that this user may write: DATA_DIR=./data npm start`

/** Writes and removes an empty file: rights alone do not tell, root has them everywhere and cannot write to /proc. */
function tryFolder(folder: string, setting: string): void {
  const probe = join(folder, `.onsale-${process.pid}`)
  try {
    makeFolder(folder)
    closeSync(openSync(probe, 'w'))
    rmSync(probe)
  } catch (error) {
    throw new FileRefused(`nothing can be kept in ${folder} (${(error as Error).message}). ${advice(setting)}`, { cause: error })
  }
}

/** Level by level, from the nearest one that is there: Node's own recursive way tries for a minute where /proc says that nothing is. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) {
    if (!statSync(folder).isDirectory()) throw new Error(`${folder} is a file`)
    return
  }
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

const MAGIC = 'SQLite format 3\0'

/** A file that is new or empty will be one. */
function isDatabase(path: string): boolean {
  if (!existsSync(path) || statSync(path).size === 0) return true
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(MAGIC.length)
    readSync(file, head)
    return head.toString('latin1') === MAGIC
  } finally {
    closeSync(file)
  }
}
