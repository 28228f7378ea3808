/** By what a network address is counted: one IPv4 address, or all that share the first half of an IPv6 one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { countedAddress } from '#lib/json-rpc/media/address.js';
import { holds } from '../../support/property.js';

/** As short as it may be, or not. */
const written = (all: readonly number[], isShort: boolean): string => {
  const text = all.map((each) => each.toString(16)).join(':');
  return isShort ? new URL(`ws://[${text}]`).hostname.slice(1, -1) : text;
};

describe('the address by which a peer is counted', () => {
  it('is an IPv4 address as it is, also where it is mapped into IPv6', () => {
    for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])
      assert.equal(countedAddress(address), '127.0.0.1');
  });

  it('is what is no IP address, too, such as a name that a proxy gives', () => {
    assert.equal(countedAddress('customer 7'), 'customer 7');
    assert.equal(countedAddress(''), '');
    assert.equal(countedAddress(undefined), undefined);
  });

  it('is the first 64 bits of an IPv6 address, however it is written', () => {
    for (const [address, counted] of [
      ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
      ['2001:DB8:0001:0002::6', '2001:db8:1:2::/64'],
      ['2001:db8::3:4:5:6', '2001:db8:0:0::/64'],
      ['2001:db8:1:2::', '2001:db8:1:2::/64'],
      ['2001:db8:1::4:5:6:7', '2001:db8:1:0::/64'],
      ['fe80::1%eth0', 'fe80:0:0:0::/64'],
      ['::1', '0:0:0:0::/64'],
      ['::', '0:0:0:0::/64'],
      ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
      ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ] as const)
      assert.equal(countedAddress(address), counted, address);
  });

  it('is the same for two IPv6 addresses exactly if their first 64 bits are', () => {
    const group = fc.oneof(fc.constantFrom(0, 0, 0xff, 0xffff), fc.nat(0xffff));
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    holds(
      fc.property(groups, groups, fc.nat(8), fc.boolean(), (one, other, shared, isShort) => {
        // A mapped IPv4 address is none of these.
        const [first, second] = [one, [...one.slice(0, shared), ...other.slice(shared)]].map((all) => [
          0x2001,
          ...all.slice(1),
        ]) as [number[], number[]];
        const isSame = first.slice(0, 4).join() === second.slice(0, 4).join();
        const counted = [countedAddress(written(first, isShort)), countedAddress(written(second, false))];
        assert.equal(counted[0] === counted[1], isSame, counted.join(' '));
      }),
    );
  });
});
