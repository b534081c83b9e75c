import { useMutation, useQueryClient } from '@tanstack/react-query'
import { notifyDone } from './ui/index.ts'

/**
 * Does something on the server, says so, and asks again for all that is on the screen: the news of it may come later
 * than the person looks.
 *
 * @param done - what is said, or what says it
 */
export function useAction<Input>(
  act: (input: Input) => Promise<unknown>,
  done: string | ((input: Input) => void),
  after?: () => void,
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: act,
    onSuccess: (_, input) => {
      if (typeof done === 'string') notifyDone(done)
      else done(input)
      after?.()
      return client.invalidateQueries()
    },
  })
}
