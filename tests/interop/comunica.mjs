// Asks documents of a pod with Comunica, as a person and as a stranger; see enter.mjs for how it is called.
// Arguments: a SPARQL query, then the documents.
import {QueryEngine} from '@comunica/query-sparql-file';
import {enter, refusal, tell} from './enter.mjs';

const {fetch, more: [query, ...sources]} = await enter();

async function ask(context) {
  const rows = await (await new QueryEngine().queryBindings(query, {sources, ...context})).toArray();
  return rows.map((row) => Object.fromEntries([...row].map(([variable, term]) => [variable.value, term.value])));
}

tell({person: await ask({fetch}), stranger: await ask({lenient: true}), strict: await refusal(() => ask({}))});
