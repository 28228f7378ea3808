/**
 * No cluster at all: one process, nothing forked. The parts of an application speak to each other as they
 * will when it has workers one day.
 */
import { startPrimary } from 'clustercast';

interface Events {
  article: { title: string };
}

const primary = await startPrimary();
const editor = primary.connect<Events>();
const search = primary.connect<Events>();
const feed = primary.connect<Events>();

await search.subscribe('article', ({ title }) => console.log(`search: ${title}`));
await feed.subscribe('article', ({ title }) => console.log(`feed: ${title}`));

const { listeners } = await editor.publish('article', { title: 'Tea' });
console.log(`editor: ${listeners} others were told`);

await primary.close(); // every client gets what was accepted, and ends
