/** `onsale dead-letters` as an operator runs it, beside a server whose database refuses one sale of many. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { DatabaseSync } from 'node:sqlite'
import type { EventDetail } from '@onsale/contract/events'
import { openLedger, openSql } from '@onsale/server/adapters'
import { audit } from '@onsale/server/audit'
import { expect, it, onTestFinished } from 'vitest'
import { event, HALL } from '../../../server/test/house.ts'
import { serverOf } from '../../../server/test/outside.ts'
import { startTestPlatform } from '../../../server/test/platform.ts'
import { until } from '../../../server/test/until.ts'
import { dataFolder, onsaleIn } from '../../test/onsale.ts'

/** Beside others on a machine that is short of CPU. */
const WITHIN_MS = 60_000
const QUICKLY = 'retryMs=20&mostRetryMs=100&tries=3'
const newPlace = (): string => `onsale-test-${randomUUID().slice(0, 8)}`
const buses: [name: string, server: string | undefined, newUrl: () => string][] = [
  ['Kafka', serverOf('KAFKA_URL'), () => `${process.env.KAFKA_URL}/${newPlace()}?partitions=2&${QUICKLY}`],
  ['SNS and SQS', serverOf('AWS_ENDPOINT_URL'), () => `sns+sqs://${process.env.AWS_REGION ?? 'eu-west-1'}/${newPlace()}?${QUICKLY}`],
]
type Listed = { letters: { letter: string; shard: string; position: number; kind: string; eventId: string; error: string }[] }

/** Seat B1 cannot be stored, until `mend`.  */
async function openHouse(busUrl: string) {
  const dataDir = await dataFolder()
  const house = await startTestPlatform({
    dataDir,
    house: { venues: [HALL], events: [event('Show')] },
    env: { BUS_URL: busUrl, LOG_LEVEL: 'silent' },
  })
  const database = new DatabaseSync(`${dataDir}/read.db`, { timeout: 10_000 })
  onTestFinished(() => database.close())
  database.exec(
    "create trigger refuses before insert on tickets when new.row_ = 'B' and new.column_ = 1 begin select raise(abort, 'seat B1 is refused'); end",
  )
  const buy = (row: string, column: number) => house.buy({ venueId: 'Hall', eventId: 'Show', zoneId: 1, row, column })
  const sold = async () => (await house.read<EventDetail>('/query/api/v1/events/Show')).zones.find(({ zoneId }) => zoneId === 1)?.sold
  const onsale = (...args: string[]) => onsaleIn(dataDir, ['dead-letters', ...args], { env: { BUS_URL: busUrl } })
  const facts = async <T>(...args: string[]): Promise<T> => {
    const said = await onsale(...args, '--json')
    expect(said.code, said.err).toBe(0)
    return JSON.parse(said.out) as T
  }
  const mend = () => database.exec('drop trigger refuses')
  return { dataDir, house, buy, sold, onsale, facts, mend }
}

for (const [name, server, newUrl] of buses)
  it.runIf(server)(
    `${name}: a sale that is refused is set aside with its error, holds up nobody, and is applied once after the mend`,
    async () => {
      const { dataDir, house, buy, sold, onsale, facts, mend } = await openHouse(newUrl())
      expect(await facts<Listed>('list')).toEqual({ letters: [] })
      for (const column of [1, 2, 3]) expect((await buy('A', column)).status).toBe(201)
      await until('they are seen', async () => (await sold()) === 3, WITHIN_MS)
      const culprit = await buy('B', 1)
      expect(culprit.status).toBe(201)
      const { ticketId } = culprit.json<{ ticketId: string }>()
      for (const column of [4, 5, 6]) expect((await buy('A', column)).status).toBe(201)
      // What lies behind it is seen, all of it, without anybody doing anything.
      await house.settle()
      await until('those behind it are seen', async () => (await sold()) === 6, WITHIN_MS)
      expect((await house.get(`/query/api/v1/tickets/${ticketId}`)).status).toBe(404)

      const { letters } = await facts<Listed>('list')
      expect(letters).toMatchObject([{ shard: '0', position: 4, kind: 'SeatsSold', eventId: 'Show', tries: 3, by: hostname() }])
      const [{ letter, error } = { letter: '', error: '' }] = letters
      expect(error).toContain('seat B1 is refused')
      const shown = await onsale('show', letter)
      expect(shown.out).toContain(`"ticketId": "${ticketId}"`)
      expect(shown.out).toContain('seat B1 is refused')
      expect(await facts('show', letter)).toMatchObject({ letter, shard: '0', body: expect.stringContaining(ticketId) })
      expect(await onsale('show', 'nothing')).toMatchObject({ code: 2, out: '' })

      // Before the mend it comes back.
      expect(await facts('replay')).toEqual({ replayed: 1 })
      expect((await buy('C', 1)).status).toBe(201)
      await until('it is refused again', async () => (await facts<Listed>('list')).letters.length === 1, WITHIN_MS)

      mend()
      expect(await facts('replay')).toEqual({ replayed: 1 })
      await until('it is seen', async () => (await house.get(`/query/api/v1/tickets/${ticketId}`)).status === 200, WITHIN_MS)
      expect(await facts<Listed>('list')).toEqual({ letters: [] })
      expect(await facts('replay')).toEqual({ replayed: 0 })
      expect(await sold()).toBe(8)
      await house.stop()
      const [ledger, sql] = [await openLedger(`sqlite:${dataDir}/ledger.db`), await openSql(`sqlite:${dataDir}/read.db`)]
      const { differences } = await audit(ledger, sql, Date.now()).finally(() => Promise.all([ledger.close(), sql.close()]))
      expect(differences).toEqual([])
    },
  )

for (const [name, server, newUrl] of buses)
  it.runIf(server)(
    `${name}: purging asks, and forgets; a place that is not there is told, and not created`,
    async () => {
      const { dataDir, house, buy, onsale, facts } = await openHouse(newUrl())
      expect((await buy('B', 1)).status).toBe(201)
      let column = 0
      // A refused message is to blame only once others were taken meanwhile.
      const isSetAside = async (): Promise<boolean> => {
        expect((await buy('A', ++column)).status).toBe(201)
        return (await facts<Listed>('list')).letters.length === 1
      }
      await until('it is set aside', isSetAside, WITHIN_MS)
      await house.settle()
      expect((await facts<Listed>('list')).letters).toHaveLength(1)
      expect(await onsale('purge')).toMatchObject({ code: 2, out: '' })
      expect((await facts<Listed>('list')).letters).toHaveLength(1)
      expect(await facts('purge', '--yes')).toEqual({ purged: 1 })
      expect(await facts<Listed>('list')).toEqual({ letters: [] })
      for (let i = 0; i < 2; i++) {
        const absent = await onsaleIn(dataDir, ['dead-letters', 'list'], { env: { BUS_URL: newUrl() } })
        expect(absent).toMatchObject({
          code: 1,
          out: '',
          err: expect.stringMatching(/^There is no (topic|queue) \S+\. Is BUS_URL right\?\n$/),
        })
      }
      await house.stop()
    },
    2 * WITHIN_MS,
  )

it('a bus that has none says so', async () => {
  const said = await onsaleIn(await dataFolder(), ['dead-letters', 'list'])
  expect(said).toMatchObject({ code: 1, out: '', err: expect.stringContaining('BUS_URL=memory: has no dead letters') })
})
