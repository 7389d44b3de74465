/** DESIGN's "to avoid", as rules that run. Each message names what to do instead; an exception has its reason here or does not exist. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAst } from 'vitest/node'
import topology from './topology.json' with { type: 'json' }

type Source = { path: string; text: string; ast: Node; imports: Import[] }
type Import = { from: string; isType: boolean; line: number }
type Node = { type: string; start: number; end: number; [field: string]: unknown }
type Found = string | { line: number; what: string }
type Rule = {
  rule: string
  instead: string
  in?: (path: string) => boolean
  except?: Record<string, string>
  find: (source: Source) => Found[]
}

const LONGEST_FILE = 400
const LONGEST_FUNCTION = 60

const isTest = (path: string) => /\.(test|conformance|model)\.tsx?$|(^|\/)test\//.test(path)
const isProduct = (path: string) => !isTest(path)
const inServer = (path: string) => path.startsWith('server/src/') && isProduct(path)

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
const childrenOf = (node: Node): Node[] =>
  Object.values(node).flatMap((value) => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []))

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node)
  for (const child of childrenOf(node)) walk(child, visit)
}

const lineOf = ({ text }: Pick<Source, 'text'>, at: number) => text.slice(0, at).split('\n').length

const sources: Source[] = globSync('{*,{contract,server,ops,bench,web,scripts,infra}/**/*}.{ts,tsx,mjs}', {
  exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
})
  .filter((path) => path !== 'tidy.test.ts')
  .sort()
  .map(read)

function read(path: string): Source {
  const text = readFileSync(path, 'utf8')
  const ast = parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' }) as unknown as Node
  const imports: Import[] = []
  walk(ast, (node) => {
    const from = (node.source as Node | undefined)?.value
    if (typeof from !== 'string') return
    imports.push({ from, isType: node.importKind === 'type' || node.exportKind === 'type', line: lineOf({ text }, node.start) })
  })
  return { path, text, ast, imports }
}

/** Every place of a pattern. */
const matches = (source: Source, pattern: RegExp): Found[] =>
  [...source.text.matchAll(pattern)].map((match) => ({ line: lineOf(source, match.index), what: match[0] }))

/** Every node of some types. */
function nodes(source: Source, ...types: string[]): Found[] {
  const found: Found[] = []
  walk(source.ast, (node) => {
    if (types.includes(node.type))
      found.push({ line: lineOf(source, node.start), what: source.text.slice(node.start, node.end).slice(0, 60) })
  })
  return found
}

/** Where an import leads, as a path from the root; packages of ours included. */
const target = (path: string, from: string) =>
  from.startsWith('.') ? join(dirname(path), from) : from.replace(/^@onsale\/(\w+)\//, '$1/src/')

const imported = (source: Source, isBad: (target: string, one: Import) => boolean): Found[] =>
  source.imports.filter((one) => isBad(target(source.path, one.from), one)).map(({ from, line }) => ({ line, what: `imports ${from}` }))

const ROLES = Object.keys(topology.roles)
const roleOf = (path: string) => ROLES.find((role) => path.startsWith(`server/src/${role}/`))
const ADAPTER = /^server\/src\/(ledger|bus|sql)\/(sqlite|memory|redis|kafka|sns-sqs|postgres|mysql)\b/

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']

/** The lines of a function that belong to no function within it: a factory is as long as what it does itself. */
function ownLines(source: Source, node: Node): number {
  const lines = new Set<number>()
  for (let line = lineOf(source, node.start); line <= lineOf(source, node.end); line++) lines.add(line)
  const inner = (each: Node): void => {
    for (const child of childrenOf(each)) {
      if (!FUNCTIONS.includes(child.type)) inner(child)
      else if (child.type === 'FunctionDeclaration')
        for (let line = lineOf(source, child.start); line <= lineOf(source, child.end); line++) lines.delete(line)
      else for (let line = lineOf(source, child.start) + 1; line < lineOf(source, child.end); line++) lines.delete(line)
    }
  }
  inner(node)
  return lines.size
}

function longFunctions(source: Source): Found[] {
  const found: Found[] = []
  walk(source.ast, (node) => {
    if (!FUNCTIONS.includes(node.type) || node.end - node.start < LONGEST_FUNCTION) return
    const lines = ownLines(source, node)
    if (lines > LONGEST_FUNCTION) found.push({ line: lineOf(source, node.start), what: `${lines} lines of its own` })
  })
  return found
}

/** Prefixes and ports of topology.json, written out as a value of their own. */
function topologyValues(source: Source): Found[] {
  const values = [
    ...Object.values(topology.roles).flatMap(({ prefixes, healthPath }) => [...prefixes, healthPath]),
    String(topology.image.port),
  ]
  const repeated = new Set(values.filter((value) => value !== '/' && value !== '/health'))
  const found: Found[] = []
  walk(source.ast, (node) => {
    if (node.type === 'Literal' && repeated.has(String(node.value)))
      found.push({ line: lineOf(source, node.start), what: String(node.value) })
  })
  return found
}

const rules: Rule[] = [
  {
    rule: 'folders and files are named after what they hold',
    instead: 'utils, helpers, common, shared, core, types, constants and manager hold everything and nothing: name the one thing',
    find: ({ path }) =>
      path.split('/').filter((part) => /^(utils?|helpers?|common|shared|core|types?|constants?|managers?|misc|lib)(\.|$)/.test(part)),
  },
  {
    rule: 'no barrel files',
    instead: 'import from the file that has it',
    find: (source) => [...nodes(source, 'ExportAllDeclaration'), ...(/^index\.tsx?$/.test(basename(source.path)) ? [source.path] : [])],
  },
  { rule: 'no any', instead: 'say what it is, or `unknown` and look', find: (source) => nodes(source, 'TSAnyKeyword') },
  { rule: 'no enum', instead: 'a union of texts, or an object `as const`', find: (source) => nodes(source, 'TSEnumDeclaration') },
  { rule: 'no decorators', instead: 'call a function', find: (source) => nodes(source, 'Decorator') },
  {
    rule: 'no default exports',
    instead: 'export it by its name, so that it has the same one everywhere',
    in: (path) => !/\.config\.ts$/.test(path),
    find: (source) => nodes(source, 'ExportDefaultDeclaration'),
  },
  {
    rule: 'no interface/Impl pairs',
    instead: 'name the implementation after how it does it (SqliteLedger), or keep the one there is',
    find: (source) => matches(source, /\b\w+Impl\b/g),
  },
  {
    rule: 'settings are read in config.ts',
    instead: 'add it to `settings` in server/src/config.ts, and take it as an argument',
    in: (path) => isProduct(path) && /^(contract|server|web)\/src\//.test(path) && path !== 'server/src/config.ts',
    find: (source) => matches(source, /process\.env\b|import\.meta\.env\b/g),
  },
  {
    rule: 'nothing is left to be done in comments',
    instead: 'do it, or write an issue',
    find: (source) => matches(source, /\b(TODO|FIXME|XXX|HACK)\b/g),
  },
  { rule: 'no test runs alone', instead: 'take .only away', in: isTest, find: (source) => matches(source, /\.only\(/g) },
  {
    rule: 'no sleep in tests',
    instead: 'wait for a fact: `until` of server/test/until.ts, `settle()`, or `Onsale-After`',
    in: isTest,
    except: {
      'server/test/until.ts': 'the one place that waits, with a deadline',
      'bench/src/load/load.test.ts': 'a server that is slow on purpose, to see whether the load generator notices',
    },
    find: (source) => [
      ...matches(source, /\bwaitForTimeout\(|\bsleep\(|Atomics\.wait\(/g),
      ...matches(source, /\bawait (?:wait|pause|delay|setTimeout)\(/g),
      ...imported(source, (to) => to === 'node:timers/promises'),
    ],
  },
  {
    rule: 'no mocks of what we own',
    instead: 'start it for real: startTestPlatform, an embedded adapter, or a value as an argument',
    in: isTest,
    find: (source) => matches(source, /\bvi\.(mock|doMock|hoisted)\(/g),
  },
  {
    rule: 'roles do not import each other',
    instead: 'put what both need beside what it is about (seats/, ledger/, sql/, catalogue/)',
    in: (path) => inServer(path) && roleOf(path) !== undefined,
    find: (source) => imported(source, (to) => roleOf(to) !== undefined && roleOf(to) !== roleOf(source.path)),
  },
  {
    rule: 'adapters are named in adapters.ts only',
    instead: 'take the Ledger, Bus or Sql as an argument',
    in: (path) => isProduct(path) && path !== 'server/src/adapters.ts',
    find: (source) => imported(source, (to) => ADAPTER.test(to) && dirname(to) !== dirname(source.path)),
  },
  {
    rule: 'contract imports nothing of ours',
    instead: 'what crosses a process boundary stands on its own: move it into contract/, or pass it in',
    in: (path) => path.startsWith('contract/src/') && isProduct(path),
    find: (source) => imported(source, (to) => /^(server|web|ops|bench)\//.test(to)),
  },
  {
    rule: 'the web app takes nothing from the server but what contract/ says',
    instead: 'import the type from @onsale/contract, and ask over HTTP for the rest',
    in: (path) => path.startsWith('web/src/'),
    find: (source) => imported(source, (to, { isType }) => /^(server|ops|bench)\//.test(to) && !isType),
  },
  {
    rule: 'the rules are pure',
    instead: 'take time, randomness, prices and states as arguments',
    in: (path) => ['server/src/seats/rules.ts', 'server/src/seats/map.ts'].includes(path),
    find: (source) => matches(source, /Date\.now\(|new Date\(\)|Math\.random\(|randomUUID|performance\.now\(|\bawait\b/g),
  },
  {
    rule: `no function is longer than ${LONGEST_FUNCTION} lines`,
    instead: 'find the part that has a name, and give it one',
    in: isProduct,
    except: { 'server/src/sql/migrations/0001-seat-path.ts': 'a list of tables and columns, and what was migrated stays as it was' },
    find: longFunctions,
  },
  {
    rule: `no file is longer than ${LONGEST_FILE} lines`,
    instead: 'find the part that changes for another reason, and give it a file',
    in: isProduct,
    find: ({ text }) => (text.split('\n').length - 1 > LONGEST_FILE ? [`${text.split('\n').length - 1} lines`] : []),
  },
  {
    rule: 'prefixes and ports stand in topology.json only',
    instead: 'import topology.json',
    in: (path) => isProduct(path) && !path.startsWith('contract/'),
    except: { 'web/vite.config.ts': 'the proxy of `vite dev`, which ships nowhere' },
    find: topologyValues,
  },
]

describe('the house is tidy', () => {
  it.each(rules)('$rule', ({ in: applies = () => true, except = {}, find, instead }) => {
    const found = sources.filter(({ path }) => applies(path)).flatMap((source) => find(source).map((one) => ({ path: source.path, one })))
    const faults = found
      .filter(({ path }) => !(path in except))
      .map(({ path, one }) => (typeof one === 'string' ? `${path}: ${one}` : `${path}:${one.line}: ${one.what}`))
    expect(faults, `${instead}\n`).toEqual([])
    const unused = Object.keys(except).filter((path) => !found.some((each) => each.path === path))
    expect(unused, 'exceptions that nothing needs any more').toEqual([])
  })

  it('looks at every part of the house', () => {
    for (const part of ['contract/src/', 'server/src/', 'server/test/', 'ops/src/', 'bench/src/', 'web/src/', 'scripts/', 'infra/'])
      expect(
        sources.some(({ path }) => path.startsWith(part)),
        part,
      ).toBe(true)
  })
})

it('docs/coverage.md names tests that exist', () => {
  const text = existsSync('docs/coverage.md') ? readFileSync('docs/coverage.md', 'utf8') : ''
  const named = new Set([...text.matchAll(/[\w./-]+\.test\.tsx?/g)].map(([path]) => path))
  expect([...named].filter((path) => !existsSync(path))).toEqual([])
  const quoted = [...text.matchAll(/"([^"]+)"/g)].map(([, title]) => title as string)
  expect(
    quoted.filter((title) => !sources.some((source) => isTest(source.path) && source.text.includes(title))),
    'titles that no test has',
  ).toEqual([])
})
