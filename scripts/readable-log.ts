import { readCommands } from '../test/support/workflow-commands.ts';

const ANNOTATIONS = new Set(['error', 'warning', 'notice']);

/** A step's log as a person sees it on GitHub: groups unfolded and indented, annotations named, masks left out. */
export function readableLog(log: string): readonly string[] {
  let indent = '';
  return log
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [command] = readCommands(line);
      if (command === undefined) return [`${indent}${line}`];
      if (ANNOTATIONS.has(command.name)) return `${command.name}: ${command.message}`.split('\n');
      if (command.name === 'endgroup') indent = '';
      if (command.name !== 'group') return [];
      indent = '  ';
      return [command.message];
    });
}
