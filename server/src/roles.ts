/** Role name -> lazy import of its start function. Roles never import each other. Prefixes and ports stand in topology.json. */
import type { FastifyInstance } from 'fastify'
import topology from '../../topology.json' with { type: 'json' }
import type { Adapters } from './adapters.ts'
import type { Config } from './config.ts'
import type { Page } from './http.ts'
import type { Report } from './report.ts'

export type RoleName = keyof typeof topology.roles

/** What a role works with. It adds its routes to `http`, and gives back how to stop and how well it is. */
export type RoleContext = { config: Config; adapters: Adapters; http: FastifyInstance; report: Report }
export type Check = { name: string; status: 'ok' | 'failing'; detail: string }
/** `page` answers a GET for HTML that no route answers. */
export type Running = { stop(): Promise<void>; checks?(): Promise<Check[]>; page?: Page }
export type StartRole = (context: RoleContext) => Promise<Running>

export const roles: Record<RoleName, () => Promise<StartRole>> = {
  // The order of starting; stopping goes the other way round.
  projector: async () => (await import('./projector/role.ts')).startProjectorRole,
  purchase: async () => (await import('./purchase/role.ts')).startPurchaseRole,
  query: async () => (await import('./query/role.ts')).startQueryRole,
  web: async () => (await import('./web/role.ts')).startWebRole,
}

export const roleNames = Object.keys(roles) as RoleName[]

export const isRole = (name: string): name is RoleName => Object.hasOwn(roles, name)

export const prefixesOf = (names: readonly RoleName[]): string[] => names.flatMap((name) => topology.roles[name].prefixes)
