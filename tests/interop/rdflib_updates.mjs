// Changes one document with the UpdateManager of rdflib.js; see enter.mjs for how it is called.
// Arguments: the document, and the language of patches, for which the client looks in Accept-Patch: `text/n3` hides the other.
import * as rdf from 'rdflib';
import {enter, refusal, tell} from './enter.mjs';

const {fetch, more: [address, language]} = await enter();
const patches = [];

async function watched(url, init = {}) {
  const answer = await fetch(url, init);
  if (init.method === 'PATCH') {
    patches.push([new Headers(init.headers).get('content-type'), answer.status]);
  }
  if (language !== 'text/n3') {
    return answer;
  }
  const headers = new Headers(answer.headers);
  headers.set('accept-patch', language);
  const {status, statusText} = answer;
  return new Response(answer.body, {status, statusText, headers});
}

const document = rdf.sym(address);
const it = rdf.sym(`${address}#it`);
const schema = rdf.Namespace('http://schema.org/');
const decimal = rdf.Namespace('http://www.w3.org/2001/XMLSchema#')('decimal');
const says = (text) => rdf.st(it, schema('name'), rdf.lit(text), document);
const first = '<#it> <http://schema.org/name> "Basilic"; <http://schema.org/author> [ <http://schema.org/age> 1 ].';

async function open() {
  const store = rdf.graph();
  const fetcher = new rdf.Fetcher(store, {fetch: watched});
  await fetcher.createIfNotExists(document, 'text/turtle', first);
  await fetcher.load(document, {force: true});
  return {store, updater: new rdf.UpdateManager(store)};
}

const {store, updater} = await open();
const stale = await open();
await updater.update([says('Basilic')], [says('Menthe'), rdf.st(it, schema('height'), rdf.lit('0.50', undefined, decimal), document)]);
await updater.update([], [says('Mélisse "citron" \\ \n d’été')]);
const author = store.any(it, schema('author'), null, document);
await updater.update(store.statementsMatching(author, schema('age'), null, document), []);
await updater.updateMany([says('Menthe')], [says('Sauge'), rdf.st(it, schema('color'), rdf.lit('vert', 'fr'), document)]);
const late = await refusal(() => stale.updater.update([says('Basilic')], [says('Thym')]));
const now = await open();
tell({
  editable: updater.editable(document), late, patches,
  names: now.store.each(it, schema('name'), null, document).map(({value}) => value).sort()
});
