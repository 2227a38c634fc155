import { KnobError, parseKnobs, renderHelp } from './knobs.ts';
import { startEmulator } from './server.ts';

async function run(argv: readonly string[]): Promise<void> {
  const knobs = parseKnobs(argv);
  if (knobs === 'help') {
    process.stdout.write(renderHelp());
    return;
  }
  const { close, ...address } = await startEmulator(knobs);
  const stop = (): void => {
    void close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify(address)}\n`);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof KnobError ? 2 : 1;
}
