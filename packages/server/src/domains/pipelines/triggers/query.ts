import type { TriggerSpec } from '@evenkeel/contract'
import { lookup as lookUp } from 'node:dns'
import { BlockList, isIP, type LookupFunction, Socket } from 'node:net'
import pg from 'pg'
import { CannotLook } from './folder.ts'

export type QuerySource = Extract<TriggerSpec['on'], { kind: 'sql' }>

const longestValue = 1000
const statementMs = 10_000
const connectMs = 5000

/** Clouds answer there with the credentials of the machine. */
const metadata = new BlockList()
metadata.addSubnet('169.254.0.0', 16, 'ipv4')
metadata.addSubnet('fe80::', 10, 'ipv6')

const isMetadata = (address: string): boolean => metadata.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

const refusal = 'The host of the connection is link-local, where clouds keep credentials; name a database.'

/**
 * Asks a PostgreSQL in a read-only transaction on a connection of its own.
 *
 * @returns the value as text, at most 1,000 characters; null is the null of SQL
 * @throws CannotLook without anything of the URL
 */
export async function ask(url: string, query: string): Promise<string | null> {
  const { config, secrets } = settingsOf(url)
  const socket = guardedSocket()
  const client = new pg.Client({
    ...config,
    stream: () => socket,
    connectionTimeoutMillis: connectMs,
    query_timeout: statementMs + connectMs,
  })
  client.on('error', () => socket.destroy())
  try {
    await client.connect()
    return await valueOf(client, query.trim().replace(/[;\s]+$/, ''))
  } catch (error) {
    throw error instanceof CannotLook ? error : new CannotLook(reasonOf(error, secrets))
  } finally {
    // Whatever the other side does: nothing is left to say.
    socket.destroy()
  }
}

async function valueOf(client: pg.Client, query: string): Promise<string | null> {
  await client.query('begin read only')
  await client.query(`set local statement_timeout = ${statementMs}; set local timezone = 'UTC'`)
  // With a value it goes by the extended protocol, where a text is one statement: the transaction stays what it is.
  const run = (text: string, value: number) => client.query<{ value: string | null }>(text, [value])
  const { fields } = await run(`select * from (${query}\n) as look limit $1`, 0)
  if (fields.length !== 1) throw new CannotLook(`The query gives ${fields.length} columns, and one is needed.`)
  const first = `select left(look.value::text, $1) as value from (${query}\n) as look (value) limit 2`
  const { rows } = await run(first, longestValue + 1)
  const [row] = rows
  if (!row || rows.length > 1)
    throw new CannotLook(`The query gives ${row ? 'more than one row' : 'no row'}, and one is needed.`)
  if (row.value !== null && row.value.length > longestValue) {
    throw new CannotLook(`The value is longer than ${longestValue} characters; let the query give its md5.`)
  }
  return row.value
}

/** Only what is known to be harmless is taken from the URL: others name files of the server, or sockets. */
function settingsOf(text: string): { config: pg.ClientConfig; secrets: readonly string[] } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^postgres(ql)?:$/.test(url.protocol))
    throw new CannotLook('The secret holds no URL as in postgres://user:password@host:5432/database.')
  const [host, user, password, database] = [url.hostname, url.username, url.password, url.pathname.slice(1)].map(
    decoded,
  )
  const plain = host!.replace(/^\[|\]$/g, '')
  if (!plain || !user || !database || plain.startsWith('/'))
    throw new CannotLook('The URL in the secret must name user, host and database.')
  if (isIP(plain) !== 0 && isMetadata(plain)) throw new CannotLook(refusal)
  const other = [...url.searchParams.keys()].find((name) => name !== 'sslmode')
  if (other !== undefined) throw new CannotLook('The URL in the secret may have no parameter but sslmode.')
  const port = Number(url.port || 5432)
  // Given as a function, an empty password is not looked for in the environment and the files of the server.
  const config = {
    host: plain,
    port,
    user,
    password: () => password!,
    database,
    ssl: sslOf(url.searchParams.get('sslmode')),
  }
  return { config, secrets: [text, password!, user, plain, database] }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new CannotLook('The URL in the secret holds a "%" that is not written as %25.')
  }
}

function sslOf(mode: string | null): pg.ClientConfig['ssl'] {
  switch (mode) {
    case null:
    case 'disable':
      return false
    case 'no-verify':
      return { rejectUnauthorized: false }
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return true
    default:
      throw new CannotLook('sslmode in the URL must be disable, no-verify, require, verify-ca or verify-full.')
  }
}

/** Names are looked up once, for the connection itself, so no second answer can lead elsewhere. */
const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [])
    if (addresses.some(({ address }) => isMetadata(address))) return callback(new CannotLook(refusal), [])
    if (options.all) return callback(null, addresses)
    return callback(null, addresses[0]!.address, addresses[0]!.family)
  })
}

function guardedSocket(): Socket {
  const socket = new Socket()
  const connect = socket.connect.bind(socket)
  return Object.assign(socket, {
    connect: (port: number, host: string) => connect({ port, host, lookup: guardedLookup }),
  })
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing answers at the address of the database.',
  ENOTFOUND: 'The host of the database cannot be found.',
  EAI_AGAIN: 'The host of the database cannot be found.',
  EHOSTUNREACH: 'The host of the database cannot be reached.',
  ENETUNREACH: 'The host of the database cannot be reached.',
  ETIMEDOUT: 'The database does not answer in time.',
  ECONNRESET: 'The database closed the connection.',
  '28P01': 'The database refuses the sign-in; look at user and password in the secret.',
  '28000': 'The database refuses the sign-in; look at user and password in the secret.',
  '3D000': 'There is no such database on the server; look at the secret.',
  '57014': `The query took longer than ${statementMs / 1000} s.`,
}

function reasonOf(error: unknown, secrets: readonly string[]): string {
  const { code, message, errors } = error as { code?: string; message: string; errors?: readonly { code?: string }[] }
  const known = reasons[code ?? errors?.[0]?.code ?? '']
  if (known !== undefined) return known
  if (!(error instanceof pg.DatabaseError)) return 'The database cannot be reached, or does not answer in time.'
  const hidden = secrets.filter(Boolean).toSorted((a, b) => b.length - a.length)
  const masked = hidden.reduce((text, secret) => text.replaceAll(secret, '***'), message)
  return `The database refuses the query: ${masked.slice(0, 500)}.`
}
