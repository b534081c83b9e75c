import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { makeFolder } from '../testing.ts'
import { openProject } from './project.ts'

let folder: string
beforeEach(async () => {
  folder = await makeFolder()
})

async function have(...paths: string[]) {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), path)
  }
}

const open = () => openProject(folder, { hash: true, own: 'main.yaml' })
const pathsOf = (globs?: string[], below = '') =>
  open()
    .code(below, globs)
    .map(({ path }) => path)

it('takes everything but what is ignored, and but the pipelines themselves', async () => {
  await have('b.py', 'src/a.py', 'main.yaml', 'pipelines/x.yaml', 'node_modules/x/i.js', '.git/HEAD', '.env', 'out.csv')
  await writeFile(join(folder, '.gitignore'), '*.csv\n')

  expect(pathsOf()).toEqual(['.gitignore', 'b.py', 'src/a.py'])
})

it('takes .evenkeelignore in place of .gitignore', async () => {
  await have('a.py', 'out.csv')
  await writeFile(join(folder, '.gitignore'), '*.csv\n')
  await writeFile(join(folder, '.evenkeelignore'), '.gitignore\n')

  expect(pathsOf()).toEqual(['a.py', 'out.csv'])
})

it('takes what fits a glob, whole folders by name, and leaves out with "!"', async () => {
  await have('a.py', 'src/a.py', 'src/deep/b.py', 'src/c.md', 'lib/d.py')

  expect(pathsOf(['src', '!**/*.md'])).toEqual(['src/a.py', 'src/deep/b.py'])
  expect(pathsOf(['*.py', './lib/d.py'])).toEqual(['a.py', 'lib/d.py'])
  expect(pathsOf(['*.py'], 'src')).toEqual(['a.py'])
})

it('says what a file holds and whether it may be run', async () => {
  await have('run.sh')
  await chmod(join(folder, 'run.sh'), 0o755)
  const project = open()

  const digest = `sha256:${createHash('sha256').update('run.sh').digest('hex')}`
  expect(project.code('', undefined)).toEqual([{ path: 'run.sh', digest, executable: true }])
  expect([...project.contents]).toEqual([[digest, { path: join(folder, 'run.sh'), sizeBytes: 6 }]])
})

it('follows a link to a file of the project, and no link out of it', async () => {
  await have('a.py', 'src/b.py')
  await symlink('../a.py', join(folder, 'src/link.py'))
  await symlink('/etc/hostname', join(folder, 'src/out'))

  expect(pathsOf(['src/link.py'])).toEqual(['src/link.py'])
  expect(() => pathsOf()).toThrow('src/out is a link that leaves the project folder')
})

it.each([
  [['nope/**'], 'No file fits "nope/**"'],
  [['../x'], 'leads out of the project folder'],
  [['/etc/passwd'], 'leads out of the project folder'],
])('refuses %j', async (globs, says) => {
  await have('a.py')

  expect(() => pathsOf(globs)).toThrow(says)
})

it('refuses data in place of code, and names the largest file', async () => {
  await have('a.py', 'data/huge.parquet')
  await truncate(join(folder, 'data/huge.parquet'), 600 * 1024 ** 2)

  expect(() => pathsOf()).toThrow('600 MiB, most of it data/huge.parquet')
})

it('reads a step.yaml, and says where it is wrong', async () => {
  await have('steps/clean/step.yaml', 'steps/bad/step.yaml')
  await writeFile(join(folder, 'steps/clean/step.yaml'), 'inputs: [raw]\nrun: [cat, "${{ inputs.raw }}"]\n')
  await writeFile(join(folder, 'steps/bad/step.yaml'), 'inputs: [raw]\nrnu: x\n')

  expect(open().step('steps/clean')).toMatchObject({ inputs: ['raw'] })
  expect(() => open().step('steps/bad')).toThrow(
    'steps/bad/step.yaml:2:1 There is no key "rnu" here. Did you mean "run"?',
  )
  expect(() => open().step('steps/none')).toThrow('There is no steps/none/step.yaml')
})
