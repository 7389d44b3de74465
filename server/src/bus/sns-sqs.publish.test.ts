/** How a batch ends, with a server of the test in the place of SNS; on the emulator: `sns-sqs.test.ts`. */
import { SNSClient, type SNSClientConfig } from '@aws-sdk/client-sns'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Answer, type Asked, listen, startAws, who } from '../../test/aws.ts'
import { until } from '../../test/until.ts'
import type { Message } from './bus.ts'
import { isMissing } from './sns-sqs.places.ts'
import { createPublisher } from './sns-sqs.publish.ts'
import { createRequests } from './sns-sqs.request.ts'
import { createSigner } from './sns-sqs.signature.ts'

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:onsale'
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'very/secret+key', sessionToken: 'token//of=the+session' }
/** One for all, which keeps the key of a day. */
const sign = createSigner('sns', 'eu-west-1')
const HOUR_MS = 3_600_000

const batch: Message[] = Array.from({ length: 10 }, (_, i) => ({
  shard: '7',
  position: i,
  body: `{"shard":"7","position":${i},"v":1,"kind":"SeatsSold","eventId":"é & 🎟 + 100% = 'x'","text":"~*!()\\n"}`,
}))

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
  vi.unstubAllEnvs()
})

const xml = (members: (i: number) => string, failed = '<Failed/>'): string =>
  `<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult><Successful>${batch.map((_, i) => members(i)).join('')}</Successful>${failed}</PublishBatchResult></PublishBatchResponse>`
const taken = (i: number): string => `<member><Id>${i}</Id><MessageId>id-${i}</MessageId></member>`
const TAKEN = { status: 200, body: xml(taken) }
const LAST_REFUSED = {
  status: 200,
  body: xml(
    (i) => (i < 9 ? taken(i) : ''),
    '<Failed><member><Id>9</Id><Code>InternalError</Code><Message>not now</Message><SenderFault>false</SenderFault></member></Failed>',
  ),
}
const refused = (status: number, code: string, headers = {}): Answer => ({
  status,
  headers,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
})

const LONG = { timeoutMs: 10_000, officialForMs: 60_000 }

async function startPublisher(
  answer: (asked: Asked, n: number) => Answer,
  times = LONG,
  client: SNSClientConfig = { credentials: CREDENTIALS },
) {
  const { asked, endpoint, close } = await startAws(answer)
  const sns = new SNSClient({ region: 'eu-west-1', endpoint, ...client })
  const told: string[] = []
  const onError = (error: unknown): unknown => told.push(String(error))
  const publisher = createPublisher(sns, createRequests(sns, { service: 'sns', region: 'eu-west-1', parallel: 4, onError }, times))
  open.push(close, publisher.close, () => sns.destroy())
  return { asked, told, publish: () => publisher.publish(TOPIC, batch), close: publisher.close }
}

describe('a batch that is published by a request of ours', () => {
  test('follows the first one of the official client, and asks for the same', async () => {
    const { asked, told, publish } = await startPublisher(() => TAKEN)
    for (let i = 0; i < 3; i++) await publish()
    expect(who(asked)).toBe('official ours ours')
    const [official, ours] = asked.map(({ body }) => [...new URLSearchParams(body)].sort())
    expect(official).toHaveLength(3 + 10 * (2 + 3))
    expect(ours).toEqual(official)
    expect(told).toEqual([])
  })

  test.each([
    ['with', CREDENTIALS],
    ['without', { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'another/secret+key' }],
  ])('is signed as the official client signs, %s the token of a session', async (_, credentials) => {
    const { asked, publish } = await startPublisher(() => TAKEN, LONG, { credentials })
    await publish()
    await publish()
    expect(who(asked)).toBe('official ours')
    for (const { headers, body } of asked) {
      const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? []
      expect(names).toEqual(expect.arrayContaining(['content-type', 'host', 'x-amz-date']))
      expect(names.includes('x-amz-security-token')).toBe('sessionToken' in credentials)
      const signed = Object.fromEntries(names.map((name) => [name, String(headers[name])]))
      const at = Date.parse(String(headers['x-amz-date']).replace(/(....)(..)(..)T(..)(..)/, '$1-$2-$3T$4:$5:'))
      expect(sign({ path: '/', headers: signed, body }, credentials, at).authorization).toBe(headers.authorization)
    }
  })

  test('is signed with another key on another day', () => {
    const request = { path: '/', headers: { host: 'sns.eu-west-1.amazonaws.com' }, body: 'Action=ListTopics' }
    for (const day of ['2026-11-21', '2026-11-22']) {
      const at = Date.parse(`${day}T10:00:00Z`)
      expect(sign(request, CREDENTIALS, at)).toEqual(createSigner('sns', 'eu-west-1')(request, CREDENTIALS, at))
    }
  })

  test.each<[string, Answer]>([
    ['500', refused(500, 'InternalFailure')],
    ['503 and throttling', refused(503, 'Throttling')],
    ['400 and throttling', refused(400, 'ThrottlingException')],
    ['a cut connection', 'cut'],
    ['500 and all that makes a good answer', { ...TAKEN, status: 500 }],
    ['no text at all', { status: 200, body: '' }],
    ['one message that is refused', LAST_REFUSED],
  ])('goes through the official client after %s, and so do those that follow', async (_, answer) => {
    const { asked, told, publish } = await startPublisher((one) => (one.isOfficial ? TAKEN : answer))
    await publish()
    await Promise.all([publish(), publish()])
    expect(who(asked).split(' ').sort().join(' ')).toBe('official official official ours ours')
    expect(told).toHaveLength(1)
    await publish()
    expect(who(asked.slice(5))).toBe('official')
    expect(told).toEqual([expect.stringMatching(/^Error: Only the official client could ask it of SNS: ./)])
    for (const secret of Object.values(CREDENTIALS)) expect(told[0]).not.toContain(secret)
  })

  test('does not wait for ever', async () => {
    const { told, publish } = await startPublisher((one) => (one.isOfficial ? TAKEN : 'silence'), { ...LONG, timeoutMs: 200 })
    await publish()
    await publish()
    expect(told).toEqual([expect.stringMatching(/timeout/i)])
  })

  test('is tried again later', async () => {
    const { asked, told, publish } = await startPublisher((_, n) => (n === 1 ? 'cut' : TAKEN), { ...LONG, officialForMs: 50 })
    await publish()
    await publish()
    expect(who(asked)).toBe('official ours official')
    await until('ours is tried again', async () => {
      await publish()
      return asked.at(-1)?.isOfficial === false
    })
    expect(told).toHaveLength(1)
  })

  test.each<[string, Answer, RegExp]>([
    ['a token that is over', refused(403, 'ExpiredToken'), /^ExpiredToken/],
    ['throttling without end', refused(429, 'Throttled'), /^Thrott/],
    ['a server that fails without end', refused(500, 'InternalError'), /^InternalError/],
    ['one message that is refused again', LAST_REFUSED, /^Error: SNS refused 1 of 10 messages: InternalError not now/],
  ])('fails with the words of the official client: %s', async (_, answer, words) => {
    const { asked, told, publish } = await startPublisher((__, n) => (n === 0 ? TAKEN : answer))
    await publish()
    const error = String(await publish().catch((fault: unknown) => fault))
    expect(error).toMatch(words)
    expect(asked[1]?.isOfficial).toBe(false)
    expect(asked[2]?.isOfficial).toBe(true)
    expect(told).toEqual([])
    for (const secret of [CREDENTIALS.secretAccessKey, CREDENTIALS.sessionToken]) expect(error).not.toContain(secret)
  })

  test('of a topic that is gone fails as missing', async () => {
    const { publish } = await startPublisher((_, n) => (n === 0 ? TAKEN : refused(404, 'NotFound')))
    await publish()
    expect(isMissing(await publish().catch((error: unknown) => error))).toBe(true)
  })

  test('is dated by the clock of SNS when ours is wrong', async () => {
    const isLate = ({ headers }: Asked): boolean => {
      const text = String(headers['x-amz-date']).replace(/(....)(..)(..)T(..)(..)/, '$1-$2-$3T$4:$5:')
      return Math.abs(Date.parse(text) - (Date.now() + HOUR_MS)) > 300_000
    }
    const date = (): { date: string } => ({ date: new Date(Date.now() + HOUR_MS).toUTCString() })
    const { asked, publish } = await startPublisher((one) =>
      isLate(one) ? refused(403, 'RequestTimeTooSkewed', date()) : { ...TAKEN, headers: date() },
    )
    await publish()
    await publish()
    expect(who(asked)).toBe('official official ours')
    expect(asked.map(isLate)).toEqual([true, false, false])
  })

  test('takes new credentials from ECS before the old ones are over', async () => {
    let given = 0
    const ecs = await listen((_, response) => {
      const Expiration = new Date(Date.now() + 60_000).toISOString()
      response.end(JSON.stringify({ AccessKeyId: `KEY${++given}`, SecretAccessKey: 'secret', Token: `token${given}`, Expiration }))
    })
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', ecs.endpoint)
    open.push(ecs.close)
    const { asked, publish } = await startPublisher(() => TAKEN, LONG, {})
    await publish()
    const keyOf = ({ headers }: Asked): string =>
      `${/Credential=(\w+)/.exec(headers.authorization ?? '')?.[1]} ${headers['x-amz-security-token']}`
    await until('a newer key is used', async () => {
      await publish()
      return asked.filter((one) => !one.isOfficial && keyOf(one) !== 'KEY1 token1').length > 0
    })
    const { headers } = asked.at(-1) as Asked
    expect(keyOf(asked.at(-1) as Asked)).toMatch(/^KEY(\d+) token\1$/)
    expect(headers.authorization).toContain('x-amz-security-token')
  })

  test('is let go when the bus is closed', async () => {
    const { asked, publish, close } = await startPublisher((one) => (one.isOfficial ? TAKEN : 'silence'))
    await publish()
    const failing = publish().catch((error: unknown) => error)
    await until('it is under way', () => asked.length === 2)
    await close()
    expect(await failing).toMatchObject({ name: 'AbortError' })
    expect(asked).toHaveLength(2)
  })
})
