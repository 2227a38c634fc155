import type { LintRule } from './token-lint.ts';

/** How a kind of token begins, and what says that it is one. */
export interface TokenShape {
  readonly kind: string;
  readonly what: string;
  /** Each a beginning of its own. */
  readonly starts: readonly string[];
  /** The rule of secretlint that knows the rest; either this or `pattern` must agree. */
  readonly lint?: LintRule;
  /** The whole token from its beginning, sticky. */
  readonly pattern?: RegExp;
  /** What stands right before the beginning. */
  readonly before?: RegExp;
  /** True where the characters after the beginning need not look drawn: their form says enough. */
  readonly isCertain?: true;
  readonly level?: 'note';
}

function shape(what: string, starts: string, rest: Omit<TokenShape, 'kind' | 'what' | 'starts'>): TokenShape {
  const kind = what
    .replace(/^An? /, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return { kind, what, starts: starts.split(' '), ...rest };
}

/** `{"type":"service_account` in base64, with and without indentation. */
const SERVICE_ACCOUNT = 'eyJ0eXBlIjoic2VydmljZV9hY2NvdW50 ewogICJ0eXBlIjogInNlcnZpY2VfYWNjb3Vud';

/** Every beginning stands in a run of 20 and more of the characters of a token: see `TOKEN_RUN`. */
export const TOKEN_SHAPES: readonly TokenShape[] = [
  shape('A GitHub token', 'ghp_ gho_ ghu_ ghs_ ghr_ github_pat_', { lint: 'github' }),
  shape('A GitLab token', 'glpat- gldt- glrt- glptt- glft- gloas- glsoat- glagent- glcbt-', {
    lint: 'gitlab',
    pattern: /gl(pat|dt|rt|ptt|ft|oas|soat|agent|cbt)-[A-Za-z0-9_-]{20,128}(\.[A-Za-z0-9_-]{2,60}){0,2}/y,
  }),
  shape('An npm token', 'npm_', { lint: 'npm' }),
  shape('A Slack token', 'xoxb- xoxp- xoxa- xoxo- xoxr- xoxs- xoxe- xapp-', { lint: 'slack' }),
  shape('A Stripe secret key', 'sk_live_ rk_live_', { lint: 'stripe' }),
  shape('A Stripe test key', 'sk_test_ rk_test_', { lint: 'stripe', level: 'note' }),
  shape('A Stripe webhook secret', 'whsec_', { pattern: /whsec_[A-Za-z0-9+/]{32,64}={0,2}/y }),
  shape('An OpenAI key', 'sk-', {
    lint: 'openai',
    pattern: /sk-((proj|svcacct|admin)-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}|sk-[0-9a-f]{32}(?![\w-])/y,
  }),
  shape('An OpenRouter key', 'sk-or-v1-', { pattern: /sk-or-v1-[0-9a-f]{64}/y }),
  shape('An Anthropic key', 'sk-ant-', { lint: 'anthropic', pattern: /sk-ant-[a-z]{3,5}\d\d-[\w-]{80,128}/y }),
  shape('A Groq key', 'gsk_', { lint: 'groq' }),
  shape('A Hugging Face token', 'hf_', { lint: 'huggingface', pattern: /hf_[A-Za-z0-9]{34}(?![\w-])/y }),
  shape('A Replicate token', 'r8_', { pattern: /r8_[A-Za-z0-9]{37}(?![\w-])/y }),
  shape('A Linear key', 'lin_api_', { lint: 'linear' }),
  shape('A Notion token', 'ntn_ secret_', { lint: 'notion', pattern: /secret_[A-Za-z0-9]{43}(?![\w-])/y }),
  shape('A Vercel token', 'vcp_ vci_ vca_ vcr_ vck_', { lint: 'vercel' }),
  shape('A Cloudflare token', 'cfk_ cfut_ cfat_', { lint: 'cloudflare' }),
  shape('A Databricks token', 'dapi', { lint: 'databricks' }),
  shape('A Docker token', 'dckr_pat_ dckr_oat_', { lint: 'docker', pattern: /dckr_oat_[\w-]{27,40}/y }),
  shape('A DigitalOcean token', 'dop_v1_ doo_v1_ dor_v1_', { pattern: /do[opr]_v1_[0-9a-f]{64}/y }),
  shape('A Figma token', 'figd_', { lint: 'figma' }),
  shape('A Tailscale key', 'tskey-', { lint: 'tailscale' }),
  shape('A Shopify token', 'shppa_ shpca_ shpat_ shpss_', { lint: 'shopify' }),
  shape('A Square secret', 'sq0csp- sq0atp- EAAA', {
    pattern: /sq0(csp-[\w-]{43}|atp-[\w-]{22})(?![\w-])|EAAA[lE][\w-]{59}(?![\w-])/y,
  }),
  shape('A Grafana token', 'glc_ glsa_', { lint: 'grafana' }),
  shape('A Google service account', SERVICE_ACCOUNT, { pattern: /[\w+/=-]{400,}/y, isCertain: true }),
  shape('A 1Password token', 'ops_eyJ', { lint: '1password', isCertain: true }),
  shape('A PyPI token', 'pypi-AgEI', { pattern: /pypi-AgEI[\w-]{50,1000}/y }),
  shape('A RubyGems key', 'rubygems_', { pattern: /rubygems_[0-9a-f]{48}/y }),
  shape('A Sentry token', 'sntrys_eyJ sntryu_', { pattern: /sntrys_eyJ[\w+/=-]{80,1000}|sntryu_[0-9a-f]{64}/y }),
  shape('A Postman key', 'PMAK-', { pattern: /PMAK-[0-9a-f]{24}-[0-9a-f]{34}/y }),
  shape('An Atlassian token', 'ATATT3xFf ATCTT3xFf', { pattern: /AT[AC]TT3xFf[\w=-]{80,400}/y }),
  shape('A Mailgun key', 'key-', { pattern: /key-[0-9a-f]{32}(?![\w-])/y }),
  shape('A Brevo key', 'xkeysib-', { pattern: /xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}/y }),
  shape('An age secret key', 'AGE-SECRET-KEY-1', { pattern: /AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}/y }),
  shape('A secret key of Supabase', 'sb_secret_', { pattern: /sb_secret_[\w-]{20,60}(?![\w-])/y }),
  shape('An xAI key', 'xai-', { pattern: /xai-[A-Za-z0-9]{60,100}(?![\w-])/y }),
  shape('A PlanetScale token', 'pscale_tkn_ pscale_pw_ pscale_oauth_', {
    pattern: /pscale_(tkn|pw|oauth)_[\w.=-]{32,64}(?![\w-])/y,
  }),
  shape('A Google OAuth secret', 'GOCSPX-', { pattern: /GOCSPX-[\w-]{28}(?![\w-])/y }),
];

/** Beginnings that nothing else has, so that they are looked for within a run too: `token_ghp_…`, `app-ghp_….js`. */
export const STARTS_WITHIN: ReadonlySet<string> = new Set(
  'ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- npm_ sk_live_ rk_live_ xoxb- xoxp- sb_secret_ sk-ant-'.split(' '),
);

/** Shapes whose run comes after something that tells them from others. */
export const TOKENS_AFTER: readonly TokenShape[] = [
  shape('A SendGrid key', '', { before: /(?<![\w.-])SG\.$/, pattern: /[\w-]{22}\.[\w-]{43}(?![\w-])/y }),
  shape('A Vault token', '', { before: /(?<![\w.-])hv[sbr]\.$/, pattern: /[\w-]{90,300}/y }),
  shape('An Airtable token', '', {
    before: /(?<![\w.-])pat[A-Za-z0-9]{14}\.$/,
    pattern: /[0-9a-f]{64}(?![\w-]|\.\w)/y,
  }),
  shape('A Telegram bot token', '', { before: /(?<![0-9A-Z_])[0-9]{8,10}:$/, pattern: /AA[\w-]{33}(?![\w-])/y }),
  shape('A Slack webhook', '', {
    before: /hooks\.slack\.com\/(services|workflows)\/T[A-Z0-9]{6,14}\/[AB][A-Z0-9]{6,14}\/$/,
    pattern: /[A-Za-z0-9]{20,40}(?![\w-])/y,
  }),
  shape('A Discord webhook', '', {
    before: /discord(app)?\.com\/api\/(v\d+\/)?webhooks\/\d{17,20}\/$/,
    pattern: /[\w-]{60,72}(?![\w-])/y,
  }),
];
