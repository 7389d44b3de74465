/** What every benchmark needs: the product with its houses, a load generator, and that nothing of it is left behind. */
import { auditBooks } from './books.ts'
import { type Engine, startEngines, withChildren } from './engines-up.ts'
import type { House } from './house.ts'
import { type Load, startLoad } from './load/load.ts'
import type { Options } from './options.ts'
import { placesOn } from './places.ts'
import { type Part, type Product, startProduct } from './product.ts'
import type { Result } from './result.ts'
import { startRoles } from './roles-up.ts'
import { spoilings } from './spoil.ts'

export type Stage = { product: Product; load: Load }

/** `houses` null: the samples of the repository. */
export async function onStage<T>(houses: readonly House[] | null, work: (stage: Stage) => Promise<T>): Promise<T> {
  const product = await startProduct(houses)
  const load = startLoad()
  try {
    return await work({ product, load })
  } finally {
    load.close()
    await product.remove()
  }
}

/** The embedded product; or, with engines ("redis,kafka,postgres"), its roles as processes on servers that are started for it. */
export async function onStageOf<T>(house: House, engines: string | undefined, work: (product: Product) => Promise<T>): Promise<T> {
  if (engines === undefined) return onStage([house], ({ product }) => work(product))
  const names = engines.split(',').map((name) => (name === 'sns-sqs' ? 'fauxqs' : name) as Engine)
  const up = await startEngines(names)
  try {
    const { urls } = await placesOn(engines, up.env)
    const roles = await startRoles(house, urls, up.env)
    const servers = (): Part[] => names.map((name) => ({ name, pids: withChildren(up.pids(name)) }))
    try {
      return await work({ ...roles, parts: () => [...roles.parts(), ...servers()] })
    } finally {
      await roles.remove()
    }
  } finally {
    await up.remove()
  }
}

/** Stops the product and audits what it left on the disk against what buyers were told. */
export async function closeBooks(
  product: Product,
  answers: Iterable<string>,
  { corrupt }: Pick<Options, 'corrupt'>,
): Promise<Pick<Result, 'differences' | 'audited'>> {
  await product.stop()
  const { differences, checked } = await auditBooks(product.books, answers, corrupt ? spoilings.delete : undefined)
  return { differences, audited: checked }
}

export const bodiesOf = (sold: readonly { body: string }[]): string[] => sold.map(({ body }) => body)
