import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { pinsOf } from '../support/deploy-inputs.ts';
import { startEmulator } from '../support/emulator.ts';
import { oracleCid, readTree } from '../support/oracle-cid.ts';
import { tempTree } from '../support/temp-tree.ts';
import { describeWith, findPeer, runPeer } from './peers.ts';

const PROJECT = join(import.meta.dirname, '../..');
const ACT = findPeer({ name: 'act', variable: 'ACT_BIN', ask: ['--version'] });

// act makes of the checkout a copy of the directory it stands in.
const WORKFLOW = `
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - id: deploy
        uses: ./
        with:
          path: site
          pinata-jwt: \${{ secrets.PINATA_JWT }}
          pinata-api-url: \${{ vars.API_URL }}
          pinata-upload-url: \${{ vars.UPLOAD_URL }}
          gateways: \${{ vars.GATEWAY_URL }}/ipfs/{cid}
          verify-timeout: 5s
      - run: echo "A later step reads <\${{ steps.deploy.outputs.cid }}>"
`;

/** A repository that holds the action, a site and the workflow, as `uses: ./` needs it. */
function plantRepository(root: string): void {
  for (const path of ['action.yml', 'dist']) cpSync(join(PROJECT, path), join(root, path), { recursive: true });
  cpSync(join(PROJECT, 'examples/dapp'), join(root, 'site'), { recursive: true });
  mkdirSync(join(root, '.github/workflows'), { recursive: true });
  writeFileSync(join(root, '.github/workflows/deploy.yml'), WORKFLOW);
  const git = (...args: string[]): unknown => runPeer('git', args, { cwd: root, env: { HOME: root } });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message=site');
}

describeWith(ACT, 'act runs the action from action.yml and the bundle', (binary) => {
  test('a push deploys the site, and later steps get the CID', async () => {
    using repository = tempTree();
    using home = tempTree();
    plantRepository(repository.root);
    const emulator = await startEmulator();
    try {
      const named = { API_URL: emulator.apiUrl, UPLOAD_URL: emulator.uploadUrl, GATEWAY_URL: emulator.gatewayUrl };
      const variables = Object.entries(named).map(([name, value]) => `--var=${name}=${value}`);
      const host = [
        '--platform=ubuntu-latest=-self-hosted',
        '--no-cache-server',
        '--secret',
        `PINATA_JWT=${emulator.jwt}`,
      ];
      const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
      const env = { HOME: home.root, PATH: path };
      const log = runPeer(binary, ['push', ...host, ...variables], { cwd: repository.root, env }).toString();
      const cid = await oracleCid(readTree(join(PROJECT, 'examples/dapp')));
      expect(log).toContain(`A later step reads <${cid}>`);
      expect(await pinsOf(emulator, cid)).toHaveLength(1);
      expect(log).not.toContain(emulator.jwt);
    } finally {
      await emulator.stop();
    }
  });
});
