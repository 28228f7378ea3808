// @ts-check
/**
 * The live page: a client of the server like any other, with the id that its address carries behind the `#`. Shows what
 * the replicas and the primary tell, and what it holds itself, and publishes what is clicked.
 */
// oxlint-disable-next-line import/no-absolute-path -- an address: where the server has clustercast/browser/state
import { JsonRpcClient, webSocket } from '/clustercast-state.js';
import { Cards } from './cards.js';
import { Controls } from './controls.js';
import { find, write } from './dom.js';
import { OwnFlags } from './own-flags.js';
import { Stopwatch } from './stopwatch.js';

/**
 * @import { Events } from '../events.ts'
 * @import { State } from '../state.ts'
 */

/** Whoever subscribes, or asks, waits for the server as long as it takes. */
const patient = { timeout: 2 ** 31 - 1 };

const id = location.hash.slice(1);
addEventListener('hashchange', () => location.reload());
if (id === '') {
  showLink('closed', 'no id');
  notify(
    'This address lacks the id that lets the page in. Open the one that the terminal shows, with all behind the #.',
  );
} else {
  run(id);
}

/** @param {string} clientId */
function run(clientId) {
  /** @type {JsonRpcClient<Events, State>} */
  const client = new JsonRpcClient(clientId, webSocket.connect(`ws://${location.host}/sync`));
  const cards = new Cards(find('[data-list="places"]'));
  const stopwatch = new Stopwatch(cards, find('.measure'));
  const flags = new OwnFlags(cards, find('[data-field="own-flags"]'));
  const controls = new Controls(cards, flags, stopwatch, (event, value) => client.publish(event, value));
  const shown = () => {
    flags.show();
    controls.show();
    stopwatch.look();
  };
  shown();
  setInterval(() => cards.tick(), 1_000);

  client.on('connect', () => {
    showLink('open', 'connected');
    shown();
  });
  client.on('disconnect', () => {
    showLink('lost', 'disconnected, trying again…');
    stopwatch.stop('Not measured: the link was lost.');
    shown();
  });
  client.on('gap', () => {
    // What was told meanwhile is unknown, and with it whether anything that is shown still holds.
    cards.clear();
    stopwatch.stop('Not measured: something was missed.');
    shown();
    void askAll();
  });
  client.on('close', () => {
    showLink('closed', 'refused');
    notify('The service does not know this page. Open the address that its terminal shows now.');
    shown();
  });

  client.on('error', (error) => console.error(error));

  /** Everybody is to tell what there is. If it is lost with the link, the gap that follows asks again. */
  const askAll = () => client.publish('page::hello', null, patient).catch(() => undefined);
  /** @param {unknown} error */
  const failed = (error) => {
    if (client.stats().state !== 'closed')
      notify(`Something failed: ${String(error)}. Load this page again.`);
  };
  Promise.all([
    client.map('flags', patient).then((map) => flags.follow(map, shown)),
    client.subscribe(
      'replica::status',
      (status) => {
        cards.showStatus(status);
        shown();
      },
      patient,
    ),
    client.subscribe(
      'primary::status',
      (status) => {
        cards.showRecords(status.replicas);
        controls.showPrimary(status);
        shown();
      },
      patient,
    ),
    client.subscribe('command::done', ({ command, version }) => stopwatch.done(command, version), patient),
    client.subscribe('command::failed', ({ command, reason }) => stopwatch.failed(command, reason), patient),
  ]).then(askAll, failed);
}

/**
 * @param {'open' | 'lost' | 'closed'} state
 * @param {string} text
 */
function showLink(state, text) {
  document.body.dataset['link'] = state;
  write('link', text);
}

/** @param {string} text */
function notify(text) {
  write('notice', text);
  find('[data-field="notice"]').hidden = false;
}
