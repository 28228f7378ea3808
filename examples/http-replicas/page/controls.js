// @ts-check
/**
 * What can be clicked: the flags' switches, the product, the visitors, and what kills a replica. Each click becomes
 * a command, and the ones that show on the cards are measured.
 */
import { copy, find, write } from './dom.js';
import { changeOf, successorOf } from './stopwatch.js';

/**
 * @import { Events, PrimaryStatus } from '../events.ts'
 * @import { Cards } from './cards.js'
 * @import { OwnFlags } from './own-flags.js'
 * @import { Click, Stopwatch } from './stopwatch.js'
 *
 * @typedef {'page::set-flag' | 'page::set-product' | 'page::kill' | 'page::set-visitors'} CommandName
 * @typedef {<Name extends CommandName>(event: Name, value: Events[Name]) => Promise<unknown>} Publish
 */

/** Flags that can be switched on although nobody has ever set them. */
const offeredFlags = ['new-checkout', 'dark-mode', 'free-delivery'];

export class Controls {
  #cards;
  #flags;
  #stopwatch;
  #publish;
  /** In front of a command's number, so that two pages do not take each other's answers. */
  #drawn = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16)).join('');
  #count = 0;

  /**
   * @param {Cards} cards
   * @param {OwnFlags} flags
   * @param {Stopwatch} stopwatch
   * @param {Publish} publish
   */
  constructor(cards, flags, stopwatch, publish) {
    this.#cards = cards;
    this.#flags = flags;
    this.#stopwatch = stopwatch;
    this.#publish = publish;
    document.addEventListener('click', (event) => {
      const button = /** @type {Element} */ (event.target).closest('button');
      if (button !== null) this.#clicked(button, event.timeStamp);
    });
  }

  /** The flags as this page has them, and whether there is anybody to tell. */
  show() {
    for (const name of new Set([...offeredFlags, ...this.#flags.names])) {
      flagSwitch(name).setAttribute('aria-checked', String(this.#flags.isOn(name)));
    }
    const isEnabled = document.body.dataset['link'] === 'open' && this.#cards.living.length > 0;
    for (const control of document.querySelectorAll('.panel button, .panel select')) {
      /** @type {HTMLButtonElement | HTMLSelectElement} */ (control).disabled = !isEnabled;
    }
  }

  /** @param {PrimaryStatus} status */
  showPrimary({ visitors }) {
    find('[data-action="set-visitors"]').setAttribute('aria-checked', String(visitors));
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {number} at by `performance.now()`
   */
  #clicked(button, at) {
    const cards = this.#cards;
    const isOff = button.getAttribute('aria-checked') !== 'true';
    switch (button.dataset['action']) {
      case 'toggle-flag': {
        const { flag: name = '' } = button.dataset;
        const what = `${allReplicas(cards)} showed ${name} ${isOff ? 'on' : 'off'}`;
        const click = { at, what, look: changeOf(cards, 'flag', name) };
        this.#command('page::set-flag', { to: anyReplica(cards), name, on: isOff }, click);
        break;
      }
      case 'change-product': {
        const { value: id, selectedOptions } = /** @type {HTMLSelectElement} */ (find('#product'));
        const name = selectedOptions[0]?.text ?? '';
        const price = Math.round(20 * (2 + 28 * Math.random())) / 20;
        const what = `${allReplicas(cards)} knew that ${name} costs ${price.toFixed(2)} now`;
        const click = { at, what, look: changeOf(cards, 'product', id) };
        this.#command('page::set-product', { to: anyReplica(cards), id, name, price }, click);
        break;
      }
      case 'kill': {
        const card = cards.get(Number(button.closest('article')?.dataset['replica']));
        if (card === undefined) return;
        const what = `another one serves in the place of replica ${card.replica}`;
        this.#command('page::kill', { replica: card.replica }, { at, what, look: successorOf(card) });
        break;
      }
      case 'set-visitors':
        this.#command('page::set-visitors', { on: isOff });
        break;
      default: // clicked beside what does something
    }
  }

  /**
   * @template {CommandName} Name
   * @param {Name} event
   * @param {Omit<Events[Name], 'command'>} order
   * @param {Omit<Click, 'command'>} [click] to be measured
   */
  #command(event, order, click) {
    const command = `${this.#drawn}-${++this.#count}`;
    if (click !== undefined) this.#stopwatch.start({ command, ...click });
    this.#publish(event, /** @type {Events[Name]} */ ({ command, ...order })).catch((error) =>
      this.#stopwatch.failed(command, error instanceof Error ? error.message : String(error)),
    );
  }
}

/** @param {string} name */
function flagSwitch(name) {
  const list = find('[data-list="flags"]');
  const found = [...list.querySelectorAll('button')].find((button) => button.dataset['flag'] === name);
  if (found !== undefined) return found;
  const button = copy('#switch');
  button.dataset['flag'] = name;
  write('name', name, button);
  list.append(button);
  return button;
}

/**
 * Any will do: what it changes, all will have.
 *
 * @param {Cards} cards
 */
function anyReplica({ living }) {
  return living[Math.floor(Math.random() * living.length)]?.replica ?? 0;
}

/** @param {Cards} cards */
function allReplicas({ living }) {
  return living.length === 1 ? 'the only replica' : `all ${living.length} replicas`;
}
