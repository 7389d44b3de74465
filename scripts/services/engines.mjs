// The real servers and what each needs: packages, ports, how it starts, when it answers, and the variables that tests and roles read.
// Every setting that differs from the server's own default has its reason here.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fauxqs, find, kafkaJars } from './install.mjs'
import { at, folderFor, isAlive, launch, run } from './processes.mjs'

const HOST = '127.0.0.1'

/** appendfsync always is what the product promises: what was answered is on the disk. */
function startRedis(name, port, ...more) {
  const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always']
  launch(name, find('redis-server'), ['--bind', HOST, '--port', String(port), '--dir', folderFor(name), ...durable, ...more])
}

const pongs = async (port) => (await ask(port, Buffer.from('PING\r\n'))).toString().startsWith('+PONG')

const redis = {
  packages: { 'redis-server': 'redis-server' },
  ports: 1,
  start: (name, [port]) => startRedis(name, port),
  ready: (_, [port]) => pongs(port),
  env: ([port]) => ({ REDIS_URL: `redis://${HOST}:${port}` }),
}

/** Three masters that share the 16,384 slots; three ports for clients, three among themselves. */
const SLOTS = [
  [0, 5460],
  [5461, 10922],
  [10923, 16383],
]
const nodeOf = (index) => `redis-cluster-${index + 1}`

const redisCluster = {
  packages: { 'redis-server': 'redis-server', 'redis-cli': 'redis-tools' },
  ports: 6,
  processes: SLOTS.map((_, index) => nodeOf(index)),
  start(_, ports) {
    SLOTS.forEach((_, index) => {
      const cluster = ['--cluster-enabled', 'yes', '--cluster-port', String(ports[index + 3])]
      startRedis(nodeOf(index), ports[index], ...cluster, '--cluster-node-timeout', '2000', '--cluster-announce-ip', HOST)
    })
  },
  async ready(_, ports) {
    const masters = ports.slice(0, 3)
    for (const port of masters) if (!(await pongs(port))) return false
    if (masters.every((port) => /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(cli(port, 'cluster', 'info')))) return true
    if (!introduced) introduce(ports)
    introduced = true
    return false
  },
  env: (ports) => ({
    REDIS_CLUSTER_URL: `redis://${ports
      .slice(0, 3)
      .map((port) => `${HOST}:${port}`)
      .join(',')}`,
  }),
}

let introduced = false

/** Once: a node that is met again and again takes seconds to see who is who. What nodes know from before, they refuse. */
function introduce(ports) {
  SLOTS.forEach(([first, last], index) => {
    cli(ports[index], 'cluster', 'set-config-epoch', index + 1)
    cli(ports[index], 'cluster', 'addslotsrange', first, last)
    if (index > 0) cli(ports[index], 'cluster', 'meet', HOST, ports[0], ports[3])
  })
}

const cli = (port, ...args) => output('redis-cli', ['-h', HOST, '-p', String(port), ...args.map(String)])

const POSTGRES = '/usr/lib/postgresql/*/bin/postgres'

/** Refuses to run as root. fsync is on by default and stays on. */
const postgres = {
  packages: { [POSTGRES]: 'postgresql', psql: 'postgresql-client' },
  ports: 1,
  // SIGTERM would wait until every client has left.
  stopSignal: 'SIGINT',
  start(name, [port]) {
    const server = find(POSTGRES)
    const data = folderFor(name, 'postgres')
    const as = { user: 'postgres' }
    if (!existsSync(`${data}/PG_VERSION`))
      run(name, server.replace(/postgres$/, 'initdb'), ['-D', data, '-U', 'onsale', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8'], as)
    forgetTheDead(`${data}/postmaster.pid`)
    // Small, but for the connections: every test file brings a pool of its own.
    const small = ['-c', 'shared_buffers=32MB', '-c', 'max_connections=200', '-c', `listen_addresses=${HOST}`]
    launch(name, server, ['-D', data, '-p', String(port), '-k', '', ...small], as)
  },
  ready: (_, [port]) =>
    psql(port, 'select 1') === '1' && (psql(port, 'select 1', 'onsale') === '1' || psql(port, 'create database onsale')),
  env: ([port]) => ({ POSTGRES_URL: `postgres://onsale@${HOST}:${port}/onsale` }),
}

/** A killed server may stay a zombie for seconds, where nobody waits for orphans: PostgreSQL would take it for a living one. */
function forgetTheDead(path) {
  if (existsSync(path) && !isAlive(readFileSync(path, 'utf8').split('\n')[0])) rmSync(path)
}

const psql = (port, sql, database = 'postgres') =>
  output('psql', ['-qAt', '-h', HOST, '-p', String(port), '-U', 'onsale', '-d', database, '-c', sql])

/** Stands for MySQL, which Debian does not carry. */
const mariadb = {
  packages: { mariadbd: 'mariadb-server', 'mariadb-install-db': 'mariadb-server', mariadb: 'mariadb-client' },
  ports: 1,
  start(name, [port]) {
    const data = folderFor(name, 'mysql')
    const as = { user: 'mysql' }
    const install = ['--no-defaults', `--datadir=${data}`, '--skip-test-db', '--auth-root-authentication-method=normal']
    if (!existsSync(`${data}/mysql`)) run(name, find('mariadb-install-db'), install, as)
    writeFileSync(
      at('mariadb.sql'),
      `create database if not exists onsale;
create user if not exists onsale@'%' identified by 'onsale';
grant all on *.* to onsale@'%';
`,
    )
    const small = ['--innodb-buffer-pool-size=64M', '--max-connections=200', '--skip-name-resolve', '--character-set-server=utf8mb4']
    const place = [`--datadir=${data}`, `--socket=${data}/socket`, `--bind-address=${HOST}`, `--port=${port}`]
    launch(name, find('mariadbd'), ['--no-defaults', ...place, `--init-file=${at('mariadb.sql')}`, ...small], as)
  },
  ready: (_, [port]) =>
    output('mariadb', ['--no-defaults', '-h', HOST, '-P', String(port), '-uonsale', '-ponsale', '-Ne', 'select 1', 'onsale']) === '1',
  env: ([port]) => ({ MYSQL_URL: `mysql://onsale:onsale@${HOST}:${port}/onsale` }),
}

/** One node that is broker and controller. */
const kafka = {
  packages: { java: 'default-jre-headless', mvn: 'maven' },
  ports: 3,
  prepare: kafkaJars,
  start(name, ports) {
    const config = at('kafka.properties')
    writeFileSync(config, kafkaProperties(ports))
    writeFileSync(at('kafka-log4j2.properties'), KAFKA_LOGGING)
    const memory = ['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
    const java = [...memory, `-Dlog4j2.configurationFile=${at('kafka-log4j2.properties')}`, '-cp', `${kafkaJars()}/*`]
    const format = ['kafka.tools.StorageTool', 'format', '--ignore-formatted', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', config]
    if (!existsSync(at('kafka/meta.properties'))) run(name, find('java'), [...java, ...format])
    launch(name, find('java'), [...java, 'kafka.Kafka', config])
  },
  ready: (_, [port]) => hasBrokers(port),
  env: ([port, , sasl]) => ({ KAFKA_URL: `kafka://${HOST}:${port}`, KAFKA_SASL_URL: `kafka://onsale:onsale@${HOST}:${sasl}` }),
}

/**
 * A broker tells its clients where it is: SERVICES_KAFKA_PORT is the port of somebody who stands between (bench/src/chaos/proxy.ts).
 * The delay: the first member of a group would wait 3 s for others. The session: a killed broker would wait 9 s for its own ghost.
 */
const kafkaProperties = ([broker, controller, sasl]) => `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@${HOST}:${controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://${HOST}:${broker},CONTROLLER://${HOST}:${controller},SASL_PLAINTEXT://${HOST}:${sasl}
advertised.listeners=PLAINTEXT://${HOST}:${process.env.SERVICES_KAFKA_PORT || broker},SASL_PLAINTEXT://${HOST}:${sasl}
sasl.enabled.mechanisms=PLAIN
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_onsale="onsale";
log.dirs=${at('kafka')}
num.partitions=3
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
`

const KAFKA_LOGGING = `rootLogger.level=warn
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %c: %m%n
`

/** The port opens before the broker may lead a partition; Metadata (key 3, version 4, no topics) names it when it may. */
async function hasBrokers(port) {
  const request = Buffer.from('00000000' + '0003' + '0004' + '00000001' + '0000' + '00000000' + '00', 'hex')
  request.writeInt32BE(request.length - 4)
  const answer = await ask(port, request)
  // Length, correlation id, throttle time, number of brokers.
  return answer.length >= 16 && answer.readInt32BE(12) > 0
}

/** SNS and SQS in memory: it forgets everything when it stops. */
const fauxqsServer = {
  packages: {},
  ports: 1,
  prepare: fauxqs,
  start: (name, [port]) => launch(name, process.execPath, [fauxqs()], { env: { FAUXQS_PORT: String(port), FAUXQS_LOGGER: 'false' } }),
  ready: async (_, [port]) => (await ask(port, Buffer.from('GET /health HTTP/1.0\r\n\r\n'))).toString().startsWith('HTTP/1.1'),
  env: ([port]) => ({
    AWS_ENDPOINT_URL: `http://${HOST}:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  }),
}

export const engines = { redis, 'redis-cluster': redisCluster, postgres, mariadb, kafka, fauxqs: fauxqsServer }

export const processesOf = (name) => engines[name].processes ?? [name]

/** The first bytes of the answer; none when nobody answers. */
function ask(port, question) {
  return new Promise((answered) => {
    const socket = connect(port, HOST, () => socket.write(question))
    const end = (bytes) => {
      socket.destroy()
      answered(bytes)
    }
    socket.setTimeout(1000, () => end(Buffer.alloc(0)))
    socket
      .once('data', end)
      .once('error', () => end(Buffer.alloc(0)))
      .once('close', () => end(Buffer.alloc(0)))
  })
}

/** What a client prints; its faults are "not ready yet". */
function output(command, args) {
  const { status, stdout } = spawnSync(find(command), args, { encoding: 'utf8', timeout: 5000 })
  return status === 0 ? stdout.trim() : ''
}
