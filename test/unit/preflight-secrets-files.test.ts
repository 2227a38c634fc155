import { describe, expect, it } from 'vitest';
import { seededBytes } from '../support/seeded.ts';
import { kindsIn } from './preflight-secrets-builds.ts';

describe('files by their names', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['.env', 'SECRET=abc', ['error env-file']],
    ['app/.env.local', 'export PASSWORD="x y"\n', ['error env-file']],
    ['.env', '', ['note public-env-file']],
    ['.env', 'VITE_A=1\n# note\nSECRET=\nOTHER=""\n', ['note public-env-file']],
    ['.envrc', 'export SECRET=abc\n', ['error env-file']],
    ['.envrc', 'use flake\n', ['note public-env-file']],
    ['.env-prod', 'SECRET=abc', ['error env-file']],
    ['.env_local', 'SECRET=abc', ['error env-file']],
    ['.env~', 'SECRET=abc', ['error env-file']],
    ['config/prod.env', 'SECRET=abc', ['error env-file']],
    ['.dev.vars', 'SECRET=abc', ['error env-file']],
    ['.dev.vars.example', 'SECRET=abc', []],
    ['.env-example', 'SECRET=abc', []],
    ['example.env', 'SECRET=abc', []],
    ['environment/a.js', 'SECRET=abc', []],
    ['prod.env.js', 'SECRET=abc', []],
    ['.env.example', 'SECRET=abc', []],
    ['.env.sample', 'SECRET=abc', []],
    ['environment.txt', 'SECRET=abc', []],
    ['.git/HEAD', 'ref: refs/heads/main\n', ['error version-control']],
    ['site/.git/config', '', ['error version-control']],
    ['.gitignore', 'node_modules\n', []],
    ['.github/x.yml', 'a: b\n', []],
    ['.npmrc', '//r.acme.dev/:_authToken=1234-abcd-5678\n', ['error token-file']],
    ['.npmrc', '//r.acme.dev/:_authToken=$TOKEN\nsave-exact=true\n', []],
    ['.yarnrc.yml', 'npmAuthToken: "1234-abcd-5678"\n', ['error token-file']],
    ['.yarnrc.yml', 'nodeLinker: node-modules\n', []],
    ['.pypirc', '[pypi]\npassword = qwertz99\n', ['error token-file']],
    ['.netrc', 'machine acme.dev login me password qwertz99\n', ['error token-file']],
    ['.docker/config.json', '{"auths":{"ghcr.io":{"auth":"bWU6cXdlcnR6OTk="}}}', ['error token-file']],
    ['config.json', '{"auths":{"ghcr.io":{"auth":"bWU6cXdlcnR6OTk="}}}', []],
    ['.htpasswd', 'admin:$apr1$x8Kq2mVz$R7mQ2vX9kLpT4wZ8sBnY31\n', ['error token-file']],
    ['.htpasswd', 'admin:{SHA}x8Kq2mVzR7mQ2vX9kLpT4wZ8sBn=\n', ['error token-file']],
    ['.htpasswd', '# nobody yet\n', []],
    ['.pgpass', 'db.acme.io:5432:app:me:qwertz99\n', ['error token-file']],
    ['.pgpass', '#host:port:db:user:password\n', []],
    ['infra/terraform.tfstate', '{"version":4}', ['error terraform-state']],
    ['terraform.tfstate.backup', '{}', ['error terraform-state']],
    ['main.tf', 'a = 1', []],
    ['android/release.jks', '\0\0', ['error keystore']],
    ['cert.p12', '', ['error keystore']],
    ['cert.pfx', '', ['error keystore']],
    ['my.keystore', '', ['error keystore']],
    ['wallet.dat', '\0', ['error keystore']],
    ['.ssh/id_rsa', '', ['error ssh-key']],
    ['id_ed25519', '', ['error ssh-key']],
    ['id_rsa.pub', 'ssh-rsa AAAA', []],
    ['.aws/credentials', '', ['error aws-credentials']],
    ['talk.key', 'slides', []],
    ['ca.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', []],
    ['.DS_Store', '\0\0\0\u0001Bud1', []],
  ])('%s with %j', async (path, content, kinds) => {
    expect(await kindsIn(path, content)).toEqual(kinds);
  });
});

describe('a texture of Babylon.js, which is called studio.env', () => {
  it('is no environment file, however long', async () => {
    const start = Uint8Array.of(0x86, 0x16, 0x87, 0x96, 0xf6, 0xd6, 0x96, 0x36);
    const manifest = Buffer.from('{"width":256}\na=b\n');
    expect(await kindsIn('studio.env', Buffer.concat([start, manifest, seededBytes(100_000, 3)]))).toEqual([]);
  });
});
