/** What a look can say. "Not enough data yet" is a legal, visible answer. */
export type Verdict = 'worse' | 'not_worse' | 'not_enough_data'
