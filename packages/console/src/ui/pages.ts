/** For a list that comes in pages: where it begins, and where it goes on. */
export const fromStart = {
  initialPageParam: {} as { cursor?: string },
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }) =>
    nextCursor === null ? undefined : { cursor: nextCursor },
}

/** So long nothing is asked while somebody types. */
export const TYPING_MS = 200
