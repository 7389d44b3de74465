/** Settings: defaults that work, and every problem told at once with its mend. */
import { describe, expect, it } from 'vitest'
import topology from '../../topology.json' with { type: 'json' }
import { ConfigError, readConfig, settings } from './config.ts'
import { roleNames } from './roles.ts'

const mistakesOf = (env: Record<string, string>): string[] => {
  try {
    readConfig(env)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).message.split('\n').slice(1)
  }
}

describe('without any setting', () => {
  it('everything runs in one process, on the port of topology.json, in ./data', () => {
    const config = readConfig({})
    expect(config).toMatchObject({
      port: topology.image.port,
      host: '0.0.0.0',
      environment: 'development',
      busUrl: 'memory:',
      logLevel: 'warn',
      metricsPort: null,
    })
    expect(config.roles).toEqual(roleNames)
    expect(config.dataDir).toBe(`${process.cwd()}/data`)
    expect([config.ledgerUrl, config.databaseUrl]).toEqual([`sqlite:${config.dataDir}/ledger.db`, `sqlite:${config.dataDir}/read.db`])
  })

  it('is the same as with empty settings', () => {
    expect(readConfig(Object.fromEntries(Object.keys(settings).map((name) => [name, ''])))).toEqual(readConfig({}))
  })
})

describe('settings', () => {
  it('are read as they are meant', () => {
    expect(
      readConfig({
        PORT: '0',
        HOST: '::1',
        DATA_DIR: '/x',
        METRICS_PORT: '9100',
        DRAIN_MS: '0',
        LOG_LEVEL: 'silent',
        NODE_ENV: 'production',
      }),
    ).toMatchObject({
      port: 0,
      host: '::1',
      dataDir: '/x',
      ledgerUrl: 'sqlite:/x/ledger.db',
      metricsPort: 9100,
      drainMs: 0,
      logLevel: 'silent',
      environment: 'production',
    })
    expect(readConfig({ ROLES: 'query, web' }).roles).toEqual(['query', 'web'])
  })

  it('that are wrong are told all together, each with its mend', () => {
    const mistakes = mistakesOf({
      PORT: '80800',
      ROLES: 'purchase,projector,cashier,__proto__',
      LEDGER_URL: 'mongodb://x',
      BUS_URL: 'carrier-pigeon:',
      DATABASE_URL: 'sqlite:',
      LOG_LEVEL: 'loud',
      NODE_ENV: 'prod',
      METRICS_PORT: '-1',
      DRAIN_MS: '10001',
    })
    for (const [i, name] of [
      'PORT',
      'ROLES',
      'ROLES',
      'LEDGER_URL',
      'BUS_URL',
      'DATABASE_URL',
      'LOG_LEVEL',
      'NODE_ENV',
      'METRICS_PORT',
      'DRAIN_MS',
    ].entries())
      expect(mistakes[i]).toMatch(new RegExp(`^ {2}- ${name}\\b.+: .+\\.$`))
    expect(mistakes).toHaveLength(10)
    expect(mistakes[1]).toContain(roleNames.join(', '))
  })

  it('name a server by its URL, and a replica of it', () => {
    const urls = { DATABASE_URL: 'postgres://onsale:secret@db:5432/onsale?pool=20', DATABASE_READER_URL: 'postgres://db-2/onsale' }
    expect(readConfig(urls)).toMatchObject({ databaseUrl: urls.DATABASE_URL, databaseReaderUrl: urls.DATABASE_READER_URL })
    expect(readConfig({}).databaseReaderUrl).toBeNull()
  })

  it.each([
    'postgres://onsale:hunter2@db',
    'mysql:///onsale',
    'mysql://onsale:hunter2@db/onsale?pool=many',
    'postgres://onsale:hunter2@db:5432x/onsale',
  ])('the address %s is refused without showing it', (DATABASE_URL) => {
    const [mistake, ...others] = mistakesOf({ DATABASE_URL })
    expect(others).toEqual([])
    expect(mistake).toMatch(/^ {2}- DATABASE_URL .+: .+\.$/)
    expect(mistake).not.toContain('hunter2')
  })

  it('refuse a reader of another kind than its database', () => {
    expect(mistakesOf({ DATABASE_READER_URL: 'mysql://db/onsale' })[0]).toContain('DATABASE_READER_URL is of another kind')
  })

  it.each(['80a', '-1', '65536', '1e3', ' 80', '8.5', '999999'])('PORT %s is refused', (PORT) => {
    expect(mistakesOf({ PORT })).toHaveLength(1)
  })

  it('keep purchase and projector together where the bus lives in one process', () => {
    expect(mistakesOf({ ROLES: 'purchase' })[0]).toContain('BUS_URL=memory:')
    expect(mistakesOf({ ROLES: 'projector,query' })[0]).toContain('BUS_URL=memory:')
    expect(mistakesOf({ ROLES: 'purchase,projector' })).toEqual([])
  })

  it.each([
    ['kafka://broker:9092', 'kafka://<host>:<port>'],
    ['kafka://broker:9092/onsale?partition=3', '"partition" is no setting of it'],
    ['kafka://broker:9092/onsale?partitions=few', 'partitions is a whole number'],
    ['sns+sqs://eu-west-1/onsale?create=no', 'create is true or false'],
    ['sns+sqs://eu-west-1/onsale?create=false', 'name the account'],
  ])('BUS_URL %s is refused with its mend', (BUS_URL, mend) => {
    const [mistake, ...others] = mistakesOf({ BUS_URL })
    expect(mistake).toContain(mend)
    expect(others).toEqual([])
  })

  it('let purchase and projector part where the bus lives outside', () => {
    expect(mistakesOf({ ROLES: 'purchase', BUS_URL: 'kafka://one:9092,two:9092/onsale?partitions=12' })).toEqual([])
    expect(mistakesOf({ ROLES: 'projector', BUS_URL: 'sns+sqs://eu-west-1/onsale' })).toEqual([])
  })

  it('do not show more of a bad address than its beginning, which may hold a password', () => {
    expect(mistakesOf({ DATABASE_URL: `mongodb://${'x'.repeat(40)}:hunter2@host` })[0]).not.toContain('hunter2')
    expect(mistakesOf({ BUS_URL: 'kafka://me:hunter2@host:9092/onsale?no=1' })[0]).not.toContain('hunter2')
  })

  it('are each described with a default', () => {
    for (const [name, { default: value, about }] of Object.entries(settings)) {
      expect(value, name).not.toBe('')
      expect(about, name).toMatch(/\.$/)
    }
  })
})

it('a port is not used twice', () => {
  expect(mistakesOf({ PORT: '8081', METRICS_PORT: '8081' })).toEqual([expect.stringMatching(/METRICS_PORT is 8081, as PORT is/)])
  expect(mistakesOf({ PORT: '0', METRICS_PORT: '0' })).toEqual([])
})
