/** What BUS_URL says. Every setting of a bus has a default and can be given in the query; one that is not known is refused. */

export type BusAddress =
  | { bus: 'memory' }
  | ({ bus: 'kafka'; brokers: string[]; username: string; password: string; topic: string } & typeof KAFKA)
  | ({ bus: 'sns+sqs'; region: string; topic: string } & typeof SNS_SQS)

const KAFKA = {
  /** Begins the names of consumer groups: <group>.sql reads for the read side. Empty: the topic's name. */
  group: '',
  /** Topics that are missing are created, with so many partitions (at most so many processes share the work) and copies (-1: the broker's default). */
  create: true,
  partitions: 8,
  replicas: -1,
  retentionDays: 4,
  deadRetentionDays: 14,
  /** A member that is silent for so long is taken for dead: its partitions wait as long. */
  sessionS: 10,
  tls: false,
  /** PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, with user and password in the URL; empty: none. */
  sasl: '',
  /** A message that fails alone so often goes to the dead letters; first and longest rest between tries. */
  tries: 5,
  retryMs: 100,
  mostRetryMs: 5000,
}

const SNS_SQS = {
  /** Begins the names of queues: <group>-sql feeds the read side. Empty: the topic's name. */
  group: '',
  /** Topics and queues that are missing are created and subscribed. Without it the account must be named. */
  create: true,
  account: '',
  /** Of an emulator; empty: AWS, or what AWS_ENDPOINT_URL says. */
  endpoint: '',
  /** Requests at once. */
  parallel: 16,
  waitS: 20,
  /** What a process that died had received comes again so late; whoever lives prolongs it. */
  visibilityS: 30,
  retentionDays: 4,
  deadRetentionDays: 14,
  /** Received so often and neither taken nor refused (its receiver dies of it): to the dead letters, by SQS. */
  maxReceiveCount: 5,
  tries: 5,
  retryMs: 100,
  mostRetryMs: 5000,
}

/** Throws with a sentence for whoever set it. */
export function busAddress(url: string): BusAddress {
  if (url === 'memory:') return { bus: 'memory' }
  const [, scheme, userInfo = '', host = '', topic = '', query = ''] =
    /^(kafka|sns\+sqs):\/\/(?:([^@/]*)@)?([\w.,:[\]-]+)\/([\w.-]+)(?:\?(.*))?$/.exec(url) ?? []
  if (scheme === 'kafka') {
    const [username = '', password = ''] = userInfo.split(':').map(decodeURIComponent)
    return { bus: 'kafka', brokers: host.split(','), username, password, topic, ...settingsOf(query, KAFKA) }
  }
  if (scheme !== 'sns+sqs')
    throw new Error('give memory:, kafka://<host>:<port>,<host>:<port>/<topic>?<settings> or sns+sqs://<region>/<topic>?<settings>.')
  const settings = settingsOf(query, SNS_SQS)
  if (!settings.create && !settings.account) throw new Error('with create=false name the account as well, as in &account=123456789012.')
  return { bus: 'sns+sqs', region: host, topic, ...settings }
}

function settingsOf<T extends Record<string, string | number | boolean>>(query: string, defaults: T): T {
  const settings: Record<string, string | number | boolean> = { ...defaults }
  for (const [name, text] of new URLSearchParams(query)) {
    const value = settings[name]
    if (value === undefined) throw new Error(`"${name}" is no setting of it; there are ${Object.keys(defaults).join(', ')}.`)
    settings[name] = typeof value === 'number' ? Number(text) : typeof value === 'boolean' ? text === 'true' : text
    if (typeof value === 'number' && !(Number.isInteger(settings[name]) && Number(text) >= -1))
      throw new Error(`${name} is a whole number.`)
    if (typeof value === 'boolean' && text !== 'true' && text !== 'false') throw new Error(`${name} is true or false.`)
  }
  return settings as T
}
