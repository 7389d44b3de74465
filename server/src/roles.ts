/** Role name -> lazy import of its start function. Roles never import each other. Prefixes and ports stand in topology.json. */
import type { FastifyInstance } from 'fastify'
import topology from '../../topology.json' with { type: 'json' }
import type { Adapters } from './adapters.ts'
import type { Config } from './config.ts'
import type { Page } from './http.ts'
import type { Report } from './report.ts'

export type RoleName = keyof typeof topology.roles

/** What a role works with. `prepare` resolves once the database has its tables and, when it is new, the samples. */
export type RoleContext = { config: Config; adapters: Adapters; prepare: () => Promise<void>; http: FastifyInstance; report: Report }
/** `degraded`: worth knowing, and no reason to send requests elsewhere. */
export type Check = { name: string; status: 'ok' | 'degraded' | 'failing'; detail: string }
export type Running = {
  /** Opens what the role works with. It rejects while something is away, and is called again until it resolves. */
  open?(): Promise<void>
  /** Once it is open. */
  checks?(): Promise<Check[]>
  stop(): Promise<void>
  /** Answers a GET for HTML that no route answers. */
  page?: Page
}
/** Adds the role's routes to `http` and waits for nobody: health is answered, and refusals are, while servers are away. */
export type StartRole = (context: RoleContext) => Promise<Running>

export const roles: Record<RoleName, () => Promise<StartRole>> = {
  // The order of opening; stopping goes the other way round. The projector is there before the relay publishes to it.
  projector: async () => (await import('./projector/role.ts')).startProjectorRole,
  query: async () => (await import('./query/role.ts')).startQueryRole,
  web: async () => (await import('./web/role.ts')).startWebRole,
  purchase: async () => (await import('./purchase/role.ts')).startPurchaseRole,
}

export const roleNames = Object.keys(roles) as RoleName[]

export const isRole = (name: string): name is RoleName => Object.hasOwn(roles, name)

export const prefixesOf = (names: readonly RoleName[]): string[] => names.flatMap((name) => topology.roles[name].prefixes)
