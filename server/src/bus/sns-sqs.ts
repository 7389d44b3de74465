import type { BusAddress } from './address.ts'
import type { Bus } from './bus.ts'
export function createSnsSqsBus(address: Extract<BusAddress, { bus: 'sns+sqs' }>, onError: (error: unknown) => void): Bus {
  throw new Error(String([address, onError]))
}
