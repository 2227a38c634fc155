import { own, quoted, type Reference, type Use } from './reference.ts';
import type { Tally } from './reference-tally.ts';

interface Host {
  readonly path: string;
  readonly line: number;
  readonly uses: Set<Use>;
}

const MOST_HOSTS = 20;
const MOST_COUNTED = 1000;

/** Other hosts that pages load from, each once. */
export function createHosts(tally: Tally) {
  const hosts = new Map<string, Host>();
  return {
    see(host: string, { use, line }: Reference, path: string): void {
      const known = hosts.get(host);
      if (known !== undefined) known.uses.add(use);
      else if (hosts.size < MOST_COUNTED) hosts.set(own(host), { path, line, uses: new Set([use]) });
    },
    finish(): void {
      const all = [...hosts];
      const advice = (): string => '';
      for (const [host, { path, line, uses }] of all.slice(0, MOST_HOSTS)) {
        const what = [...uses]
          .map((use) => PLURALS[use])
          .sort()
          .join(', ');
        const message = `Loads from ${quoted(host)}, which is not part of the CID: ${what}`;
        tally.say({ kind: 'external', message, advice, path, line, level: 'note' });
      }
      if (all.length <= MOST_HOSTS) return;
      const rest = all.length - MOST_HOSTS;
      const count = `${all.length >= MOST_COUNTED ? 'at least ' : ''}${rest}`;
      const message = `Loads from ${count} more ${rest === 1 ? 'host, which is' : 'hosts, which are'} not part of the CID`;
      tally.say({ kind: 'external', message, advice, path: '', line: undefined, level: 'note' });
    },
  };
}

const PLURALS: Readonly<Record<Use, string>> = {
  script: 'scripts',
  style: 'style sheets',
  image: 'images',
  font: 'fonts',
  media: 'media',
  frame: 'frames',
  file: 'other files',
  page: 'pages',
};
