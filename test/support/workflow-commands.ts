/** What the runner shows beside the log. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
}

/** The log lines that the runner takes as commands, decoded: `::name …::` after blanks, `##[name]` anywhere. */
export function readCommands(log: string): readonly { readonly name: string; readonly message: string }[] {
  return log.split(/\r\n|[\r\n]/).flatMap((line) => {
    const modern = /^\s*::([a-z-]+)(?: [^:]*)?::(.*)$/i.exec(line);
    const old = /##\[([a-z-]+)(?: [^\]]*)?\](.*)$/i.exec(line);
    const [, name, message] = modern ?? old ?? [];
    return name === undefined || message === undefined ? [] : [{ name, message: decode(message) }];
  });
}

/** The annotations of a log. */
export function readAnnotations(log: string): readonly Annotation[] {
  return readCommands(log).flatMap(({ name, message }) =>
    name === 'error' || name === 'warning' || name === 'notice' ? [{ level: name, message }] : [],
  );
}

function decode(message: string): string {
  return message.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
