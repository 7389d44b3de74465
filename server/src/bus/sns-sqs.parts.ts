/** What SNS and SQS have in common: ten messages a request, and attributes beside a body. */

export const MOST_MESSAGES = 10

export function attributesOf(labels: Record<string, string>) {
  return Object.fromEntries(Object.entries(labels).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]))
}
