/** With user and password, against the real server that KAFKA_SASL_URL names. */
import { randomUUID } from 'node:crypto'
import { type EventEmitter, once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Admin, instancesChannel } from '@platformatic/kafka'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { serverOf } from '../../test/outside.ts'
import { until } from '../../test/until.ts'
import { busAddress } from './address.ts'
import { createInbox, many } from './bus.conformance.ts'
import { clientOptions, createKafkaBus, type KafkaAddress } from './kafka.ts'

const server = serverOf('KAFKA_SASL_URL')
const PREFIX = `onsale-test-${randomUUID().slice(0, 8)}`
const addressOf = (authority: string): KafkaAddress =>
  busAddress(`kafka://${authority}/${PREFIX}-${randomUUID().slice(0, 8)}?sasl=PLAIN&partitions=3`) as KafkaAddress

/** A wire to the real server that breaks each of the first connections when the client speaks for the n-th time. */
async function brittleWire(host: string, port: number, breaks: number[]) {
  const door = createServer((client) => {
    const breakAt = breaks.shift() ?? Number.POSITIVE_INFINITY
    let spoken = 0
    const broker = connect(port, host)
    client.on('data', (bytes) => {
      if (++spoken < breakAt) return void broker.write(bytes)
      client.resetAndDestroy()
      broker.destroy()
    })
    broker.on('data', (bytes) => client.write(bytes))
    for (const [one, other] of [[client, broker] as const, [broker, client] as const])
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
  }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  onTestFinished(() => void door.close())
  return { authority: `127.0.0.1:${(door.address() as AddressInfo).port}`, left: breaks }
}

if (!server) test.skip('on Kafka with SASL')
else {
  const { host, hostname, port, username, password } = new URL(server)
  afterAll(async () => {
    const admin = new Admin(clientOptions(addressOf(`${username}:${password}@${host}`)))
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(PREFIX))
    await admin.deleteTopics({ topics })
    await admin.close()
  })

  test('a broker that breaks connections in the handshake is told of and asked again, and the process lives', {
    timeout: 60_000,
  }, async () => {
    // What is supported, which mechanism, who it is: each is broken, by whatever asks then.
    const wire = await brittleWire(hostname, Number(port), [1, 1, 2, 3, 1, 2, 3])
    const told: string[] = []
    const bus = createKafkaBus(addressOf(`${username}:${password}@${wire.authority}`), (error) => told.push(String(error)))
    const inbox = createInbox()
    const subscription = await bus.subscribe('sql', inbox.deliver)
    expect(subscription.fault()).toMatch(/failed/)
    await until('it is received from', () => subscription.fault() === undefined)
    expect(wire.left).toEqual([])
    expect(told.length).toBeGreaterThan(0)
    await bus.publish(many(20))
    await inbox.holds(many(20))
    await bus.close()
  })

  test('a wrong password is told of as what it is, and is not in the words', async () => {
    const bus = createKafkaBus(addressOf(`${username}:wrong-secret@${host}`))
    const subscription = await bus.subscribe('sql', async () => undefined)
    expect(subscription.fault()).toMatch(/authentication/i)
    expect(subscription.fault()).not.toContain('wrong-secret')
    await expect(bus.publish(many(1))).rejects.toThrow(/authentication/i)
    await bus.close()
  })

  test('a member that its group did not take back says so and becomes one anew', async () => {
    const members: EventEmitter[] = []
    const see = (made: unknown): void => {
      const { type, instance } = made as { type: string; instance: EventEmitter }
      if (type === 'consumer') members.push(instance)
    }
    instancesChannel.subscribe(see)
    onTestFinished(() => void instancesChannel.unsubscribe(see))
    const told: string[] = []
    const bus = createKafkaBus(addressOf(`${username}:${password}@${host}`), (error) => told.push(String(error)))
    const inbox = createInbox()
    const subscription = await bus.subscribe('sql', inbox.deliver)
    await until('it is received from', () => subscription.fault() === undefined)
    members[0]?.emit('error', new Error('The group is being shared out anew.'))
    await until('it is a member again', () => members.length > 1 && subscription.fault() === undefined)
    expect(told).toEqual([expect.stringContaining('shared out anew')])
    await bus.publish(many(20))
    await inbox.holds(many(20))
    await bus.close()
  })
}
