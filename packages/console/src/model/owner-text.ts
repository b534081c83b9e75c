import type { ModelOwner } from '@evenkeel/contract'

/** `ana`, `team:risk` */
export const ownerText = ({ kind, name }: ModelOwner): string => (kind === 'user' ? name : `team:${name}`)

/** Reads `ana, team:risk`; an owner who is named twice is one. */
export function ownersIn(text: string): ModelOwner[] {
  const names = text.split(',').map((part) => part.trim().replace(/^user:/, ''))
  return [...new Set(names)]
    .filter((name) => name !== '')
    .map((name) => (name.startsWith('team:') ? { kind: 'team', name: name.slice(5).trim() } : { kind: 'user', name }))
}
