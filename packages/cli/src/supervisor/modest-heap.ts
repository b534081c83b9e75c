/** Flags of Node. V8 lets garbage lie while the machine has memory; everything of ours shares one, and a laptop's. */
export const modestHeap = ['--max-semi-space-size=16', '--heap-growing-percent=65'] as const

/** For a process that only waits. */
export const smallHeap = ['--max-semi-space-size=1', '--heap-growing-percent=50'] as const
