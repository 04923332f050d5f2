// Works in a pod with @inrupt/solid-client, as Solid applications do; see enter.mjs for how it is called.
// Arguments: one of the functions below, a container that ends in a slash, for `sharing` and `rules` somebody else's WebID.
import {
  addInteger, addStringNoLocale, buildThing, createAclFromFallbackAcl, createContainerAt, createContainerInContainer,
  createSolidDataset, createThing, deleteContainer, deleteFile, deleteSolidDataset, getAgentAccess, getContainedResourceUrlAll,
  getFile, getInteger, getResourceInfo, getSolidDataset, getSolidDatasetWithAcl, getSourceUrl, getStringNoLocaleAll, getThing,
  isContainer, overwriteFile, removeAll, removeStringNoLocale, removeThing, saveAclFor, saveFileInContainer,
  saveSolidDatasetAt, saveSolidDatasetInContainer, setAgentDefaultAccess, setAgentResourceAccess, setThing, universalAccess
} from '@inrupt/solid-client';
import {enter, refusal, tell} from './enter.mjs';

const NAME = 'http://schema.org/name';
const POSITION = 'http://schema.org/position';
const {fetch, more: [step, container, other]} = await enter();
const from = {fetch};
const notes = `${container}notes`;
const load = () => getSolidDataset(notes, from);
const said = (dataset) => getStringNoLocaleAll(getThing(dataset, `${notes}#it`), NAME).sort();

async function write(text) {
  const thing = buildThing(createThing({url: `${notes}#it`})).addStringNoLocale(NAME, text).addInteger(POSITION, 1).build();
  const second = addStringNoLocale(createThing({url: `${notes}#second`}), NAME, 'Persil');
  return saveSolidDatasetAt(notes, setThing(setThing(createSolidDataset(), thing), second), from);
}

const steps = {
  async datasets() {
    await createContainerAt(container, from);
    await write('Basilic');
    const first = await load();
    const stale = await load();
    let thing = removeStringNoLocale(getThing(first, `${notes}#it`), NAME, 'Basilic');
    thing = addInteger(removeAll(addStringNoLocale(thing, NAME, 'Menthe'), POSITION), POSITION, 2);
    const kept = await saveSolidDatasetAt(notes, removeThing(setThing(first, thing), `${notes}#second`), from);
    const again = addStringNoLocale(getThing(kept, `${notes}#it`), NAME, 'Mélisse');
    await saveSolidDatasetAt(notes, setThing(kept, again), from);
    const late = removeStringNoLocale(getThing(stale, `${notes}#it`), NAME, 'Basilic');
    const overtaken = await refusal(() => saveSolidDatasetAt(notes, setThing(stale, addStringNoLocale(late, NAME, 'Thym')), from));
    const over = await refusal(() => write('Ortie'));
    const draft = await saveSolidDatasetInContainer(container, createSolidDataset(), {fetch, slugSuggestion: 'draft'});
    await deleteSolidDataset(draft, from);
    const now = await load();
    return {
      names: said(now), position: getInteger(getThing(now, `${notes}#it`), POSITION), second: getThing(now, `${notes}#second`),
      late: overtaken, over, draft: getSourceUrl(draft), gone: await refusal(() => getSolidDataset(getSourceUrl(draft), from))
    };
  },

  async files() {
    await createContainerAt(container, from);
    const png = new Blob([new Uint8Array([137, 80, 78, 71, 0, 255])], {type: 'image/png'});
    const picture = await saveFileInContainer(container, png, {fetch, slug: 'photo.png'});
    await overwriteFile(`${container}deep/er/text.txt`, new Blob(['un']), {fetch, contentType: 'text/plain'});
    await overwriteFile(`${container}deep/er/text.txt`, new Blob(['deux']), {fetch, contentType: 'text/plain'});
    const read = await getFile(getSourceUrl(picture), from);
    const text = await getFile(`${container}deep/er/text.txt`, from);
    const temporary = await saveFileInContainer(container, new Blob(['x'], {type: 'text/plain'}), from);
    await deleteFile(temporary, from);
    return {
      picture: getSourceUrl(picture), type: read.type, bytes: [...new Uint8Array(await read.arrayBuffer())],
      text: await text.text(), gone: await refusal(() => getFile(getSourceUrl(temporary), from))
    };
  },

  async containers() {
    await createContainerAt(container, from);
    const empty = await createContainerInContainer(container, {fetch, slugSuggestion: 'empty'});
    await saveFileInContainer(container, new Blob(['a'], {type: 'text/plain'}), {fetch, slug: 'a.txt'});
    const listed = getContainedResourceUrlAll(await getSolidDataset(container, from)).sort();
    const full = await refusal(() => deleteContainer(container, from));
    await deleteContainer(empty, from);
    return {
      listed, full, container: isContainer(await getResourceInfo(container, from)),
      left: getContainedResourceUrlAll(await getSolidDataset(container, from))
    };
  },

  async sharing() {
    await createContainerAt(container, from);
    await write('Partagée');
    const before = await universalAccess.getAgentAccess(notes, other, from);
    await universalAccess.setAgentAccess(notes, other, {read: true, append: true}, from);
    await universalAccess.setPublicAccess(notes, {read: true}, from);
    return {
      before, agent: await universalAccess.getAgentAccess(notes, other, from), everybody: await universalAccess.getPublicAccess(notes, from)
    };
  },

  async unsharing() {
    await universalAccess.setPublicAccess(notes, {read: false}, from);
    await universalAccess.setAgentAccess(notes, other, {read: false, append: false}, from);
    return {agent: await universalAccess.getAgentAccess(notes, other, from), everybody: await universalAccess.getPublicAccess(notes, from)};
  },

  async rules() {
    await createContainerAt(container, from);
    await write('Sous la règle du dossier');
    const dataset = await getSolidDatasetWithAcl(container, from);
    const inherited = createAclFromFallbackAcl(dataset);
    const modes = {read: true, append: false, write: false, control: false};
    await saveAclFor(dataset, setAgentDefaultAccess(setAgentResourceAccess(inherited, other, modes), other, modes), from);
    return {below: getAgentAccess(await getSolidDatasetWithAcl(notes, from), other)};
  }
};
tell(await steps[step]());
