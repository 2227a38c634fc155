import dns from 'node:dns';

type Answer = (error: null, address: string | readonly dns.LookupAddress[], family?: number) => void;

/**
 * Until the block ends, every name below `domain` leads to this machine, for this process: that a host has a name of its
 * own can be tried where the system resolves no such names.
 */
export function localNames(domain: string): Disposable {
  const original = dns.lookup;
  const lookup = (name: string, options: dns.LookupOptions, answer: Answer): void => {
    if (!name.endsWith(`.${domain}`)) {
      (original as (name: string, options: dns.LookupOptions, answer: Answer) => void)(name, options, answer);
      return;
    }
    const found = { address: '127.0.0.1', family: 4 };
    queueMicrotask(() => {
      if (options.all === true) answer(null, [found]);
      else answer(null, found.address, found.family);
    });
  };
  dns.lookup = lookup as typeof dns.lookup;
  return {
    [Symbol.dispose]: () => {
      dns.lookup = original;
    },
  };
}
