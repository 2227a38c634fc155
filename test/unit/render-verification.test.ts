import { describe, expect, it } from 'vitest';
import type { BlockCheck } from '../../src/domain/verification.ts';
import { renderBlockLine, renderBlockTable } from '../../src/render/verification.ts';

const whole: BlockCheck = {
  host: 'own.mypinata.cloud',
  state: 'whole',
  blocks: 1213,
  bytes: 4_810_000,
  totalBytes: 4_990_000,
  note: 'has all blocks, each with the bytes of its CID',
  ms: 3120,
};
const sample: BlockCheck = {
  ...whole,
  host: 'ipfs.io',
  state: 'sample',
  blocks: 76,
  bytes: 16_800_000,
  totalBytes: 3_200_000_000,
  note: 'has 76 of about 12,000 blocks, drawn by chance, each with the bytes of its CID',
};
const broken: BlockCheck = {
  ...whole,
  host: 'other.example',
  state: 'broken',
  blocks: 3,
  bytes: 900,
  note: 'sent other bytes for block bafkrei of "a|b<img>.js"',
};
const unread: BlockCheck = {
  ...whole,
  host: 'down.example',
  state: 'unread',
  blocks: 0,
  bytes: 0,
  totalBytes: undefined,
  note: 'answered 504',
};

describe('the table of blocks', () => {
  it('has a row for each gateway, with figures that do not break', () => {
    expect(renderBlockTable([unread, broken, sample, whole]).split('\n')).toEqual([
      '| Gateway | Result | Blocks | Bytes | Time | Note |',
      '| --- | --- | --- | --- | --- | --- |',
      '| <code>down.example</code> | ❌ not read | 0 | 0&nbsp;B | 3.1 s | answered 504 |',
      expect.stringMatching(
        /^\| <code>other\.example<\/code> \| ❌ broken \| 3 \| 900&nbsp;B of 4\.99&nbsp;MB \| 3\.1 s \| /,
      ),
      expect.stringContaining('✅ sample | 76 | 16.8&nbsp;MB of 3.2&nbsp;GB |'),
      expect.stringContaining('✅ whole | 1,213 | 4.81&nbsp;MB |'),
    ]);
  });

  it('lets nothing out of a note', () => {
    const row = renderBlockTable([broken]).split('\n')[2] ?? '';
    expect(row).not.toContain('<img>');
    expect(row.match(/\|/g)).toHaveLength(7);
  });

  it('is nothing where no gateway was asked', () => {
    expect(renderBlockTable([])).toBe('');
    expect(renderBlockLine([])).toBe('');
  });
});

describe('the line of blocks', () => {
  it('says what was read, from where', () => {
    expect(renderBlockLine([whole])).toBe(
      'Read 1,213 blocks (4.81 MB) in 3.1 s: own.mypinata.cloud has all blocks, each with the bytes of its CID.',
    );
    expect(renderBlockLine([unread, sample])).toBe(
      'Read 76 blocks (16.8 MB of 3.2 GB) in 3.1 s: ipfs.io has 76 of about 12,000 blocks, drawn by chance, each with the bytes of its CID; before that down.example answered 504.',
    );
  });

  it('says why no gateway will do', () => {
    expect(renderBlockLine([unread, { ...broken, note: 'sent\n::error::x' }])).toBe(
      'No gateway has all blocks: down.example answered 504; other.example sent␊::error::x.',
    );
  });
});
