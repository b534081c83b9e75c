import { z } from 'zod'
import { Timestamp } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'

/** What a person may do; roles add up. */
export const Role = z.enum(['viewer', 'data_scientist', 'approver', 'operator', 'admin'])
export type Role = z.infer<typeof Role>

/** Who a token speaks for: a person, an inference node, or one run of a pipeline. */
export const TokenKind = z.enum(['user', 'node', 'step'])
export type TokenKind = z.infer<typeof TokenKind>

/** A sign-in name: an e-mail address or a short name. */
export const UserName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.@+-]{0,127}$/, {
  error: 'use letters, digits, "_", "-", ".", "+" or "@", start with a letter or digit, at most 128 characters',
})

export const User = z
  .object({ id: z.string(), name: UserName, roles: z.array(Role), createdAt: Timestamp })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>

/** A token without its secret. */
export const Token = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: TokenKind,
    createdAt: Timestamp,
    expiresAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Token' })
export type Token = z.infer<typeof Token>

export const Me = z
  .object({
    userId: z.string(),
    userName: z.string(),
    projectId: z.string(),
    roles: z.array(Role),
    kind: z.enum(['local', 'user', 'node', 'step']),
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

export const projectsErrors = defineErrors({
  'projects.user_not_found': {
    status: 404,
    message: 'No such user.',
    fix: 'List the users: evenkeel api GET /api/v1/users',
    details: z.object({ user: z.string() }),
  },
  'projects.user_exists': {
    status: 409,
    message: 'A user of this name exists already.',
    fix: 'Choose another name, or change the roles of the user who has it.',
    details: z.object({ name: z.string() }),
  },
  'projects.token_not_found': {
    status: 404,
    message: 'No such token.',
    fix: 'List the tokens of the user: evenkeel api GET /api/v1/users/<user>/tokens',
    details: z.object({ token: z.string() }),
  },
  'projects.last_admin': {
    status: 409,
    message: 'This would leave nobody who may administer the server.',
    fix: 'Give the role "admin" to somebody else first.',
    details: z.object({ user: z.string() }),
  },
})

const user = z.object({ user: z.string().min(1).max(128) })

export const projects = defineEndpoints({
  me: {
    method: 'GET',
    path: '/api/v1/me',
    summary: 'Read who you are and what you may do.',
    access: 'projects:read',
    success: { status: 200, body: Me },
    errors: [],
  },
  listUsers: {
    method: 'GET',
    path: '/api/v1/users',
    summary: 'List users by name.',
    access: 'projects:read',
    success: { status: 200, body: z.object({ items: z.array(User) }) },
    errors: [],
  },
  createUser: {
    method: 'POST',
    path: '/api/v1/users',
    summary: 'Create a user.',
    access: 'projects:admin',
    body: z.object({ name: UserName, roles: z.array(Role).min(1) }),
    success: { status: 201, body: User },
    errors: ['projects.user_exists'],
  },
  setRoles: {
    method: 'PUT',
    path: '/api/v1/users/{user}/roles',
    summary: 'Set the roles of a user.',
    access: 'projects:admin',
    params: user,
    body: z.object({ roles: z.array(Role).min(1) }),
    success: { status: 200, body: User },
    errors: ['projects.user_not_found', 'projects.last_admin'],
  },
  listTokens: {
    method: 'GET',
    path: '/api/v1/users/{user}/tokens',
    summary: 'List the tokens of a user, newest first.',
    access: 'projects:admin',
    params: user,
    success: { status: 200, body: z.object({ items: z.array(Token) }) },
    errors: ['projects.user_not_found'],
  },
  createToken: {
    method: 'POST',
    path: '/api/v1/users/{user}/tokens',
    summary: 'Create a token; this answer is the only place where it is ever shown.',
    access: 'projects:admin',
    params: user,
    body: z.object({
      name: z.string().min(1).max(128),
      /** `user` acts as the user; `node` is for an inference node. */
      kind: z.enum(['user', 'node']).default('user'),
      /** Days until it expires; never when absent. */
      expiresInDays: z.int().min(1).max(3650).optional(),
    }),
    success: { status: 201, body: z.object({ ...Token.shape, token: z.string() }) },
    errors: ['projects.user_not_found'],
  },
  deleteToken: {
    method: 'DELETE',
    path: '/api/v1/users/{user}/tokens/{token}',
    summary: 'Revoke a token at once.',
    access: 'projects:admin',
    params: z.object({ ...user.shape, token: z.string().min(1).max(64) }),
    success: { status: 200, body: Token },
    errors: ['projects.token_not_found'],
  },
})
