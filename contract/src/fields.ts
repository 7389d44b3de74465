/** Fields that many shapes have. */
import { type TSchema, Type } from 'typebox'

export const Id = Type.String({ minLength: 1, maxLength: 100 })
export const Time = Type.String({ format: 'date-time' })
export const Money = Type.Integer({ description: 'minor units of the currency' })
export const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' })
export const ZoneId = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'unique within the venue' })
export const Row = Type.String({ pattern: '^[A-Za-z]{1,3}$', description: 'A..Z, AA.., any case' })
export const Column = Type.Union([Type.Integer({ minimum: 1, maximum: 10_000 }), Type.String({ pattern: '^[1-9][0-9]{0,4}$' })], {
  description: 'from 1, as a number or a string',
})
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
