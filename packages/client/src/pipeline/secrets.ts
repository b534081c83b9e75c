import { EnvironmentName, type FileStep, SecretName } from '@evenkeel/contract'
import { hasPlaceholder, soleReference } from './expressions.ts'
import { type Notebook, type Path, PipelineMistake } from './mistake.ts'

/** Variables of a step to names of secrets. @throws PipelineMistake for anything but `${{ secrets.NAME }}` */
export function secretsOf({ secrets = {} }: FileStep): Record<string, string> {
  return Object.fromEntries(Object.entries(secrets).map(([variable, text]) => [variable, secretOf(variable, text)]))
}

function secretOf(variable: string, text: string): string {
  const name = hasPlaceholder(text) ? soleReference(text) : undefined
  if (name?.to !== 'secrets') {
    const guess = SecretName.safeParse(text).success ? text : 'NAME'
    const why = `A file is no place for a secret: name one of the project, as in ${variable}: "\${{ secrets.${guess} }}".`
    throw new PipelineMistake(`${why} Set it with: evenkeel secret set ${guess}.`, [variable])
  }
  const known = EnvironmentName.safeParse(variable)
  if (known.success) return name.name
  throw new PipelineMistake(`This cannot be: ${known.error.issues[0]!.message}.`, [variable])
}

/** A secret that is named where anybody could read it. */
export const misplacedSecret = (name: string): PipelineMistake =>
  new PipelineMistake(
    `A secret may only be named under "secrets" of the step, as in secrets: { ${name}: "\${{ secrets.${name} }}" }; the ` +
      `command then reads the variable ${name}.`,
  )

const placeholder = /\$\{\{\s*secrets\.(\w+)/

/** Notes every secret that is named anywhere but under `secrets` of a step. */
export function findMisplacedSecrets(value: unknown, notebook: Notebook, path: Path = []): void {
  if (path[0] === 'steps' && path.length === 3 && path[2] === 'secrets') return
  if (path.at(-1) === 'description') return
  const [, name] = typeof value === 'string' ? (placeholder.exec(value) ?? []) : []
  if (name !== undefined) {
    notebook.part(path, () => {
      throw misplacedSecret(name)
    })
  }
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    findMisplacedSecrets(inner, notebook, [...path, Array.isArray(value) ? Number(key) : key])
  }
}
