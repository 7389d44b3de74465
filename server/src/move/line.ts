/**
 * The line on which an operator's command asks a running process to move: a socket in DATA_DIR, in a folder that only the same user may
 * enter. No port and no route: who can read the data of the box office can ask, and nobody else. A JSON object a line, each way.
 */
import { once } from 'node:events'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Moved, Step } from './move.ts'

export type Destination = { ledgerUrl: string; databaseUrl: string; busUrl: string }
type Reply = { step: Step } | { moved: Moved } | { failed: string }
type Work = (to: Destination, tell: (step: Step) => void, signal: AbortSignal) => Promise<Moved>

const folderIn = (dataDir: string): string => join(dataDir, 'control')
const socketIn = (dataDir: string): string => join(folderIn(dataDir), 'socket')
/** Of a socket's path, on Linux; less elsewhere. */
const MOST_BYTES = 103

/** `work` is asked once at a time. Its signal says that the operator is gone. */
export async function listenForMoves(dataDir: string, work: Work): Promise<{ close(): Promise<void> }> {
  const path = socketIn(dataDir)
  if (Buffer.byteLength(path) > MOST_BYTES) throw new Error(`${path} is too long for a socket: onsale move needs a shorter DATA_DIR.`)
  await mkdir(folderIn(dataDir), { recursive: true, mode: 0o700 })
  await chmod(folderIn(dataDir), 0o700)
  // Of a process that was killed: the ledger is ours, so that one is gone.
  await rm(path, { force: true })
  let isBusy = false
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    if (isBusy) return void socket.end(lineOf({ failed: 'A move is under way already.' }))
    isBusy = true
    void serve(socket, work).finally(() => {
      isBusy = false
    })
  }).listen(path)
  await once(server, 'listening')
  return {
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await rm(path, { force: true })
    },
  }
}

const lineOf = (reply: Reply): string => `${JSON.stringify(reply)}\n`

async function serve(socket: Socket, work: Work): Promise<void> {
  const gone = new AbortController()
  socket.on('close', () => gone.abort(new Error('The command that asked for the move has ended.')))
  try {
    const to = await firstLine(socket)
    if (!to) return
    const moved = await work(to, (step) => void socket.write(lineOf({ step })), gone.signal)
    socket.end(lineOf({ moved }))
  } catch (error) {
    socket.end(lineOf({ failed: error instanceof Error ? error.message : String(error) }))
  }
}

/** The reader stays, so that the other end is heard when it goes. */
function firstLine(socket: Socket): Promise<Destination | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Destination | undefined>()
  createInterface({ input: socket })
    .on('line', (line) => {
      try {
        resolve(JSON.parse(line) as Destination)
      } catch (error) {
        reject(error)
      }
    })
    .on('close', () => resolve(undefined))
    // It passes on what the socket says of an operator who is gone.
    .on('error', () => resolve(undefined))
  return promise
}

/** The command's end of the line. */
export async function askToMove(dataDir: string, to: Destination, onStep: (step: Step) => void): Promise<Moved> {
  const socket = connect(socketIn(dataDir))
  await once(socket, 'connect').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `Nothing that can be moved serves from ${dataDir} (${error.code}). Is DATA_DIR the server's, is it running, are all its engines embedded, and is this its user?`,
    )
  })
  socket.on('error', () => {})
  socket.write(`${JSON.stringify(to)}\n`)
  try {
    for await (const line of createInterface({ input: socket })) {
      const reply = JSON.parse(line) as Reply
      if ('moved' in reply) return reply.moved
      if ('failed' in reply) throw new Error(reply.failed)
      onStep(reply.step)
    }
  } finally {
    socket.destroy()
  }
  throw new Error('The server ended before it answered. Start it: it says whether it was moved.')
}
