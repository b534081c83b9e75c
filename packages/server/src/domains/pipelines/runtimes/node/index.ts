import type { RuntimePackage } from '@evenkeel/contract'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { type RuntimeKind, RuntimeProblem } from '../runtime-kind.ts'
import { ask, findProgram } from '../tools.ts'

/** `node_modules` by npm, for the Node that runs the server. */
export function createNodeRuntime({ searchPath }: { readonly searchPath: string }): RuntimeKind {
  const besideNode = dirname(process.execPath)

  return {
    kind: 'node',

    async toolFor() {
      const path = `${besideNode}:${searchPath}`
      const npm = await findProgram('npm', path)
      const number = npm && (await ask(npm, ['--version'], path))
      if (!number) throw new RuntimeProblem('config', noNpm)
      const version = process.versions.node
      return { name: `npm ${number}`, program: npm, interpreter: process.execPath, version }
    },

    async build({ folder, tool, run }) {
      await dropScripts(join(folder, 'package.json'))
      // Where nothing is to be installed, npm makes no folder.
      await mkdir(join(folder, 'node_modules'), { recursive: true })
      await run([tool.program, 'ci', '--no-audit', '--no-fund', '--no-update-notifier', '--color=false'])
      return { version: process.versions.node, packages: await packagesIn(folder) }
    },

    // It leans on the Node of the server alone, and that is a part of its digest.
    isWhole: async () => true,

    // A link, because modules are looked for beside the code, and `import` does not know of NODE_PATH.
    faceOf: (folder) => ({
      path: [join(folder, 'node_modules/.bin')],
      variables: {},
      links: [{ path: 'node_modules', target: join(folder, 'node_modules') }],
    }),
  }
}

const noNpm =
  'Its packages are installed by npm, which is neither beside the Node of the server nor on its PATH. ' +
  'Install npm, or start the server with a Node that brings it.'

/** Those of the project itself would look for code that is not there; those of its packages run. */
async function dropScripts(path: string): Promise<void> {
  const { scripts: _, ...manifest } = parse(await readFile(path, 'utf8'))
  await writeFile(path, JSON.stringify(manifest, undefined, 2))
}

function parse(text: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text))
  } catch {
    throw new RuntimeProblem('config', 'Its package.json is not a JSON object; let npm write it.')
  }
}

/** What npm notes down of what it has installed. */
const Installed = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) })

async function packagesIn(folder: string): Promise<RuntimePackage[]> {
  const text = await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8').catch(() => '{"packages":{}}')
  return Object.entries(Installed.parse(JSON.parse(text)).packages).map(([path, { version = '' }]) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version,
  }))
}
