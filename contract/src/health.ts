/** What a process says of itself. */
import { Type } from 'typebox'
import { Time } from './fields.ts'

export const Health = Type.Object({
  status: Type.Literal('healthy'),
  service: Type.String(),
  timestamp: Time,
  environment: Type.String(),
  port: Type.Integer(),
  version: Type.String(),
})
export const Readiness = Type.Object({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not-ready')]),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      status: Type.Union([Type.Literal('ok'), Type.Literal('degraded'), Type.Literal('failing')]),
      detail: Type.String(),
    }),
  ),
})
