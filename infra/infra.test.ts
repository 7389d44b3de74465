/** Image, compose file and proxy say what topology.json says; the Dockerfile keeps our rules; what it copies is enough to start. */
import { execFile } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { readiness } from '@onsale/contract/api'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import packageJson from '../package.json' with { type: 'json' }
import { ConfigError, readConfig, settings } from '../server/src/config.ts'
import { STOP_WITHIN_MS } from '../server/src/serve.ts'
import { startServer } from '../server/test/process.ts'
import topology from '../topology.json' with { type: 'json' }
import { faultsOf, instructionsOf, lastStage } from './dockerfile.ts'

type Service = {
  image: string
  environment?: Record<string, string>
  command?: string[]
  ports?: string[]
  networks: string[]
  healthcheck?: { test: string[] }
  depends_on?: Record<string, { condition: string }>
  stop_grace_period?: string
  deploy?: { replicas: number; resources: { limits: { cpus: string; memory: string } } }
  read_only?: boolean
  cap_drop?: string[]
}

const root = resolve(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8')
const run = promisify(execFile)

const roles = Object.entries(topology.roles)
const { port, healthPath, node } = topology.image
const text = read('infra/compose.yaml')
const { name: project, services } = parse(text, { merge: true }) as { name: string; services: Record<string, Service> }
const dockerfile = read('infra/Dockerfile')
const instructions = instructionsOf(dockerfile)
const running = lastStage(instructions)

describe('compose.yaml', () => {
  test('runs each role of topology.json as a service of its name, within its bounds and with its size', () => {
    const running = Object.entries(services).filter(([, { environment }]) => environment?.ROLES !== undefined)
    expect(running.map(([name, { environment }]) => [name, environment?.ROLES]).sort()).toEqual(roles.map(([name]) => [name, name]).sort())
    for (const [name, { cpu, memoryMiB, scaling }] of roles) {
      const { replicas, resources } = services[name]?.deploy ?? expect.fail(`${name} has no deploy`)
      expect(resources.limits, name).toEqual({ cpus: String(cpu / 1024), memory: `${memoryMiB}M` })
      expect(replicas, name).toBeGreaterThanOrEqual(scaling.min)
      expect(replicas, name).toBeLessThanOrEqual(scaling.max)
    }
  })

  test.each(roles.map(([name]) => name))('the settings of %s are accepted, and each is one of ours', (name) => {
    const { environment = {} } = services[name] as Service
    const filled = Object.entries(environment).map(([key, value]) => [key, value.replace(/\$\{\w+:\?[^}]*\}/g, 'pw')])
    const config = readConfig(Object.fromEntries(filled))
    expect(config.roles).toEqual([name])
    expect(Object.keys(environment).filter((key) => !Object.hasOwn(settings, key))).toEqual([])
    expect(() => readConfig({ ...Object.fromEntries(filled), LEDGER_URL: 'paper:' })).toThrow(ConfigError)
    // Docker kills after the process has had its time.
    expect(Number.parseInt(services[name]?.stop_grace_period ?? '', 10) * 1000).toBeGreaterThan(STOP_WITHIN_MS)
  })

  test('roles cannot write, have no capabilities, and wait for their engines', () => {
    for (const [name] of roles) {
      expect(services[name]).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
      for (const engine of ['redis', 'kafka', 'postgres'])
        expect(services[name]?.depends_on?.[engine], name).toEqual({ condition: 'service_healthy' })
    }
  })

  test('one port leads in: that of the proxy, which has the port of the image behind it', () => {
    const open = Object.entries(services).filter(([, { ports }]) => ports !== undefined)
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([['proxy', [`\${PORT:-${port}}:${port}`]]])
    expect(services.proxy?.healthcheck?.test.at(-1)).toBe(`http://127.0.0.1:${port}${healthPath}`)
    for (const engine of ['redis', 'kafka', 'postgres']) expect(services[engine]?.networks, engine).toEqual(['engines'])
  })

  test('what is waited for has a health check, images have exact versions', () => {
    for (const [name, { depends_on = {}, image }] of Object.entries(services)) {
      for (const other of Object.keys(depends_on))
        expect(services[other]?.healthcheck ?? services[other]?.environment?.ROLES, `${name} waits for ${other}`).toBeDefined()
      expect(image, name).toMatch(/^onsale:\$\{ONSALE_VERSION:-local\}$|:\d+\.\d+(\.\d+)?(-\w+)?$/)
    }
  })

  test('Redis keeps what it answered to, and forgets nothing when memory runs out', () => {
    const command = services.redis?.command?.join(' ')
    for (const setting of ['--appendonly yes', '--appendfsync always', '--maxmemory-policy noeviction']) expect(command).toContain(setting)
  })

  test('no secret stands in it, and none has a default', () => {
    const secrets = [...text.matchAll(/\$\{(\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*)(:?.)/g)]
    expect(secrets.map(([, name, mark]) => [name, mark])).toEqual([
      ['POSTGRES_PASSWORD', ':?'],
      ['POSTGRES_PASSWORD', ':?'],
    ])
    for (const { environment = {} } of Object.values(services))
      for (const [name, value] of Object.entries(environment)) {
        if (/PASSWORD|SECRET|TOKEN|KEY/.test(name)) expect(value, name).toMatch(/^\$\{\w+:\?[^}]+\}$/)
        const [, password] = /^\w+:\/\/[^/]*?:(.*)@/.exec(value) ?? []
        if (password !== undefined) expect(password, name).toMatch(/^\$\{\w+:\?[^}]+\}$/)
      }
  })
})

describe('Caddyfile', () => {
  const caddyfile = read('infra/Caddyfile')
  const blocks = [...caddyfile.matchAll(/(?:@(\w+) path (.*)\n\s*)?handle(?: @(\w+))? \{\s*reverse_proxy (.*) \{\s*import patience\s/g)]

  test('sends the prefixes of each role to every replica of that role, and nothing else', () => {
    const routes = blocks.map(([, matcher, paths, handled, upstreams]) => ({ matcher, paths, handled, upstreams }))
    const expected = roles.map(([name, { prefixes }]) => {
      const replicas = Array.from({ length: services[name]?.deploy?.replicas ?? 0 }, (_, i) => `${project}-${name}-${i + 1}:${port}`)
      const upstreams = replicas.join(' ')
      return prefixes.includes('/')
        ? { matcher: undefined, paths: undefined, handled: undefined, upstreams }
        : { matcher: name, paths: prefixes.flatMap((at) => [at, `${at}/*`]).join(' '), handled: name, upstreams }
    })
    expect(routes).toEqual(expected)
    expect(caddyfile).toContain(`\n:${port} {`)
  })

  test('looks at readiness more often than a process drains', () => {
    const seconds = (name: string): number => Number(new RegExp(`\\t${name} (\\d+)s\\n`).exec(caddyfile)?.[1])
    expect(caddyfile).toContain(`\thealth_uri ${readiness.url}\n`)
    for (const [name] of roles)
      expect(Number(services[name]?.environment?.DRAIN_MS), name).toBeGreaterThanOrEqual(2000 * seconds('health_interval'))
  })

  test('what is asked for health lies under a prefix of its role', () => {
    for (const [name, { prefixes, healthPath }] of roles)
      expect(
        prefixes.some((prefix) => healthPath.startsWith(prefix)),
        name,
      ).toBe(true)
  })
})

describe('Dockerfile', () => {
  test('keeps our rules', () => expect(faultsOf(dockerfile)).toEqual([]))

  test.each([
    ['FROM node:24.21.0-slim', 'FROM node:latest', 'exact version'],
    ['FROM node:24.21.0-slim', 'FROM node', 'exact version'],
    ['USER node', 'USER root', 'USER is root'],
    ['USER node', '', 'USER is root'],
    ['HEALTHCHECK', '# HEALTHCHECK', 'HEALTHCHECK is missing'],
    ['COPY samples samples', 'ADD https://example.org/samples.tar samples', 'COPY takes files'],
    ['ENV NODE_ENV=production', 'ENV DB_PASSWORD=hunter2', 'whoever has the image'],
    ['EXPOSE', 'ARG NPM_TOKEN\nEXPOSE', 'whoever has the image'],
    ['CMD ["node", "server/src/main.ts"]', 'CMD node server/src/main.ts', 'swallows the signals'],
    ['RUN npm ci', 'RUN npm install', 'by the lockfile'],
  ])('our rules notice: %s -> %s', (was, is, fault) => {
    expect(dockerfile).toContain(was)
    expect(faultsOf(dockerfile.replaceAll(was, is)).join('\n')).toContain(fault)
  })

  test('has the port and the Node of topology.json, and the manifest of every workspace', () => {
    expect(running.find(({ name }) => name === 'EXPOSE')?.rest).toBe(String(port))
    for (const { rest } of instructions.filter(({ name }) => name === 'FROM')) expect(rest).toMatch(new RegExp(`^node:${node}-slim( |$)`))
    const copied = instructions.filter(({ name, rest }) => name === 'COPY' && /^\S+\/package\.json /.test(rest)).map(({ rest }) => rest)
    const manifests = packageJson.workspaces.map((name) => `${name}/package.json ${name}/`)
    expect(copied).toEqual([...manifests, ...manifests])
  })

  test('copies nothing that its .dockerignore keeps away', () => {
    const allowed = read('infra/Dockerfile.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
    for (const { rest } of instructions.filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from')))
      for (const source of rest.split(' ').slice(0, -1)) {
        expect(existsSync(resolve(root, source)), source).toBe(true)
        expect(
          allowed.some((path) => source === path || source.startsWith(`${path}/`)),
          source,
        ).toBe(true)
      }
  })
})

describe('the image, as far as files go', () => {
  const image = mkdtempSync(join(tmpdir(), 'onsale-image-'))
  afterAll(() => rmSync(image, { recursive: true, force: true }))

  const isCopied = (path: string): boolean => !/(^|\/)(node_modules|dist|test)$|\.test\.tsx?$/.test(path.slice(root.length))

  /** What the last stage copies; packages are linked, and workspaces lead into the copy, as npm's links do. */
  function assemble(): void {
    for (const { rest } of running.filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from=dependencies'))) {
      const paths = rest
        .replace(/^--from=\S+ /, '')
        .replaceAll('/onsale/', '')
        .split(' ')
      const target = paths.pop() as string
      for (const source of paths) {
        const into = target.endsWith('/') ? join(target, basename(source)) : target
        cpSync(resolve(root, source), join(image, into), { recursive: true, filter: (path) => source === 'web/dist' || isCopied(path) })
      }
    }
    mkdirSync(join(image, 'node_modules/@onsale'), { recursive: true })
    for (const name of readdirSync(resolve(root, 'node_modules')))
      if (name !== '@onsale' && !name.startsWith('.')) symlinkSync(resolve(root, 'node_modules', name), join(image, 'node_modules', name))
    for (const name of ['contract', 'server']) symlinkSync(join(image, name), join(image, 'node_modules/@onsale', name))
  }

  test('is enough to open the box office with its samples and pages, and to see that it lives', async () => {
    assemble()
    expect(globSync('**/*.test.ts', { cwd: join(image, 'server') })).toEqual([])
    const server = await startServer(
      { NODE_COMPILE_CACHE: resolve(root, 'node_modules/.cache/onsale-compiled') },
      join(image, 'server/src/main.ts'),
    )
    const health = (at: string) => run(process.execPath, [join(image, 'infra/health.mjs')], { env: { ...process.env, PORT: at } })
    try {
      expect(await (await fetch(`${server.url}/query/api/v1/events`)).text()).toContain('Event1')
      expect(await (await fetch(server.url, { headers: { accept: 'text/html' } })).text()).toContain('<div id="app"')
      await health(new URL(server.url).port)
    } finally {
      await server.stop()
    }
    await expect(health(new URL(server.url).port)).rejects.toThrow('ECONNREFUSED')
  })
})
