/** What every benchmark needs: the product with its houses, a load generator, and that nothing of it is left behind. */
import { auditBooks, embeddedBooks } from './books.ts'
import type { House } from './house.ts'
import { type Load, startLoad } from './load/load.ts'
import type { Options } from './options.ts'
import { type Product, startProduct } from './product.ts'
import type { Result } from './result.ts'
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

/** Stops the product and audits what it left on the disk against what buyers were told. */
export async function closeBooks(
  product: Product,
  answers: Iterable<string>,
  { corrupt }: Pick<Options, 'corrupt'>,
): Promise<Pick<Result, 'differences' | 'audited'>> {
  await product.stop()
  const { differences, checked } = await auditBooks(embeddedBooks(product.dataDir), answers, corrupt ? spoilings.delete : undefined)
  return { differences, audited: checked }
}

export const bodiesOf = (sold: readonly { body: string }[]): string[] => sold.map(({ body }) => body)
