/** Writes the next migration and lists it in migrate.ts, so that a number is never taken twice and none is forgotten. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const CONTENT = `import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('events').addColumn('name_it', 'integer').execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('events').dropColumn('name_it').execute()
}
`

/** `sqlFolder` holds migrate.ts and migrations/. The path of the new file. */
export async function writeMigration(sqlFolder: string, name: string): Promise<string> {
  const before = (await readdir(join(sqlFolder, 'migrations'))).filter((file) => /^\d{4}-/.test(file)).sort()
  const taken = before.find((file) => file.slice(5) === `${name}.ts`)
  if (taken) throw new Error(`There is a migration of that name: ${taken}.`)
  const number = String(Number(before.at(-1)?.slice(0, 4) ?? 0) + 1).padStart(4, '0')
  const file = join(sqlFolder, 'migrations', `${number}-${name}.ts`)
  const list = join(sqlFolder, 'migrate.ts')
  const listed = withMigration(await readFile(list, 'utf8'), `${number}-${name}`)
  await writeFile(file, CONTENT, { flag: 'wx' })
  await writeFile(list, listed)
  return file
}

/** The text of migrate.ts with one more import and one more line in its list. */
function withMigration(text: string, name: string): string {
  const variable = name.slice(5).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  const imports = [...text.matchAll(/^import \* as \w+ from '\.\/migrations\/.*\n/gm)].at(-1)
  const list = /^const MIGRATIONS[^\n]*\{\n(?: {2}.*\n)*/m.exec(text)
  if (!imports || !list || new RegExp(`\\bas ${variable} from`).test(text))
    throw new Error(`migrate.ts has no place for ${name}: list it by hand.`)
  const [endOfImports, endOfList] = [imports.index + imports[0].length, list.index + list[0].length]
  return `${text.slice(0, endOfImports)}import * as ${variable} from './migrations/${name}.ts'\n${text.slice(endOfImports, endOfList)}  '${name}': ${variable},\n${text.slice(endOfList)}`
}
