import { registerHooks } from 'node:module';

/**
 * GitHub's packages import JSON as bundlers take it, without the attribute that Node asks for. From the import of this
 * module on, Node takes it too; what depends on it has to be imported later, by `await import(…)`.
 */
registerHooks({
  load: (url, context, nextLoad) =>
    nextLoad(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
