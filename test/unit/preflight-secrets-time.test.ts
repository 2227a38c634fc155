import { describe, expect, it } from 'vitest';
import { cpuClock } from '../support/cpu-clock.ts';
import { cutFile, fileOf, findSecrets } from './preflight-secrets-builds.ts';

/** Drawn once; nobody's. Joined here, so that no scanner of this repository sees it. */
const TOKEN = ['gh', 'p_', 'R7mQ2vX9kLpT4wZ8sBnY', '3cHf6dJgA1eUoWiE'].join('');
const HEX_KEY = '8f2a4c6e0b1d3f5a7c9e2b4d6f8a0c1e3b5d7f9a2c4e6b8d0f1a3c5e7b9d2f4a';

describe('a large file', () => {
  it.each([
    ['one line of letters', 'a'],
    ['words', 'word '],
    ['opening brackets', '['],
    ['beginnings of tokens', 'ghp_'],
    ['beginnings of JSON in base64', 'eyJ.'],
    ['lines of keys', '-----BEGIN PRIVATE KEY-----'],
    ['keys in PEM', '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQD\n'],
    ['phrases', '"abandon ability able about above absent absorb abstract absurd abuse access accident",'],
    [
      'lists of words',
      '["abandon","ability","able","about","above","absent","absorb","abstract","absurd","abuse","access","accident"],',
    ],
    ['members of keys', '"d":"R7mQ2vX9kLpT4wZ8sBnY3cHf6dJgA1eUoWiER7mQ2vX9kLpT4wZ8",'],
    ['signs of URLs', 'https://a:b@'],
    ['many @', '@'],
    ['names of keys', 'secretAccessKey='],
    ['quotes and commas', '"word",'],
    ['numbers', '1,'],
    ['variables of hashes', `t="0x${HEX_KEY}",`],
    ['addresses with hashes', `"0x${HEX_KEY.slice(0, 40)}":"${HEX_KEY}",`],
    ['beginnings of keys in base64', 'LS0tLS1CRUdJTi'],
    ['scripts in base64', 'script;base64,'],
    ['scripts in base64 with something in them', 'script;base64,Z2hwX1I3bVEydlg5a0xwVDR3WjhzQm5ZM2NIZjZk"'],
    ['names of classes', '"sk-circle-fade-dot-number-1" '],
    ['keys of the same kind', `privateKey="${HEX_KEY}"`],
  ])('of %s takes no second for 8 MB', async (_, piece) => {
    const bytes = Buffer.alloc(8_000_000, piece);
    const start = cpuClock();
    await findSecrets([cutFile(fileOf('a.js', bytes), 200_000, 9)]);
    const took = cpuClock() - start;
    expect(took).toBeLessThan(2000);
  });
});

describe('a credential that is everywhere', () => {
  const drawn = 'R7mQ2vX9kLpT4wZ8sBnY3cHf6dJgA1';

  it.each([
    ['is one letter 40 times, in 5 MB of that letter', 'a'.repeat(40), Buffer.alloc(5_000_000, 'a')],
    ['is one byte in base64, in 5 MB of it', '\0'.repeat(40), Buffer.alloc(5_000_000, 'A')],
    ['is in 3 MB 100,000 times', drawn, Buffer.alloc(3_000_000, drawn)],
  ])('takes no second where it %s', async (_, value, bytes) => {
    const start = cpuClock();
    const other = { name: 'github-token', value: TOKEN };
    const findings = await findSecrets([fileOf('a.js', bytes)], [{ name: 'pinata-jwt', value }, other]);
    const took = cpuClock() - start;
    expect(findings.filter(({ kind }) => kind === 'own-credential')).toMatchObject([{ times: 1, line: 1 }]);
    expect(took).toBeLessThan(1000);
  });
});
