import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSql } from '@onsale/server/adapters'
import { readConfig } from '@onsale/server/config'
import { migrate } from '@onsale/server/sql/migrate'
import type { Sql } from '@onsale/server/sql/sql'
import type { Command } from 'commander'
import { isFile, refuseUnmigrated } from '../database.ts'
import { houseOf, isPreset, type Preset, presets, seatsOf } from '../presets.ts'
import { print, tableText } from '../table.ts'

export function addSeed(program: Command): void {
  const rows = Object.entries(presets).map(([preset, geometry]) => ({ preset, seats: seatsOf(preset as Preset), ...geometry }))
  program
    .command('seed')
    .description(
      'Puts a house of a given size and an event in it on sale; what is there already stays as it is. Also while it is served. Not in production.',
    )
    .requiredOption('--preset <size>', Object.keys(presets).join(', '))
    .option('--json', 'prints {preset, venueId, eventId, seats, zones, rows, seatsPerRow, isNew}')
    .addHelpText('after', `\nPresets:\n${tableText(rows)}`)
    .action(async ({ preset, json }: { preset: string; json?: boolean }, command: Command) => {
      if (!isPreset(preset)) return command.error(`There is no preset ${preset}: take one of ${Object.keys(presets).join(', ')}.`)
      const { databaseUrl, environment } = readConfig()
      if (environment === 'production') throw new Error('Nothing is seeded with NODE_ENV=production: it would be on sale.')
      const sql = await openSql(databaseUrl)
      const isNew = await seeded(sql, databaseUrl, preset).finally(() => sql.close())
      const { venue, event } = houseOf(preset)
      const facts = { preset, venueId: venue.venueId, eventId: event.eventId, seats: seatsOf(preset), ...presets[preset], isNew }
      print(json, facts, () => tableText([facts]))
    })
}

/** Whether the event was new. A server that runs notices a new catalogue within two seconds and opens the zones. */
async function seeded(sql: Sql, databaseUrl: string, preset: Preset): Promise<boolean> {
  // Embedded databases migrate themselves, whoever comes first.
  if (isFile(databaseUrl)) await migrate(sql)
  else await refuseUnmigrated(sql)
  const { event } = houseOf(preset)
  const there = await sql.db.selectFrom('events').select('event_id').where('event_id', '=', event.eventId).executeTakeFirst()
  if (there) return false
  const folder = await mkdtemp(join(tmpdir(), 'onsale-seed-'))
  try {
    await importHouse(sql, folder, preset)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return true
}

/** As files, because the import judges files: a preset that the form refuses is told like anybody's. */
async function importHouse(sql: Sql, folder: string, preset: Preset): Promise<void> {
  const { venue, event } = houseOf(preset)
  for (const [kind, content] of [['venues', venue] as const, ['events', event] as const]) {
    await mkdir(join(folder, kind))
    await writeFile(join(folder, kind, `Seed-${preset}.json`), JSON.stringify(content))
  }
  process.stderr.write(`Importing ${venue.zones.length} zones\n`)
  // Late: the form's validator takes 0.2 s to load, and a house that is there does not need it.
  const { importFolder } = await import('@onsale/server/catalogue/import')
  const { problems } = await importFolder(sql, folder, Date.now())
  if (problems.length > 0) throw new Error(problems.map(({ file, at, reason }) => `${file} ${at} ${reason}`).join('\n'))
}
