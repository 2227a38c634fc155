// Loaded into the bundle's process with --import: tells what it used when it exits.
import { readFileSync, writeFileSync } from 'node:fs';

function field(path, name) {
  const line = readFileSync(path, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name}:`));
  return Number.parseInt(line?.slice(name.length + 1) ?? '', 10);
}

process.on('exit', () => {
  const usage = {
    peakBytes: field('/proc/self/status', 'VmHWM') * 1024,
    writtenBytes: field('/proc/self/io', 'wchar'),
    diskBytes: field('/proc/self/io', 'write_bytes'),
  };
  writeFileSync(process.env.USAGE_FILE, JSON.stringify(usage));
});
