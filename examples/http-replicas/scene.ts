/**
 * The scene that is played against the replicas: which changes are made on one, and what all have to answer then.
 */
import { flag, price, priceAndCache, Stage, type Step } from './stage.js';

/** Plays it, step by step, on `count` replicas behind `url`. Throws what keeps it from going on. */
export async function* playScene(
  url: string,
  count: number,
  signal: AbortSignal,
): AsyncGenerator<Step, void, undefined> {
  const stage = new Stage(url, count, signal);
  const [teapot, kettle, checkout] = ['/products/1', '/products/2', '/flags/new-checkout'];

  yield await stage.change('flag new-checkout on', checkout, { on: true }, flag, 'on');
  yield await stage.look('product 1 read', teapot, priceAndCache, '8.50'); // a miss, unless asked twice
  yield await stage.look('product 1 read again', teapot, priceAndCache, '8.50 hit');
  yield await stage.change('product 1 changed', teapot, { name: 'Teapot', price: 9.75 }, price, '9.75');

  // Each replica has read the old price and waits for it to arrive: none may keep it.
  const loads = stage.askEach(kettle);
  const newKettle = { name: 'Kettle', price: 19 };
  yield await stage.change('product 2 changed while all load it', kettle, newKettle, price, '19.00', loads);

  const { newcomer, step } = await stage.kill();
  yield step;
  yield await stage.look(`flag new-checkout, #${newcomer} has it`, checkout, flag, 'on');
  yield await stage.look(`product 1 read, by #${newcomer} too`, teapot, price, '9.75');
  yield await stage.change('product 1 changed', teapot, { name: 'Teapot', price: 7 }, price, '7.00');
  yield await stage.change('flag new-checkout off', checkout, { on: false }, flag, 'off');
}
