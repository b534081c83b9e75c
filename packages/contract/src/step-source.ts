import { z } from 'zod'

/** Where the code of a step comes from, when that is not the project: one folder of a git repository, at one commit. */
export const StepSource = z.object({
  repository: z.url({ protocol: /^https$/ }).max(500),
  /** Of a folder in it, without a slash at either end; '' is all of it. */
  path: z
    .string()
    .max(500)
    .refine((path) => path === '' || path.split('/').every((part) => !/^(\.{0,2}|\.git)$/i.test(part)), {
      error: 'must lead to a folder below',
    }),
  /** Branches and tags move; a commit does not. */
  commit: z.string().regex(/^[0-9a-f]{40}$/, { error: 'must be the 40 hex digits of a commit' }),
})
export type StepSource = z.infer<typeof StepSource>

/** As a pipeline file says it: `git+https://host/repo//path@<commit>`. */
export const sourceText = ({ repository, path, commit }: StepSource): string =>
  `git+${repository}${path === '' ? '' : `//${path}`}@${commit}`
