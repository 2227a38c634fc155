import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/preflight/finding.ts';
import { sha256Hex } from '../../src/domain/tag.ts';
import { seededBytes } from '../support/seeded.ts';
import { cutFile, fileOf, findSecrets, kindsIn, readSamples, sampleFile } from './preflight-secrets-builds.ts';

const SECRETS = readSamples('secrets');
const LOOK_ALIKES = readSamples('look-alikes');
/** Drawn once; nobody's. Joined here, so that no scanner of this repository sees it. */
const TOKEN = ['gh', 'p_', 'R7mQ2vX9kLpT4wZ8sBnY', '3cHf6dJgA1eUoWiE'].join('');
const HEX_KEY = '8f2a4c6e0b1d3f5a7c9e2b4d6f8a0c1e3b5d7f9a2c4e6b8d0f1a3c5e7b9d2f4a';

function errorsOf(findings: readonly Finding[]): readonly string[] {
  return findings.filter(({ severity }) => severity === 'error').map(({ kind }) => kind);
}

describe('the corpus', () => {
  it('has 76 secrets, and all of them are found, each as what it is', async () => {
    expect(SECRETS).toHaveLength(76);
    const missed: string[] = [];
    for (const sample of SECRETS) {
      const kinds = errorsOf(await findSecrets([sampleFile(sample)]));
      if (!kinds.includes(sample.expect)) missed.push(sample.name);
    }
    expect(missed).toEqual([]);
  });

  it('has 290 look-alikes, and none of them is an error', async () => {
    expect(LOOK_ALIKES).toHaveLength(290);
    const wrong: string[] = [];
    const notes: string[] = [];
    for (const sample of LOOK_ALIKES) {
      const findings = await findSecrets([sampleFile(sample)]);
      for (const { severity, kind } of findings) (severity === 'note' ? notes : wrong).push(`${sample.name}: ${kind}`);
    }
    expect(wrong).toEqual([]);
    expect(notes).toEqual([
      'first key of Hardhat: public-private-key',
      'second key of Hardhat: public-private-key',
      'phrase of Hardhat: public-mnemonic',
      'phrase of zeros: public-mnemonic',
      'phrase of Truffle: public-mnemonic',
      'phrase of Ganache: public-mnemonic',
      'JWT of a visitor: jwt',
      'environment file with nothing private: public-env-file',
    ]);
  });

  it('tells nobody a value: no text of a finding has 12 characters of the secret in a row', async () => {
    for (const sample of SECRETS) {
      const findings = await findSecrets([sampleFile(sample)]);
      const shown = findings.map(({ message, advice, kind }) => `${message} ${advice} ${kind}`).join('\n');
      const values = sample.parts.join('').match(/[A-Za-z0-9+/_-]{12,}/g) ?? [];
      const leaked = values.filter((value) => shown.includes(value.slice(0, 12)));
      expect(leaked, sample.name).toEqual([]);
      expect(findings.every(({ path }) => path === sample.path)).toBe(true);
    }
  });

  it('is the same however the files are cut', async () => {
    const samples = [...SECRETS, ...LOOK_ALIKES].filter(({ parts }) => parts.join('').length < 4000);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        async (sample, longest, seed) => {
          const whole = sampleFile(sample);
          expect(await findSecrets([cutFile(whole, longest, seed + 1)])).toEqual(await findSecrets([whole]));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is the same in the middle of a large file, wherever that is looked at in parts', async () => {
    const line = 'const a = () => import("./chunk");\n';
    for (const sample of SECRETS.filter(({ path }) => !/\.(npmrc|env|production)|^(keys|id\.json)/.test(path))) {
      for (const before of [262_100, 246_000, 245_760]) {
        const start = line.repeat(Math.ceil(before / line.length)).slice(0, before - 1);
        const large = fileOf(sample.path, `${start}\n${sample.parts.join('')}\n${line.repeat(1000)}`);
        const kinds = errorsOf(await findSecrets([cutFile(large, 65_536, before)]));
        expect(kinds, `${sample.name} after ${before}`).toContain(sample.expect);
      }
    }
  });
});

describe('the credentials of the run', () => {
  const value = `${TOKEN}/+?&"é`;
  const credential = { name: 'pinata-jwt', value };
  const encoder = new TextEncoder();

  async function isFound(content: string | Uint8Array, path = 'assets/logo.png'): Promise<boolean> {
    const findings = await findSecrets([fileOf(path, content)], [credential]);
    return findings.some(({ kind }) => kind === 'own-credential');
  }

  it('are found as they are, in every kind of file', async () => {
    for (const path of ['a.js', 'a.png', 'a.wasm', 'a', 'fonts/a.woff2']) {
      expect(await isFound(`\0\0${value}\0`, path)).toBe(true);
    }
  });

  it.each([
    ['percent-encoded', encodeURIComponent(value)],
    ['percent-encoded in small letters', encodeURIComponent(value).replace(/%../g, (hex) => hex.toLowerCase())],
    ['escaped in JSON', JSON.stringify(value)],
    ['escaped in JSON with slashes', JSON.stringify(value).replaceAll('/', '\\/')],
    ['escaped twice', JSON.stringify(JSON.stringify(value))],
    ['escaped in HTML', value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')],
  ])('are found %s', async (_, content) => {
    expect(await isFound(`x=${content};`)).toBe(true);
  });

  it('are found in base64 at any place of anything, in both alphabets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 40 }),
        fc.boolean(),
        async (before, after, isUrl) => {
          const bytes = Buffer.concat([before, encoder.encode(value), after]);
          const text = bytes.toString(isUrl ? 'base64url' : 'base64');
          expect(await isFound(Buffer.concat([seededBytes(300, 5), Buffer.from(text), seededBytes(300, 7)]))).toBe(
            true,
          );
        },
      ),
    );
  });

  it('are found wherever the file is cut, and however far from its beginning', async () => {
    const text = Buffer.from(value).toString('base64');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 600_000 }), fc.nat(), async (before, seed) => {
        const bytes = Buffer.concat([seededBytes(before, 3), Buffer.from(text)]);
        const cut = cutFile(fileOf('a.bin', bytes), 100_000, seed + 1);
        expect(errorsOf(await findSecrets([cut], [credential]))).toEqual(['own-credential']);
      }),
      { numRuns: 30 },
    );
  });

  it('are not found where one character differs', async () => {
    for (const at of [0, 1, 20, value.length - 1]) {
      expect(await isFound(`${value.slice(0, at)}#${value.slice(at + 1)}`)).toBe(false);
    }
  });

  it('are an error that names the input and no setting but the file, and never the value', async () => {
    const findings = await findSecrets([fileOf('a.js', `\n\nlet a='${value}'`), fileOf('b.js', value)], [credential]);
    expect(findings).toEqual([
      {
        rule: 'secrets',
        severity: 'error',
        kind: 'own-credential',
        message: 'The value of `pinata-jwt`, with which this run works, is in the build.',
        advice: 'Remove it from the build, and revoke it: whatever was built may have been cached.',
        path: 'a.js',
        line: 3,
        times: 2,
        files: 2,
      },
    ]);
  });

  it('are not reported once more for their form', async () => {
    const findings = await findSecrets([fileOf('a.js', `"${TOKEN}"`)], [{ name: 'github-token', value: TOKEN }]);
    expect(findings.map(({ kind }) => kind)).toEqual(['own-credential']);
  });

  it('are not looked for when they are shorter than 12 characters', async () => {
    expect(await findSecrets([fileOf('a.js', 'changeme123')], [{ name: 'password', value: 'changeme123' }])).toEqual(
      [],
    );
  });
});

describe('tokens in texts', () => {
  it('are told by a fingerprint, the line, and what to do', async () => {
    const findings = await findSecrets([fileOf('a.js', `a\nb\nconst t="${TOKEN}";`)]);
    expect(findings).toMatchObject([
      {
        message: `A GitHub token is in the build (fingerprint ${sha256Hex(TOKEN).slice(0, 8)}).`,
        advice:
          'Remove it from the build, and revoke it: whatever was built may have been cached. ' +
          'If it is no secret, exclude the file, or set `preflight: secrets=warn`, which is for all of them.',
        line: 3,
      },
    ]);
  });

  it('are the same wherever they stand in a large file', async () => {
    const key = `const privateKey="0x${HEX_KEY}";`;
    const glued = `"a${TOKEN}" `;
    for (let before = 245_760 - 130; before < 245_760 + 5; before += 1) {
      const start = ' '.repeat(before - glued.length);
      const contents = [glued + key, key + glued].map((content) => `${start}${content}${' '.repeat(20_000)}`);
      const findings = await findSecrets(contents.map((content, at) => fileOf(`${at}.js`, content)));
      expect(findings).toMatchObject([{ kind: 'hex-private-key', times: 2 }]);
    }
  });

  it('have the right line however large the file is', async () => {
    const lines = Array.from({ length: 60_000 }, (_, at) =>
      at % 7_000 === 6_999 ? `privateKey="${sha256Hex(String(at))}"` : 'a();',
    );
    const findings = await findSecrets([fileOf('a.js', lines.join('\n'))]);
    expect(findings.map(({ line }) => line)).toEqual([7000, 14000, 21000, 28000, 35000, 42000, 49000, 56000]);
  });

  it('are one finding for a value, in however many files', async () => {
    const findings = await findSecrets(
      ['a.js', 'b.html', 'c.json'].map((path) => fileOf(path, `"${TOKEN}" "${TOKEN}"`)),
    );
    expect(findings).toMatchObject([{ kind: 'github-token', files: 3, times: 3 }]);
  });

  it.each([['\\n'], ['\\t'], ['\\x22'], ['\\u0022'], ['%22'], ['%0A'], ['='], ['"'], ['>']])(
    'are found after %s',
    async (before) => {
      expect(await kindsIn('a.map', `k${before}${TOKEN} `)).toEqual(['error github-token']);
    },
  );

  it('are not looked for in files that are no texts', async () => {
    expect(await kindsIn('a.png', TOKEN)).toEqual([]);
    expect(await kindsIn('a', `\0${TOKEN}`)).toEqual([]);
    expect(await kindsIn('a.dat', `\0${TOKEN}`)).toEqual([]);
  });

  it.each(['a.js', 'a.mjs', 'a.css', 'a.html', 'a.json', 'a.js.map', 'a.YML', '.env'])(
    'are found in %s though a NUL is in it, as bundlers write them',
    async (path) => {
      expect(await kindsIn(path, `"\0vite/preload-helper";T="${TOKEN}"`)).toContain('error github-token');
    },
  );

  it.each([0, 1, 2, 3, 1000, 50_000, 300_000, 1_000_000])(
    'are found in a text in base64, after %i bytes of it',
    async (before) => {
      const script = Buffer.from(`${'const a=1;\n'.repeat(before).slice(0, before)}"${TOKEN}";`).toString('base64');
      const url = `<script src="data:text/javascript;base64,${script}"></script>`;
      expect(await kindsIn('a.html', url)).toEqual(['error github-token']);
      const far = `${'<p>text</p>\n'.repeat(20_300)}${url}${' '.repeat(300_000)}`;
      expect(await findSecrets([fileOf('a.html', far)])).toMatchObject([{ kind: 'github-token', times: 1 }]);
    },
  );

  it('are found in base64 wherever in a large file it begins and ends', async () => {
    const script = Buffer.from(`${'const a=1;\n'.repeat(300)}"${TOKEN}";`).toString('base64');
    for (let before = 241_000; before < 247_000; before += 97) {
      const text = `${' '.repeat(before)}data:text/javascript;base64,${script}"${' '.repeat(30_000)}`;
      expect(await findSecrets([fileOf('a.html', text)]), `after ${before}`).toMatchObject([{ times: 1 }]);
    }
  });

  it('are found in a key in PEM that is in base64', async () => {
    const key = SECRETS.find(({ name }) => name === 'RSA key in a PEM file')?.parts.join('') ?? '';
    const text = `tls.key: ${Buffer.from(key).toString('base64')}\n`;
    expect(await kindsIn('secret.yml', text)).toEqual(['error pem-private-key']);
  });

  it('are not looked for in a picture in base64', async () => {
    const data = Buffer.from(`"${TOKEN}"`).toString('base64');
    expect(await kindsIn('a.css', `url(data:image/png;base64,${data})`)).toEqual([]);
  });

  it.each([
    [`const token_${TOKEN}=1`],
    [`<script src="/app-${TOKEN}.js">`],
    [`a-b_c-${TOKEN}-d`],
    [`${'k'.repeat(300)}_${TOKEN}`],
  ])('are found within a longer word: %s', async (text) => {
    expect(await kindsIn('a.html', `${text} `)).toEqual(['error github-token']);
  });

  it('are found after thousands of names that only begin like them', async () => {
    const classes = Array.from({ length: 2500 }, (_, at) => `.sk-circle-fade-dot-number-${at}{}`).join('\n');
    const objects = Array.from({ length: 2500 }, (_, at) => `"eyJpZCI6MSwiYXQiOjJ9${at}"`).join('\n');
    expect(await kindsIn('a.css', `${classes}\n${objects}\n.a{content:"${TOKEN}"}`)).toEqual(['error github-token']);
  });

  it.each([
    [`const privateKey="0x${HEX_KEY}"`, true],
    [`"privateKey": "${HEX_KEY}"`, true],
    [`{\\"privateKey\\":\\"${HEX_KEY}\\"}`, true],
    [`const key: Hex = "0x${HEX_KEY}"`, false],
    [`const privateKey: Hex = "0x${HEX_KEY}"`, true],
    [`DEPLOYER_PRIVATE_KEY=${HEX_KEY}`, true],
    [`process.env.PRIVATE_KEY ?? '0x${HEX_KEY}'`, true],
    [`new n.Wallet("0x${HEX_KEY}")`, true],
    [`(0,r.privateKeyToAccount)("0x${HEX_KEY}")`, true],
    [`{PK:"0x${HEX_KEY}"}`, true],
    [`{"SK": "0x${HEX_KEY}"}`, true],
    [`{pk:"0x${HEX_KEY}"}`, false],
    [`var PK="0x${HEX_KEY}"`, false],
    [`{"private_keys":{"0x${HEX_KEY.slice(0, 40)}":"${HEX_KEY}"}}`, true],
    [`{"leaves":{"0x${HEX_KEY.slice(0, 40)}":"${HEX_KEY}"}}`, false],
    [`const t="0x${HEX_KEY}",n=privateKeyToAccount(t)`, true],
    [`const t="0x${HEX_KEY}";let n=(0,r.privateKeyToAccount)(t)`, true],
    [`const t="0x${HEX_KEY}",n=new e.Wallet(t, p)`, true],
    [`const t="0x${HEX_KEY}",n=privateKeyToAccount(e)`, false],
    [`const t="0x${HEX_KEY}",n=keccak(t),m=privateKeyToAccount(u)`, false],
    [`{let t="0x${HEX_KEY}";return t}function a(t){return privateKeyToAccount(t)}`, false],
    [`deployerPk="0x${HEX_KEY}"`, true],
    [`SIGNER_PRIVATE_KEY="0x${HEX_KEY}"`, true],
    [`privateKeySelector="0x${HEX_KEY}"`, false],
    [`privateKeySlot="0x${HEX_KEY}"`, false],
    [`publicKey="0x${HEX_KEY}"`, false],
    [`privateKeyHash="0x${HEX_KEY}"`, false],
    [`hash="0x${HEX_KEY}"`, false],
    [`f("0x${HEX_KEY}")`, false],
    [`"0x${HEX_KEY}"`, false],
    [`privateKey="0x${HEX_KEY}00"`, false],
  ])('a key in hex is one by its name: %s', async (text, isKey) => {
    expect(await kindsIn('a.js', text)).toEqual(isKey ? ['error hex-private-key'] : []);
  });

  it.each(['signerKey', 'senderKey', 'ownerKey', 'accountKey', 'adminKey', 'MINTER_KEY', 'operatorKey', 'walletKey'])(
    '64 hex digits called %s may be public, and are a note',
    async (name) => {
      expect(await kindsIn('a.js', `${name}="0x${HEX_KEY}"`)).toEqual(['note owned-key']);
    },
  );

  it('PK without 0x may be the key of a row, and is a note', async () => {
    expect(await kindsIn('a.json', `{"PK":"${HEX_KEY}"}`)).toEqual(['note owned-key']);
  });

  it('the hash of a role is no key, whatever it is called', async () => {
    const minter = '9f2df0fed2c77648de5860a4cc508cd0818c85b8b8a1ab4ceeef8d981c8956a6';
    expect(await kindsIn('a.js', `MINTER_KEY="0x${minter}";privateKey="0x${minter}"`)).toEqual([]);
  });

  it('a phrase in running text is a note, and an error in quotes', async () => {
    const phrase = SECRETS.find(({ name }) => name === 'phrase with a name')
      ?.parts.join('')
      .match(/"([a-z ]{47,})"/)?.[1];
    expect(await kindsIn('a.html', `<p>${phrase}</p>`)).toEqual(['note mnemonic']);
    expect(await kindsIn('a.js', `f('${phrase}')`)).toEqual(['error mnemonic']);
    expect(await kindsIn('a.txt', `seed:\n${' '.repeat(30)}${phrase}   \n`)).toEqual(['error mnemonic']);
    expect(await kindsIn('a.js', `f('${phrase} zoo')`)).toEqual([]);
  });

  it('a phrase with nothing else in the file is an error, on one line or many', async () => {
    const phrase =
      SECRETS.find(({ name }) => name === 'phrase with a name')
        ?.parts.join('')
        .match(/"([a-z ]{47,})"/)?.[1] ?? '';
    const lines = `${phrase.replaceAll(' ', '\r\n')}\r\n`;
    for (const text of [phrase, `${phrase}\n`, `\n ${phrase}\r\n`, `\uFEFF${phrase}`, lines]) {
      expect(await kindsIn('.secret', text), JSON.stringify(text)).toEqual(['error mnemonic']);
    }
    expect(await kindsIn('mnemonic.txt', `${phrase}\nand more`)).toEqual(['note mnemonic']);
    expect(await kindsIn('words.txt', `${lines}Words\n`)).toEqual([]);
  });

  it('a URL with a password hides the password and leaves the rest of it to others', async () => {
    const text = 'a="postgres://app:vT7qZk2mR9xWc4Lp@db.acme.io:5432/app"';
    const named = fileOf('db.acme.io:5432/app.js', text);
    expect((await findSecrets([named])).map(({ path }) => path)).toEqual(['db.acme.io:5432/app.js']);
    const leaking = fileOf('x/vT7qZk2mR9xWc4Lp.js', text);
    expect((await findSecrets([leaking])).map(({ path }) => path)).toEqual(['x/[secret].js']);
  });

  it('what is only a note is hidden from nobody', async () => {
    const key = ['sk_te', 'st_R7mQ2vX9kLpT4wZ8sBnY3cHf'].join('');
    expect(await findSecrets([fileOf(`${key}.js`, `"${key}"`)])).toMatchObject([{ path: `${key}.js` }]);
  });

  it('a Stripe test key and an id of AWS that stands alone are notes', async () => {
    expect(await kindsIn('a.js', ['"sk_te', 'st_R7mQ2vX9kLpT4wZ8sBnY3cHf"'].join(''))).toEqual([
      'note stripe-test-key',
    ]);
    expect(await kindsIn('a.js', ['"AKI', 'AQ7M2VX5KLPT4WZ6S"'].join(''))).toEqual(['note aws-access-key-id']);
  });

  it('are listed up to a hundred, and the others counted', async () => {
    const keys = Array.from({ length: 130 }, (_, at) => `privateKey="${sha256Hex(String(at))}"`);
    const findings = await findSecrets([fileOf('a.js', keys.join('\n'))]);
    expect(findings).toHaveLength(101);
    expect(findings.find(({ kind }) => kind === 'more')?.message).toBe(
      '30 more secrets are in the build, which are not listed.',
    );
  });

  it('are not looked at any more after 2,000 places in one file, which is said', async () => {
    const keys = Array.from({ length: 2500 }, (_, at) => `privateKey="${sha256Hex(String(at))}"`);
    const findings = await findSecrets([
      fileOf('a.js', keys.join('\n')),
      fileOf('b.js', keys.slice(0, 1999).join('\n')),
    ]);
    expect(findings.filter(({ kind }) => kind === 'unchecked')).toMatchObject([{ path: 'a.js', times: 1 }]);
  });
});
