import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'

const secret = 'a-secret-that-is-long-enough'

it('needs nothing', () => {
  expect(readConfig({})).toMatchObject({
    host: '127.0.0.1',
    port: 7070,
    folder: resolve('.evenkeel'),
    databaseUrl: undefined,
    blobUrl: pathToFileURL(resolve('.evenkeel/blobs')).href,
    signIn: 'none',
    allowedHosts: ['127.0.0.1'],
    demo: false,
  })
})

it.each([
  { environment: { EVENKEEL_PORT: '70000' }, says: 'EVENKEEL_PORT' },
  { environment: { EVENKEEL_DATABASE_URL: 'mysql://localhost' }, says: 'EVENKEEL_DATABASE_URL' },
  { environment: { EVENKEEL_AUTH: 'yes' }, says: 'EVENKEEL_AUTH' },
  { environment: { EVENKEEL_INIT_TOKEN: 'short' }, says: 'EVENKEEL_INIT_TOKEN' },
  { environment: { EVENKEEL_HOST: '0.0.0.0' }, says: 'Set EVENKEEL_AUTH=required' },
  { environment: { EVENKEEL_HOST: 'models.example.org' }, says: 'Set EVENKEEL_AUTH=required' },
  { environment: { EVENKEEL_HOST: '127.0.0.1.example.org' }, says: 'Set EVENKEEL_AUTH=required' },
])('refuses $environment', ({ environment, says }) => {
  expect(() => readConfig(environment)).toThrow(says)
})

it('opens to others with sign-in, under the names that were given', () => {
  const config = readConfig({
    EVENKEEL_HOST: '0.0.0.0',
    EVENKEEL_AUTH: 'required',
    EVENKEEL_ALLOWED_HOSTS: 'models.example.org, evenkeel',
  })

  expect(config).toMatchObject({ signIn: 'token', allowedHosts: ['0.0.0.0', 'models.example.org', 'evenkeel'] })
})

it('reads the first token from a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-config-'))
  const file = join(folder, 'token')
  await writeFile(file, `${secret}\n`)

  expect(readConfig({ EVENKEEL_INIT_TOKEN_FILE: file }).initToken).toBe(secret)
  await writeFile(file, 'short\n')
  expect(() => readConfig({ EVENKEEL_INIT_TOKEN_FILE: file })).toThrow('shorter than 24')
  await rm(folder, { recursive: true })
})
