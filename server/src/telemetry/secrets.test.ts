/** Nothing that leaves the process holds a password or a token of its settings, whatever goes wrong with the server that it is for. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { createClient } from '../../test/client.ts'
import { serverOf } from '../../test/outside.ts'
import { startTestPlatform, temporaryFolder } from '../../test/platform.ts'
import { runServer } from '../../test/process.ts'
import { until } from '../../test/until.ts'
import { ConfigError, readConfig } from '../config.ts'
import { createReport } from '../report.ts'
import { hiding, passwordsIn } from './secrets.ts'

const PASSWORD = 'open$esame/7&"x'
const ENCODED = encodeURIComponent(PASSWORD)
const LOGIN = `onsale:${ENCODED}`
const TOKEN = 'Bearer abc.def.ghi'
const shows = (text: string): string[] =>
  [PASSWORD, ENCODED, JSON.stringify(PASSWORD).slice(1, -1), TOKEN, encodeURIComponent(TOKEN)].filter((secret) => text.includes(secret))

/** Takes connections and ends them at once, as a server that wants no part of it. */
const deaf = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
await once(deaf, 'listening')
const { port } = deaf.address() as { port: number }
afterAll(() => deaf.close())

describe('a start that fails or waits says no password', () => {
  it('of a server that does not answer', async () => {
    const starts = [
      { DATABASE_URL: `postgres://${LOGIN}@127.0.0.1:${port}/onsale` },
      { DATABASE_URL: `mysql://${LOGIN}@127.0.0.1:${port}/onsale` },
      { LEDGER_URL: `redis://${LOGIN}@127.0.0.1:${port}` },
      { BUS_URL: `kafka://${LOGIN}@127.0.0.1:${port}/onsale?sasl=PLAIN` },
    ]
    // At once: some say something after ten seconds only, and wait for the server then.
    const ends = starts.map(async (env) => {
      const { heard } = await runServer(env)
      await until(`the reason of ${Object.keys(env)}`, () => /error/i.test(heard.said))
      return { env, shown: shows(heard.said) }
    })
    expect(await Promise.all(ends)).toEqual(starts.map((env) => ({ env, shown: [] })))
  })

  it('of an address that is wrong', async () => {
    const { heard, ended } = await runServer({ LEDGER_URL: `redis://${LOGIN}@127.0.0.1:${port}?shards=none` })
    expect([(await ended)[0], heard.said !== '', shows(heard.said)]).toEqual([1, true, []])
  })

  it.each(['LEDGER_URL', 'BUS_URL', 'DATABASE_URL', 'DATABASE_READER_URL', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS'])(
    'a wrong %s',
    (name) => {
      for (const value of [`${LOGIN}@host`, `mongodb://${LOGIN}@host/x`, `x:${PASSWORD}`, `redis+unix:${PASSWORD}`, `kafka://${LOGIN}@`]) {
        let message = ''
        try {
          readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', [name]: value })
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError)
          message = String(error)
        }
        expect([message.includes(name), shows(message)], value).toEqual([true, []])
      }
    },
  )
})

describe('a process that runs says no password', () => {
  it('of a collector that does not answer, in no log, problem, health check or metric', async () => {
    const { heard, ended, stop } = await runServer({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${LOGIN}@127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(TOKEN)}`,
      OTEL_TRACES_SAMPLER_ARG: '1',
    })
    const answers = await askAll(await addressOf(heard))
    await until('it complains of the collector', () => heard.said.includes('sending traces'))
    stop()
    await ended
    for (const answer of [...answers, heard.said]) expect(shows(answer)).toEqual([])
  })

  const server = serverOf('REDIS_URL')
  it.skipIf(!server)(
    'of a Redis that takes it no longer',
    async () => {
      const redis = new Redis(server as string)
      const user = `onsale-${randomUUID().slice(0, 8)}`
      onTestFinished(async () => {
        await redis.acl('DELUSER', user)
        redis.disconnect()
      })
      await redis.acl('SETUSER', user, 'on', `>${PASSWORD}`, '~*', '&*', '+@all')
      const { heard, ended, stop } = await runServer({
        LEDGER_URL: `${server?.replace('//', `//${user}:${ENCODED}@`)}?prefix=${user}&shards=1`,
      })
      const url = await addressOf(heard)
      await redis.acl('SETUSER', user, '>changed', `<${PASSWORD}`)
      await redis.call('CLIENT', 'KILL', 'USER', user)
      const answers = await askAll(url)
      await until('it complains of the ledger', () => heard.said.includes('"level":50'))
      stop()
      await ended
      for (const answer of [...answers, heard.said]) expect(shows(answer)).toEqual([])
    },
    60_000,
  )
})

type Heard = { said: string }
const addressOf = (heard: Heard): Promise<string> => until('its address', () => /http:\/\/127\S+/.exec(heard.said)?.[0])

async function askAll(url: string): Promise<string[]> {
  const client = createClient(url)
  const answers = await Promise.all([
    client.buy({ venueId: 'Venue1', eventId: 'Event1', quantity: 1 }),
    client.buy({ venueId: 'Nowhere', eventId: 'Event1' }),
    ...['/health/ready', '/metrics', '/openapi.json', '/nothing'].map((path) => client.get(path)),
  ])
  client.close()
  return answers.map(({ text, headers }) => `${text} ${JSON.stringify(headers)}`)
}

describe('whatever holds a secret is shown without it', () => {
  it('in a log line, where a driver put it into its error', async () => {
    const file = join(await temporaryFolder(), 'log')
    const report = createReport({ level: 'error', roles: [], hide: hiding(passwordsIn(`redis://${LOGIN}@host`)), to: file })
    const error = Object.assign(new Error(`AUTH ${PASSWORD} at redis://${LOGIN}@host`), { command: { args: ['onsale', PASSWORD] } })
    report.failed('relay', new Error('cannot', { cause: error }))
    report.logger.flush()
    const said = await until(
      'the line',
      async () => (await readFile(file, 'utf8').catch(() => '')).includes('\n') && readFile(file, 'utf8'),
    )
    expect(said).toContain('***')
    expect(JSON.parse(said).msg).toBe('relay')
    expect(shows(said)).toEqual([])
  })

  // Words of ours as tokens: then what is said anyway has to be hidden.
  it('in a check of /health/ready', async () => {
    const onsale = await startTestPlatform({
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_EXPORTER_OTLP_HEADERS: 'x=closed', LOG_LEVEL: 'silent' },
    })
    onTestFinished(() => onsale.stop())
    await (await onsale.platform.adapters.ledger()).close()
    const { text } = await onsale.get('/health/ready')
    expect(text).toContain('The ledger is ***.')
  })

  it('in the last words of a start that failed', async () => {
    const { heard, ended } = await runServer({
      PORT: String(port),
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_HEADERS: 'x=EADDRINUSE',
    })
    await ended
    expect(heard.said).toContain('the port is taken (listen ***')
  })
})

describe('what is hidden', () => {
  it.each([
    ['redis://:secret@host', ['secret']],
    ['kafka://me:a%20b@one:1,two:2/topic', ['a%20b', 'a b']],
    ['postgres://me:a@b@host/x?y=1', ['a', 'a@b']],
    ['postgres://host/x', []],
    ['sqlite:/home/me:you@x/y', []],
    ['https://host/a:b@c', []],
  ])('of %s', (address, expected) => {
    expect([...new Set(passwordsIn(address))].sort()).toEqual([...expected].sort())
  })

  it('is replaced in each form, the longest first', () => {
    const hide = hiding(['a"b', 'a"b c'])
    expect(hide(`a"b ${JSON.stringify('a"b c')} a%22b`)).toBe('*** "***" ***')
  })
})
