import { expect, test } from 'vitest'
import { busAddress } from './address.ts'

test('an address of Kafka names brokers, topic, user and settings; the rest has defaults', () => {
  const address = busAddress('kafka://me:p%40ss@one:9092,two:9092/onsale?group=blue&partitions=12&create=false&tls=true&sasl=SCRAM-SHA-512')
  expect(address).toMatchObject({
    brokers: ['one:9092', 'two:9092'],
    topic: 'onsale',
    username: 'me',
    password: 'p@ss',
    group: 'blue',
    partitions: 12,
    create: false,
    tls: true,
    sasl: 'SCRAM-SHA-512',
    tries: 5,
    replicas: -1,
  })
})

test('an address of SNS and SQS names region and topic; the rest has defaults', () => {
  expect(busAddress('sns+sqs://eu-west-1/onsale?visibilityS=60&create=false&account=123456789012')).toMatchObject({
    region: 'eu-west-1',
    topic: 'onsale',
    visibilityS: 60,
    account: '123456789012',
    create: false,
    waitS: 20,
    retentionDays: 4,
    deadRetentionDays: 14,
    maxReceiveCount: 5,
  })
})

test.each(['memory', 'kafka:one:9092/onsale', 'kafka://one:9092/a/b', 'sns+sqs://eu-west-1', 'amqp://host/onsale'])('%s is none', (url) => {
  expect(() => busAddress(url)).toThrow('give memory:')
})
