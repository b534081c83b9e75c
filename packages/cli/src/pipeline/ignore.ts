import { globToRegExp } from './glob.ts'

/** Says whether a path below the project folder is left out; a folder that is takes all below it along. */
export type Ignores = (path: string, isFolder: boolean) => boolean

/** What no step needs: history, dependencies that are installed, our own data, and files that hold secrets. */
const always = [
  '.git',
  'node_modules',
  '.evenkeel*/',
  '.evenkeelignore',
  '.venv',
  'venv',
  '__pycache__',
  '.cache',
  '.DS_Store',
  '.env',
  '.env.*',
]

/** Reads the lines of a `.gitignore` or `.evenkeelignore`: the last one that fits decides, and `!` takes back. */
export function readIgnore(text: string): Ignores {
  const rules = [...always, ...text.split(/\r?\n/)].flatMap((line) => {
    const trimmed = line.replace(/(?<!\\)\s+$/, '')
    return trimmed === '' || trimmed.startsWith('#') ? [] : [ruleOf(trimmed)]
  })
  return (path, isFolder) => {
    const last = rules.findLast(({ pattern, folderOnly }) => (isFolder || !folderOnly) && pattern.test(path))
    return last !== undefined && !last.takesBack
  }
}

function ruleOf(line: string) {
  const takesBack = line.startsWith('!')
  const bare = line.slice(takesBack ? 1 : 0).replace(/^\\(?=[#!])/, '')
  const folderOnly = bare.endsWith('/')
  const path = bare.replace(/\/+$/, '')
  // With a slash before its end it is anchored; without, it fits at any depth.
  const glob = path.includes('/') ? path.replace(/^\//, '') : `**/${path}`
  return { pattern: globToRegExp(glob), folderOnly, takesBack }
}
