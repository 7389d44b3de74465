import { environment, settings } from '@onsale/server/config'
import type { Command } from 'commander'

export function addServe(program: Command): void {
  const table = Object.entries(settings).map(([name, { default: value, about }]) => `  ${name.padEnd(13)} ${about} Default: ${value}`)
  program
    .command('serve')
    .description('Runs the roles named, all of them by default, until it is stopped.')
    .option('--roles <names>', 'joined by commas; stands above ROLES')
    .addHelpText('after', `\nSettings:\n${table.join('\n')}`)
    .action(async ({ roles }: { roles?: string }) => {
      const { serve } = await import('@onsale/server/serve')
      await serve(roles === undefined ? environment : { ...environment, ROLES: roles })
    })
}
