import { rules } from '@secretlint/secretlint-rule-preset-recommend';

/**
 * The rules of secretlint whose expressions are used here, by the ends of their ids. The others are left out: they know a
 * file by its path, or take for a secret what is none where it is published.
 */
export type LintRule =
  | '1password'
  | 'anthropic'
  | 'aws'
  | 'basicauth'
  | 'cloudflare'
  | 'database-connection-string'
  | 'databricks'
  | 'docker'
  | 'figma'
  | 'github'
  | 'gitlab'
  | 'grafana'
  | 'groq'
  | 'hashicorp-vault'
  | 'huggingface'
  | 'linear'
  | 'notion'
  | 'npm'
  | 'openai'
  | 'shopify'
  | 'slack'
  | 'stripe'
  | 'tailscale'
  | 'vercel';

const PREFIX = '@secretlint/secretlint-rule-';
const BY_NAME = new Map(rules.map((rule) => [rule.meta.id.slice(PREFIX.length), rule]));

/**
 * The parts of a short ASCII text that one rule of secretlint takes for a secret. Its own messages hold the value, and are
 * never read. None of these rules waits for anything, though their type lets them.
 */
export function lintToken(name: LintRule, text: string): readonly string[] {
  const found: string[] = [];
  const linter = BY_NAME.get(name)?.create(
    {
      sharedOptions: {},
      createTranslator: () => (messageId) => ({ message: '', messageId: String(messageId), data: undefined }),
      report: ({ range: [from, to] }) => void found.push(text.slice(from, to)),
      ignore: () => undefined,
    },
    {},
  );
  void linter?.file?.({
    hasBOM: false,
    content: text,
    filePath: undefined,
    physicalFilePath: undefined,
    contentType: 'text',
    ext: '',
    getFilePath: () => undefined,
    getPhysicalFilePath: () => undefined,
    locationToRange: () => [0, 0],
    rangeToLocation: () => ({ start: { line: 1, column: 0 }, end: { line: 1, column: 0 } }),
    positionToIndex: () => 0,
    indexToPosition: () => ({ line: 1, column: 0 }),
  });
  return found;
}
