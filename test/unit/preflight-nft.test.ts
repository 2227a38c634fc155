import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignedRules } from '../../src/domain/preflight/assignment.ts';
import { createInspection } from '../../src/domain/preflight/inspection.ts';
import { parsePreflight } from '../../src/domain/preflight/policy.ts';
import { cpuClock } from '../support/cpu-clock.ts';
import { mutations } from './preflight-mutations.ts';
import {
  CID,
  CID_V0,
  collection,
  filesOf,
  hexId,
  images,
  lookAt,
  lookAtBytes,
  OTHER_CID,
  token,
} from './preflight-nft-builds.ts';

type Build = Readonly<Record<string, unknown>>;

async function kinds(build: Build, forced = false): Promise<readonly string[]> {
  const { findings } = await lookAt(filesOf(build), { forced });
  return findings.map(({ severity, kind, path, line }) => `${severity} ${kind} ${path}:${line}`);
}

const OPENSEA = {
  ...token(1),
  external_url: 'https://openseacreatures.io/3',
  background_color: '1a2b3c',
  animation_url: `ipfs://${CID}/1.mp4`,
  youtube_url: 'https://www.youtube.com/watch?v=dQw4w9WgXcQ',
  attributes: [
    { trait_type: 'Base', value: 'Starfish' },
    { trait_type: 'Stamina', value: 1.4, max_value: 10 },
    { display_type: 'boost_number', trait_type: 'Aqua Power', value: 40 },
    { display_type: 'boost_percentage', trait_type: 'Stamina Increase', value: 10 },
    { display_type: 'number', trait_type: 'Generation', value: 2, max_value: 2 },
    { display_type: 'date', trait_type: 'birthday', value: 1_546_360_800 },
    { display_type: 'string', trait_type: 'Mood', value: 'Sad' },
    { value: 'Happy' },
    { trait_type: 'Rare', value: true },
  ],
};
const CONTRACT = {
  name: 'Creatures',
  symbol: 'CRT',
  description: 'Aquatic beings.',
  image: `ipfs://${CID}`,
  banner_image: `ipfs://${CID}/banner.png`,
  external_link: 'https://example.com',
  seller_fee_basis_points: 500,
  fee_recipient: '0xA97F337c39cccE66adfeCB2BF99C1DdC54C2D721',
  collaborators: ['0x388C818CA8B9251b393131C08a736A67ccB19297'],
};
const SOLANA = (id: number) => ({
  name: `Number #${id}`,
  symbol: 'NB',
  seller_fee_basis_points: 500,
  image: `${id}.png`,
  attributes: [{ trait_type: 'Layer', value: `${id}` }],
  properties: { files: [{ uri: `${id}.png`, type: 'image/png' }], creators: [{ address: 'N4f6', share: 100 }] },
});

const GOOD: readonly (readonly [string, Build])[] = [
  ['ten tokens of ERC-721', collection()],
  ['ten tokens with their images', { ...collection(), ...images() }],
  ['ten tokens with images in another build', { ...collection(), 'images/logo.png': 'x', 'images/cover.png': 'x' }],
  [
    'names without extension',
    Object.fromEntries(Object.entries(collection()).map(([path, value]) => [path.replace('.json', ''), value])),
  ],
  ['ids from 0', Object.fromEntries([0, 1, 2].map((id) => [`${id}.json`, token(id)]))],
  ['one token', { '1.json': token(1) }],
  [
    'ERC-1155 with hexadecimal ids',
    Object.fromEntries(
      [1, 2, 3, 10]
        .map((id) => [
          `${hexId(id)}.json`,
          {
            name: `Item ${id}`,
            description: 'An item.',
            image: `ipfs://${CID}/{id}.png`,
            decimals: 18,
            properties: { a: { name: 'A', value: [1] } },
          },
        ])
        .filter(([path]) => path !== `${hexId(10)}.json`),
    ),
  ],
  [
    'ERC-1155 with languages',
    {
      '1.json': token(1, {
        decimals: 0,
        localization: { uri: `ipfs://${CID}/{locale}.json`, default: 'en', locales: ['en', 'fr'] },
      }),
    },
  ],
  ['all that OpenSea documents', { '1.json': OPENSEA }],
  [
    'contract-level metadata',
    { 'collection.json': CONTRACT, 'contract.json': { name: 'A', description: 'B', image: `ipfs://${CID}` } },
  ],
  [
    'images in the metadata',
    {
      '1.json': token(1, { image: 'data:image/svg+xml;base64,PHN2Zz4=' }),
      '2.json': token(2, { image: 'data:image/svg+xml;base64,PHN2Zy8+' }),
    },
  ],
  ['Arweave', { '1.json': token(1, { image: 'ar://NbyZIb0V4r6a/1.png' }) }],
  ['CIDv0', collection((id) => token(id, { image: `ipfs://${CID_V0}/${id}.png` }))],
  [
    'a CID for every image',
    { '1.json': token(1, { image: `ipfs://${CID}` }), '2.json': token(2, { image: `ipfs://${OTHER_CID}` }) },
  ],
  [
    'one picture until it is revealed',
    collection((id) => token(id, { image: `ipfs://${CID}/hidden.png`, attributes: [] })),
  ],
  [
    'editions with one name',
    collection((id) => token(id, { name: 'Poster', attributes: [{ trait_type: 'A', value: 'B' }] })),
  ],
  [
    'what generators add',
    {
      ...collection((id) =>
        token(id, { dna: `d${id}`, edition: id, date: 1_650_000_000_000, compiler: 'HashLips Art Engine' }),
      ),
      'metadata/_metadata.json': [token(1)],
    },
  ],
  [
    'tokens of Solana before their images are published',
    { '0.json': SOLANA(0), '0.png': 'x', '1.json': SOLANA(1), '1.png': 'x' },
  ],
  ['absent values as null', { '1.json': token(1, { animation_url: null, external_url: null, background_color: '' }) }],
  [
    'text with escapes',
    { '1.json': `{"name":"a\\": b\\\\","description":"\\\\\\":\\u0041:","image":"ipfs:\\/\\/${CID}","attributes":[]}` },
  ],
  ['an inline CID', { '1.json': token(1, { image: 'ipfs://bafkqaaa' }) }],
];

describe('good metadata', () => {
  it.each(GOOD)('is fine: %s', async (_, build) => {
    expect(await kinds(build)).toEqual([]);
    expect(await kinds(build, true)).toEqual([]);
  });
});

describe('other JSON', () => {
  const OTHER: Build = {
    'manifest.json': { name: 'App', icons: [{ src: '/icon.png' }], description: 'x', image: 'y' },
    'package.json': { name: 'x', version: '1.0.0' },
    'api/products/1.json': { id: 1, name: 'Chair', price: 10, image: '/img/chair.png' },
    'api/products/2.json': { id: 2, title: 'Table' },
    'search/0.json': [1, 2, 3],
    'broken/1.json': '{',
    'broken/data.json': '{"image": ',
    'article.json': { name: 'A', headline: 'B', image: 'https://example.com/a.png' },
    'locales/en.json': { image: 'Image', name: 'Name' },
    'config.json': { name: 'Site', image: `https://ipfs.io/ipfs/${CID}/og.png` },
    LICENSE: 'MIT License',
    '404': '<html>',
  };

  it('is not held to anything', async () => {
    expect(await kinds(OTHER)).toEqual([]);
  });

  it('is not read when its name says what it is, or is no name of metadata', async () => {
    const { findings } = await lookAt(
      filesOf({ 'asset-manifest.json': '{', 'tsconfig.json': '{', 'readme.txt': '{', LICENSE: '{' }),
    );
    expect(findings).toEqual([]);
  });

  it('is metadata with a picture on IPFS and a description, with traits, or with a name that is an id', async () => {
    const image = `https://ipfs.io/ipfs/${CID}/og.png`;
    const isTold = async (build: Build) => (await kinds(build)).length > 0;
    expect(await isTold({ 'a.json': { name: 'A', description: 'B', image } })).toBe(true);
    expect(await isTold({ 'a.json': { name: 'A', image, attributes: [{ trait_type: 'C', value: 'D' }] } })).toBe(true);
    expect(await isTold({ '1.json': { name: 'A', image } })).toBe(true);
    expect(await isTold({ 'a.json': { name: 'A', image } })).toBe(false);
  });

  it('is held to metadata where the rule is to refuse, and not where it is to warn', async () => {
    const site = { files: new Map([['x.json', 1]]), isSingleFile: false };
    const told = async (line: string) => {
      const policy = parsePreflight([line]) ?? expect.fail();
      const inspection = createInspection(assignedRules({ site, policy, credentials: [], asFolder: false }));
      if (inspection.begin({ path: 'x.json', bytes: 1 })) inspection.take(new TextEncoder().encode('{'));
      inspection.end();
      return (await inspection.finish()).findings.map(({ kind }) => kind);
    };
    expect(await told('nft=error')).toEqual(['invalid-json']);
    for (const line of ['nft=warn', 'warn', 'error']) expect(await told(line)).toEqual([]);
  });

  it('is held to metadata where the user says that there is some', async () => {
    expect(await kinds({ 'x.json': '{', LICENSE: 'MIT', '404': '<html>', 'a.json': [1] }, true)).toEqual([
      'warn invalid-json x.json:1',
    ]);
    expect(await kinds({ 'products/1.json': { id: 1, name: 'Chair', image: '/img/chair.png' } }, true)).toEqual([
      'warn relative-uri products/1.json:4',
      'note missing-field products/1.json:1',
    ]);
    expect(await kinds({ 'x/1.json': [1] }, true)).toEqual(['warn no-metadata x/1.json:1']);
  });
});

const ONE = 'metadata/3.json';
const with3 = (fields: Build) => collection((id) => (id === 3 ? token(3, fields) : undefined));

describe('a fault in many names', () => {
  it.each([
    [1, 'The name `0x1.json` has a prefix `0x`, and no contract asks for it.'],
    [2, 'The name `0x1.json`, like 1 other, has a prefix `0x`, and no contract asks for it.'],
    [3, 'The name `0x1.json`, like 2 others, has a prefix `0x`, and no contract asks for it.'],
  ])('is one sentence for %s of them', async (many, message) => {
    const ids = Array.from({ length: many }, (_, index) => index + 1);
    const files = Object.fromEntries(ids.map((id) => [`0x${id}.json`, JSON.stringify(token(id))] as const));
    expect((await lookAt(files)).findings).toMatchObject([{ kind: 'id-name', message }]);
  });
});

describe('a fault in one file', () => {
  it.each<[string, Build, string]>([
    [
      'it is no JSON',
      collection((id) => (id === 3 ? '{\n  "name": "x",\n}' : undefined)),
      `warn invalid-json ${ONE}:3`,
    ],
    [
      'it has a key twice',
      collection((id) =>
        id === 3 ? `{"name":"x",\n"description":"d",\n"image":"ipfs://${CID}/3.png",\n"name":"y"}` : undefined,
      ),
      `warn duplicate-key ${ONE}:4`,
    ],
    [
      'it has a byte order mark',
      collection((id) => (id === 3 ? `\ufeff${JSON.stringify(token(3))}` : undefined)),
      `warn byte-order-mark ${ONE}:1`,
    ],
    ['it is no metadata', collection((id) => (id === 3 ? { page: 1 } : undefined)), `warn no-metadata ${ONE}:1`],
    ['it has no name', with3({ name: undefined }), `warn missing-field ${ONE}:1`],
    ['its name is empty', with3({ name: ' ' }), `warn empty-field ${ONE}:2`],
    ['its name is a number', with3({ name: 3 }), `warn wrong-type ${ONE}:2`],
    ['it has no image', with3({ image: undefined }), `warn missing-field ${ONE}:1`],
    ['its image is empty', with3({ image: '' }), `warn empty-field ${ONE}:4`],
    ['its image is no text', with3({ image: {} }), `warn wrong-type ${ONE}:4`],
    ['it has no description', with3({ description: undefined }), `note missing-field ${ONE}:1`],
    ['its color has a number sign', with3({ background_color: '#ffffff' }), `warn background-color ${ONE}:15`],
    ['its color has three digits', with3({ background_color: 'fff' }), `warn background-color ${ONE}:15`],
    ['its link has no scheme', with3({ external_url: 'example.com/3' }), `warn web-url ${ONE}:15`],
    ['its film is no URL', with3({ youtube_url: 'dQw4w9WgXcQ' }), `warn web-url ${ONE}:15`],
    ['its attributes are an object', with3({ attributes: { Base: 'Starfish' } }), `warn attributes ${ONE}:5`],
    ['an attribute is a text', with3({ attributes: ['Starfish'] }), `warn attributes ${ONE}:6`],
    ['an attribute has no value', with3({ attributes: [{ trait_type: 'Base' }] }), `warn attributes ${ONE}:6`],
    [
      'an attribute has a list as value',
      with3({ attributes: [{ trait_type: 'Base', value: [1] }] }),
      `warn attributes ${ONE}:6`,
    ],
    ['a trait is no text', with3({ attributes: [{ trait_type: 3, value: 1 }] }), `warn attributes ${ONE}:7`],
    [
      'a number is in quotes',
      with3({ attributes: [{ trait_type: 'L', value: '5', display_type: 'number' }] }),
      `warn display-type ${ONE}:8`,
    ],
    [
      'a date is in milliseconds',
      with3({ attributes: [{ trait_type: 'L', value: 1.6e12, display_type: 'date' }] }),
      `warn display-type ${ONE}:8`,
    ],
    [
      'a display type is unknown',
      with3({ attributes: [{ trait_type: 'L', value: 1, display_type: 'stars' }] }),
      `note display-type ${ONE}:9`,
    ],
    [
      'a value is over its maximum',
      with3({ attributes: [{ trait_type: 'L', value: 7, max_value: 5 }] }),
      `warn max-value ${ONE}:9`,
    ],
    [
      'a maximum is in quotes',
      with3({ attributes: [{ trait_type: 'L', value: 7, max_value: '9' }] }),
      `warn max-value ${ONE}:9`,
    ],
    ['its decimals are no whole number', with3({ decimals: '18' }), `warn wrong-type ${ONE}:15`],
    ['its properties are a list', with3({ properties: [] }), `warn wrong-type ${ONE}:15`],
    [
      'its languages have one file',
      with3({ localization: { uri: `ipfs://${CID}/en.json`, default: 'en', locales: [] } }),
      `warn localization ${ONE}:16`,
    ],
  ])('is told with its line when %s', async (_, build, expected) => {
    expect(await kinds(build)).toEqual([expected]);
    expect(await kinds(build, true)).toEqual([expected]);
  });

  it('is told of contracts: royalty, recipient, collaborators, link, name', async () => {
    const broken = {
      ...CONTRACT,
      name: undefined,
      seller_fee_basis_points: 10_001,
      fee_recipient: '0x1',
      collaborators: ['me'],
      external_link: 'x',
    };
    expect((await kinds({ 'collection.json': { ...broken, name: '' } })).map((each) => each.split(' ')[1])).toEqual([
      'empty-field',
      'web-url',
      'royalty',
      'address',
      'address',
    ]);
    expect(await kinds({ 'collection.json': { ...CONTRACT, seller_fee_basis_points: 2.5 } })).toEqual([
      'warn royalty collection.json:8',
    ]);
    expect(await kinds({ 'collection.json': { ...CONTRACT, banner_image: 'banner.png' } })).toEqual([
      'warn relative-uri collection.json:6',
    ]);
  });

  it('is told once for all files that have it, with the line of the first', async () => {
    const { findings } = await lookAt(filesOf(collection((id) => token(id, { background_color: 'red' }))));
    expect(findings).toMatchObject([
      { kind: 'background-color', path: 'metadata/1.json', line: 15, times: 10, files: 10 },
    ]);
  });

  it('is not looked for in files of more than 1 MB, which is noted', async () => {
    expect(await kinds({ ...collection(), 'metadata/11.json': token(11, { description: 'x'.repeat(1e6) }) })).toEqual([
      'note not-checked metadata/11.json:undefined',
    ]);
    expect(await kinds({ 'search.json': JSON.stringify({ image: 'x'.repeat(1e6) }) })).toEqual([]);
  });

  it('is told when bytes are not UTF-8', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify(token(1, { description: '~' })));
    const { findings } = await lookAtBytes([['1.json', bytes.map((byte) => (byte === 126 ? 0xe9 : byte))]]);
    expect(findings).toMatchObject([{ kind: 'not-utf8' }]);
  });
});

const withImage = (image: string) => ({ '1.json': token(1, { image }) });

describe('references', () => {
  it.each<[string, string, readonly string[]]>([
    ['a gateway', `https://gateway.pinata.cloud/ipfs/${CID}/1.png`, ['warn gateway-url']],
    ['a dedicated gateway', `https://me.mypinata.cloud/ipfs/${CID_V0}`, ['warn gateway-url']],
    ['a subdomain gateway', `https://${CID}.ipfs.dweb.link/1.png`, ['warn gateway-url']],
    ['a gateway and a placeholder', 'https://ipfs.io/ipfs/YOUR_CID/1.png', ['warn gateway-url', 'warn placeholder']],
    ['the placeholder of HashLips', 'ipfs://NewUriToReplace/1.png', ['warn placeholder']],
    ['a placeholder in brackets', 'ipfs://<CID>/1.png', ['warn placeholder']],
    ['a template', `ipfs://${CID}/\${edition}.png`, ['warn placeholder']],
    ['an undefined value', `ipfs://${CID}/undefined.png`, ['warn placeholder']],
    ['ipfs twice', `ipfs://ipfs/${CID}/1.png`, ['warn ipfs-twice']],
    ['one slash', `ipfs:/${CID}/1.png`, ['warn ipfs-form']],
    ['three slashes', `ipfs:///${CID}/1.png`, ['warn ipfs-form', 'warn bad-cid']],
    ['a CID that was cut', `ipfs://${CID.slice(0, 50)}/1.png`, ['warn bad-cid']],
    ['a CIDv0 in lower case', `ipfs://${CID_V0.toLowerCase()}/1.png`, ['warn bad-cid']],
    ['two slashes in the path', `ipfs://${CID}//1.png`, ['warn double-slash']],
    ['a number sign in the path', `ipfs://${CID}/Punk #1.png`, ['warn unencoded-uri', 'note unencoded-uri']],
    ['a space in the path', `ipfs://${CID}/my image.png`, ['note unencoded-uri']],
    ['a bare CID', CID_V0, ['warn bare-cid']],
    ['a path of IPFS', `/ipfs/${CID}/1.png`, ['warn bare-cid']],
    ['a relative path', 'images/1.png', ['warn relative-uri']],
    ['an absolute path', '/images/1.png', ['warn relative-uri']],
    ['a server', 'https://example.com/1.png', ['note server-url']],
    ['this machine', 'http://localhost:3000/1.png', ['warn local-server']],
    ['IPNS', 'ipns://example.eth/1.png', ['note mutable-uri']],
    ['a file', 'file:///C:/1.png', ['warn unknown-scheme']],
    ['a drive', 'C:\\images\\1.png', ['warn unknown-scheme']],
  ])('are told when they are %s', async (_, image, expected) => {
    const told = (await kinds(withImage(image))).map((each) => each.replace(/ 1\.json:4$/, ''));
    expect([...told].sort()).toEqual([...expected].sort());
  });

  it('name the host of a gateway and the form to use', async () => {
    const { findings } = await lookAt(filesOf(withImage(`https://gateway.pinata.cloud/ipfs/${CID}/1.png`)));
    expect(findings[0]?.message).toContain('`gateway.pinata.cloud`');
    expect(findings[0]?.advice).toContain('ipfs://<cid>/<path>');
  });

  it('are looked at in animation_url, too', async () => {
    const build = { '1.json': token(1, { animation_url: 'film.mp4' }) };
    expect(await kinds(build)).toEqual(['warn relative-uri 1.json:15']);
  });

  it('count as one fault for a gateway with thousands of subdomains', async () => {
    const build = {
      '1.json': token(1, { image: `https://${CID}.ipfs.dweb.link/` }),
      '2.json': token(2, { image: `https://${OTHER_CID}.ipfs.dweb.link/` }),
    };
    expect((await lookAt(filesOf(build))).findings).toMatchObject([{ kind: 'gateway-url', times: 2 }]);
  });
});

describe('a collection', () => {
  const without = (...ids: readonly number[]) => {
    return Object.fromEntries(
      Object.entries(collection()).filter(([path]) => !ids.some((id) => path === `metadata/${id}.json`)),
    );
  };
  const AT = 'metadata/1.json:undefined';

  it.each<[string, Build, string]>([
    ['ids are missing', without(3, 5, 6), `warn missing-ids ${AT}`],
    [
      'ids begin late',
      Object.fromEntries([7, 8, 9].map((id) => [`metadata/${id}.json`, token(id)])),
      'note first-id metadata/7.json:undefined',
    ],
    [
      'ids are spread',
      Object.fromEntries([1, 900, 5000].map((id) => [`metadata/${id}.json`, token(id)])),
      `note sparse-ids ${AT}`,
    ],
    [
      'an id has leading zeros',
      { ...without(3), 'metadata/003.json': token(3) },
      'warn id-name metadata/1.json:undefined',
    ],
    ['an id has a prefix', { '0x1.json': token(1) }, 'warn id-name 0x1.json:undefined'],
    [
      'an id is in upper case',
      { [`${hexId(171).toUpperCase()}.json`]: token(1) },
      `warn id-name ${hexId(171).toUpperCase()}.json:undefined`,
    ],
    [
      'names are decimal and hexadecimal',
      { ...without(3), [`metadata/${hexId(3)}.json`]: token(3) },
      `warn mixed-names ${AT}`,
    ],
    ['names have an extension and none', { ...without(3), 'metadata/3': token(3) }, `warn mixed-names ${AT}`],
    ['two have one name', with3({ name: 'Creature #7' }), `warn duplicate-name ${AT}`],
    [
      'two have the same traits',
      with3({
        attributes: [
          { trait_type: 'Level', value: 7 },
          { trait_type: 'Base', value: 'Starfish 7' },
        ],
      }),
      `warn duplicate-attributes ${AT}`,
    ],
    ['most are in one directory of images', with3({ image: `ipfs://${OTHER_CID}/3.png` }), `warn mixed-cids ${AT}`],
    [
      'they are in two directories of images',
      collection((id) => token(id, { image: `ipfs://${id < 6 ? CID : OTHER_CID}/${id}.png` })),
      `note mixed-cids ${AT}`,
    ],
    ['CIDs have two versions', with3({ animation_url: `ipfs://${CID_V0}/3.mp4` }), `note mixed-cid-versions ${AT}`],
    ['one image is elsewhere', with3({ image: 'ar://NbyZIb0V4r6a/3.png' }), `warn mixed-forms ${AT}`],
    ['an image of the build is missing', { ...collection(), ...images(9) }, `warn missing-media ${AT}`],
    [
      'an image of the build is not used',
      { ...collection(), ...images(11) },
      'note unused-media images/11.png:undefined',
    ],
  ])('is told when %s', async (_, build, expected) => {
    const told = await kinds(build);
    expect(told).toEqual([expected]);
  });

  it('names what is missing', async () => {
    const { findings } = await lookAt(filesOf(without(3, 5, 6)));
    expect(findings[0]?.message).toBe('3 ids from 1 to 10 have no metadata: 3, 5, 6.');
  });

  it('is told of an image that is the one of another token', async () => {
    const told = await kinds({ ...with3({ image: `ipfs://${CID}/4.png` }), ...images() });
    expect(told).toEqual([
      `warn duplicate-image ${AT}`,
      `warn shifted-image ${AT}`,
      'note unused-media images/3.png:undefined',
    ]);
  });

  it('is told of an image with another ending than in the build, and of nothing where the build has other images', async () => {
    const build = with3({ image: `ipfs://${CID}/3.PNG` });
    expect(await kinds({ ...build, ...images() })).toEqual([
      `warn missing-media ${AT}`,
      'note unused-media images/3.png:undefined',
    ]);
    const { findings } = await lookAt(filesOf({ ...build, ...images() }));
    expect(findings[0]?.message).toContain('1 of 10 references');
    expect(findings[0]?.message).toContain('id 3');
    expect(await kinds({ ...build, ...images(2) })).toEqual([]);
  });

  it('does not miss the ids of files that are broken', async () => {
    expect(await kinds(collection((id) => (id === 3 ? '{' : undefined)))).toEqual([`warn invalid-json ${ONE}:1`]);
  });

  it('may number its images from another number than its tokens', async () => {
    expect(await kinds(collection((id) => token(id, { image: `ipfs://${CID}/${id - 1}.png` })))).toEqual([]);
  });

  it('is told when {id} meets images with decimal names', async () => {
    const build = { ...images(2), [`${hexId(1)}.json`]: token(1, { image: `ipfs://${CID}/{id}.png` }) };
    expect(await kinds(build)).toEqual([`warn id-in-uri ${hexId(1)}.json:undefined`]);
  });

  it('is told of every broken file among good ones, and of none where all are something else', async () => {
    const broken = collection((id) => (id < 3 ? '{' : undefined));
    expect((await lookAt(filesOf(broken))).findings).toMatchObject([{ kind: 'invalid-json', times: 2, files: 2 }]);
    expect(await kinds(collection(() => '{'))).toEqual([]);
    const almost = { '1.json': '{"name":"x","image":"ipfs://a",}', '2.json': '{"name":"x","image":"ipfs://a",}' };
    expect((await lookAt(almost)).findings).toMatchObject([{ severity: 'warn', kind: 'invalid-json', times: 2 }]);
  });
});

describe('metadata, whatever it is', () => {
  const build = filesOf({
    ...with3({ background_color: 'rød', image: 'ipfs://NewUriToReplace/3.png' }),
    ...images(9),
    'collection.json': CONTRACT,
  });

  it('is judged the same however it is cut', async () => {
    const whole = await lookAt(build);
    expect(whole.findings.length).toBeGreaterThan(2);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), async (piece) => {
        expect(await lookAt(build, { piece })).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('is judged the same below another directory', async () => {
    const moved = Object.fromEntries(Object.entries(build).map(([path, text]) => [`q/${path}`, text]));
    const told = (findings: Awaited<ReturnType<typeof lookAt>>['findings']) => {
      return findings.map(({ kind, message, line, times }) => ({
        kind,
        message: message.replace('q/', ''),
        line,
        times,
      }));
    };
    expect(told((await lookAt(moved)).findings)).toEqual(told((await lookAt(build)).findings));
  });

  const SAMPLES = [OPENSEA, CONTRACT, SOLANA(1), token(1), token(2, { image: `https://ipfs.io/ipfs/${CID}/#1.png` })]
    .map((value) => JSON.stringify(value, null, 2))
    .map((text) => new TextEncoder().encode(text));

  it('never throws and never takes long, in 10,000 mutations', async () => {
    const before = process.memoryUsage().heapUsed;
    let slowest = 0;
    let seen = 0;
    for (const bytes of mutations(SAMPLES, 10_000)) {
      const start = cpuClock();
      const { findings } = await lookAtBytes(
        [
          ['1.json', bytes],
          ['2.json', bytes],
          ['collection.json', bytes],
        ],
        { forced: seen % 2 === 0 },
      );
      slowest = Math.max(slowest, cpuClock() - start);
      seen += 1;
      for (const { message } of findings)
        if (/[\p{Cc}\u2028]/u.test(message) || message.length > 600) throw new Error(message);
    }
    expect(slowest).toBeLessThan(1000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
  });

  it.each<[string, string]>([
    ['open lists', '['.repeat(999_000)],
    ['nested lists', `${'['.repeat(490_000)}${']'.repeat(490_000)}`],
    ['nested objects', `{"image":${'{"a":'.repeat(160_000)}1${'}'.repeat(160_000)}}`],
    [
      'nested attributes',
      `{"image":"a","attributes":[{"trait_type":"a","value":${'['.repeat(450_000)}${']'.repeat(450_000)}}]}`,
    ],
    ['attributes', `{"image":"a","attributes":[${'{},'.repeat(300_000)}{}]}`],
    ['elements', `{"image":"a","attributes":[${'1,'.repeat(125_000)}1]}`],
    ['one key', `{"image":"a"${',"a":1'.repeat(40_000)}}`],
    ['one key, and too long for lines', `{"image":"a"${',"a":1'.repeat(160_000)}}`],
    ['backslashes', `{"image":"${'\\\\'.repeat(450_000)}"}`],
    ['escaped quotes', `{"image":"${'\\"'.repeat(450_000)}"}`],
    ['digits', `{"image":${'1'.repeat(900_000)}}`],
    ['slashes in a URI', `{"name":"a","image":"ipfs://${'/'.repeat(900_000)}"}`],
    ['a long CID', `{"name":"a","image":"ipfs://${'b'.repeat(900_000)}"}`],
    ['a long URL', `{"name":"a","image":"https://${'a.ipfs/'.repeat(120_000)}"}`],
    ['brackets in a URI', `{"name":"a","image":"${'<a '.repeat(300_000)}"}`],
    ['number signs in a URI', `{"name":"a","image":"ipfs://x/${'#a'.repeat(400_000)}"}`],
    ['a long color', `{"name":"a","image":"a","background_color":"${'f'.repeat(900_000)}"}`],
    ['line breaks', `{"image"${'\n'.repeat(900_000)}`],
  ])('is judged in under a second when it is full of %s', async (_, text) => {
    const start = cpuClock();
    const { findings } = await lookAt({ '1.json': text, '2.json': JSON.stringify(token(2)) }, { forced: true });
    expect(cpuClock() - start).toBeLessThan(1000);
    for (const { message } of findings) expect(message.length).toBeLessThan(600);
  });
});
