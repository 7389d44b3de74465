/**
 * What rounds share, because it is dear: a place on the engines, the way there through a bad network, and the cluster, which is started once
 * and lives, as far as the rounds let it. Each round sells events of its own. (Five processes and their end were 12 s of a round's 14 s of CPU.)
 */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSql } from '@onsale/server/adapters'
import { importFolder } from '@onsale/server/catalogue/import'
import { type Child, startChild } from '../child.ts'
import { type House, writeHouses } from '../house.ts'
import { type Cluster, startCluster } from './cluster.ts'
import type { Arena } from './faults.ts'
import { newPast, type Past } from './judge.ts'
import { type FaultyWire, startProxy } from './proxy.ts'
import { type Engines, type Place, type Servers, serversOf } from './servers.ts'

const REPEATER = fileURLToPath(new URL('./repeater.ts', import.meta.url))
const CLOCK = new URL('./clock.ts', import.meta.url).href

export type Camp = {
  place: Place
  cluster: Cluster
  wires: Arena['wires']
  engines: Arena['engines']
  /** Says everything twice, late and out of order, from SIGCONT to SIGSTOP. */
  repeater: Child
  past: Past
  /** Puts events on sale. */
  sell(houses: readonly House[]): Promise<void>
  /** Kills everything. */
  strike(): Promise<void>
}

/** `folder`: of the processes' logs. */
export async function pitchCamp(folder: string, engines: Engines, servers: Servers): Promise<Camp> {
  const ending: (() => Promise<unknown>)[] = []
  const strike = async (): Promise<void> => {
    // A server that is down cannot give its database back; the folder of all servers goes in the end.
    for (const end of ending.reverse()) await end().catch(() => undefined)
  }
  try {
    await servers.up(...serversOf(engines))
    const place = await servers.newPlace(engines)
    ending.push(place.remove)
    const { urls, env, wires } = await throughBadNetwork(place, ending)
    const cluster = await startCluster({ urls, env: { ...env, NODE_OPTIONS: `--import=${CLOCK}` }, folder })
    ending.push(cluster.end)
    await cluster.ready()
    const repeater = await startRepeater(place, folder)
    ending.push(() => repeater.end('SIGKILL'))
    const sell = (houses: readonly House[]) => putOnSale(place.databaseUrl, houses, folder)
    return { place, cluster, wires, engines: killable(servers, engines), repeater, past: newPast(), sell, strike }
  } catch (error) {
    await strike()
    throw error
  }
}

async function putOnSale(databaseUrl: string, houses: readonly House[], folder: string): Promise<void> {
  const files = await mkdtemp(join(folder, 'houses-'))
  await writeHouses(files, houses)
  const sql = await openSql(databaseUrl)
  const { problems } = await importFolder(sql, files, Date.now()).finally(sql.close)
  if (problems.length > 0) throw new Error(`A house was not imported: ${JSON.stringify(problems)}`)
}

function killable(servers: Servers, engines: Engines): Arena['engines'] {
  const [ledger, bus, database] = serversOf(engines).map((name) => ({ name, crash: () => servers.crash(name), up: () => servers.up(name) }))
  return { ledger, bus, database } as Arena['engines']
}

type BadNetwork = { urls: Place; env: Record<string, string>; wires: Arena['wires'] }

/** Ledger, database and bus are reached by way of a proxy each. */
async function throughBadNetwork(place: Place, ending: (() => Promise<unknown>)[]): Promise<BadNetwork> {
  async function by(text: string): Promise<{ url: string; wire: FaultyWire }> {
    const url = new URL(text)
    const wire = await startProxy(url.hostname, Number(url.port))
    ending.push(wire.close)
    url.port = String(wire.port)
    return { url: url.href, wire }
  }
  const [ledger, database] = [await by(place.ledgerUrl), await by(place.databaseUrl)]
  const urls = { ...place, ledgerUrl: ledger.url, databaseUrl: database.url }
  if (place.busWire) return { urls, env: place.env, wires: { ledger: ledger.wire, bus: place.busWire, database: database.wire } }
  const bus = await by(place.env.AWS_ENDPOINT_URL as string)
  return { urls, env: { ...place.env, AWS_ENDPOINT_URL: bus.url }, wires: { ledger: ledger.wire, bus: bus.wire, database: database.wire } }
}

/** It takes the straight way to the engines. */
async function startRepeater(place: Place, folder: string): Promise<Child> {
  const repeater = startChild(REPEATER, [], { ...place.env, LEDGER_URL: place.ledgerUrl, BUS_URL: place.busUrl, DATA_DIR: folder })
  await repeater.ready
  repeater.signal('SIGSTOP')
  return repeater
}
