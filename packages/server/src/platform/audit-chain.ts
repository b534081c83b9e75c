import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chainAfter, entryHash, genesisHash, type StoredAuditEntry } from './audit.ts'
import type { Db } from './db.ts'
import { isErrno } from './errors.ts'
import { openSigningKey, type SigningKey } from './signing-key.ts'

/** A signed statement: at this position, the chain had this hash. */
interface Checkpoint {
  readonly position: number
  readonly hash: string
  readonly signedAt: Date
  readonly keyId: string
  readonly signature: string
}

export interface AuditVerdict {
  readonly intact: boolean
  readonly entryCount: number
  readonly checkpointCount: number
  /** The hash of the last entry. */
  readonly headHash: string
  /** The first thing that is wrong; null when the chain is intact. */
  readonly problem: { readonly position: number; readonly says: string } | null
}

export interface Audit {
  /** Signs the head of the chain, when something was added since the last time. */
  checkpoint(): Promise<void>
  /** Signs when at least a hundred entries were added since the last time. */
  checkpointWhenDue(): Promise<void>
  verify(): Promise<AuditVerdict>
}

const entriesPerCheckpoint = 100
const batch = 1000

/**
 * The guard of the audit chain. Its checkpoints are kept in the database and in `audit-checkpoints.jsonl` of the data
 * folder, so that someone who can rewrite the database alone is found out.
 */
export async function createAudit({ db, folder }: { db: Db; folder: string }): Promise<Audit> {
  const key = await openSigningKey(folder, 'audit')
  const witness = join(folder, 'audit-checkpoints.jsonl')

  async function signHead(atLeast: number): Promise<void> {
    const head = await readHead(db)
    if (!head || head.position - (await lastSigned(db)) < atLeast) return
    const checkpoint = signCheckpoint(key, head)
    if (await insertCheckpoint(db, checkpoint))
      await appendFile(witness, `${JSON.stringify(checkpoint)}\n`, { mode: 0o600 })
  }

  return {
    checkpoint: () => signHead(1),
    checkpointWhenDue: () => signHead(entriesPerCheckpoint),
    async verify() {
      const signed = [...(await readCheckpoints(db)), ...(await readWitness(witness))]
      return verifyChain(db, signed, key)
    },
  }
}

async function verifyChain(db: Db, checkpoints: readonly Checkpoint[], key: SigningKey): Promise<AuditVerdict> {
  const signedAt = Map.groupBy(checkpoints, ({ position }) => position)
  let position = 0
  let hash = genesisHash
  const verdict = (problem: AuditVerdict['problem']): AuditVerdict => ({
    intact: problem === null,
    entryCount: position,
    checkpointCount: signedAt.size,
    headHash: hash,
    problem,
  })

  const forged = checkpoints.find((checkpoint) => !isGenuine(checkpoint, key))
  if (forged) return verdict({ position: forged.position, says: 'A checkpoint has a signature that is not ours.' })
  for (
    let entries = await chainAfter(db, 0, batch);
    entries.length > 0;
    entries = await chainAfter(db, position, batch)
  ) {
    for (const entry of entries) {
      const says = faultOf(entry, position, hash, signedAt.get(entry.position) ?? [])
      if (says) return verdict({ position: entry.position, says })
      position = entry.position
      hash = entry.hash
    }
  }
  const lost = checkpoints.find((checkpoint) => checkpoint.position > position)
  return verdict(lost ? { position: lost.position, says: 'Entries up to this signed position are missing.' } : null)
}

function faultOf(
  { hash, previousHash, ...entry }: StoredAuditEntry,
  lastPosition: number,
  lastHash: string,
  checkpoints: readonly Checkpoint[],
): string | undefined {
  if (entry.position !== lastPosition + 1) return `The entries after ${lastPosition} are missing.`
  if (previousHash !== lastHash) return 'The entry does not continue the one before it.'
  if (entryHash(previousHash, entry) !== hash) return 'The entry was changed after it was written.'
  if (checkpoints.some((checkpoint) => checkpoint.hash !== hash)) return 'The entry is not the one that was signed.'
  return undefined
}

const statement = ({ position, hash, signedAt }: Pick<Checkpoint, 'position' | 'hash' | 'signedAt'>) =>
  `evenkeel audit checkpoint\n${position}\n${hash}\n${signedAt.toISOString()}`

function signCheckpoint(key: SigningKey, { position, hash }: { position: number; hash: string }): Checkpoint {
  const signedAt = new Date()
  return { position, hash, signedAt, keyId: key.id, signature: key.sign(statement({ position, hash, signedAt })) }
}

const isGenuine = (checkpoint: Checkpoint, key: SigningKey) =>
  checkpoint.keyId === key.id && key.verify(statement(checkpoint), checkpoint.signature)

const readHead = (db: Db) =>
  db
    .selectFrom('platform.audit_entry')
    .select(['position', 'hash'])
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()

async function lastSigned(db: Db): Promise<number> {
  const row = await db
    .selectFrom('platform.audit_checkpoint')
    .select(({ fn }) => fn.max('position').as('position'))
    .executeTakeFirst()
  return row?.position ?? 0
}

/** @returns false when another server has signed this position */
async function insertCheckpoint(db: Db, { position, hash, signedAt, keyId, signature }: Checkpoint): Promise<boolean> {
  const row = await db
    .insertInto('platform.audit_checkpoint')
    .values({ position, hash, signed_at: signedAt, key_id: keyId, signature })
    .onConflict((conflict) => conflict.doNothing())
    .returning('position')
    .executeTakeFirst()
  return row !== undefined
}

const readCheckpoints = (db: Db): Promise<Checkpoint[]> =>
  db
    .selectFrom('platform.audit_checkpoint')
    .select(['position', 'hash', 'signed_at as signedAt', 'key_id as keyId', 'signature'])
    .orderBy('position')
    .execute()

async function readWitness(file: string): Promise<Checkpoint[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return ''
    throw error
  })
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Omit<Checkpoint, 'signedAt'> & { signedAt: string })
    .map((checkpoint) => ({ ...checkpoint, signedAt: new Date(checkpoint.signedAt) }))
}
