import { expect } from 'chai';
import { hostileServer, times } from '../../build/hostile-server.ts';

describe('hostile and large input', () => {
  const { subject, send, ask, sent, register, check, isRegistered } = hostileServer();

  describe('references', () => {
    it('of each schema to ten others, eight levels deep, each followed once: AVRO', async () => {
      let below: string[] = [];
      for (let level = 0; level < 8; level++) {
        const names = times(10, (n) => `L${level}_${n}`);
        for (const name of names) {
          const fields = below.flatMap((type) => [1, 2].map((n) => ({ name: `${type}_${n}`, type })));
          const text = JSON.stringify({ type: 'record', name, fields });
          const references = below.map((type) => ({ name: type, subject: `bomb-${type}`, version: 1 }));
          const { status, body } = await register(`bomb-${name}`, 'AVRO', text, { references });
          expect(status, JSON.stringify(body).slice(0, 300)).to.equal(200);
        }
        below = names;
      }
      const { body } = await ask('GET', '/subjects/bomb-L7_0/versions/1?format=resolved');
      expect(body.schema.length).to.be.within(1_000, 100_000);
      const whole = await check('bomb-L7_0', 'AVRO', body.schema);
      expect(whole.body).to.deep.equal({ is_compatible: true, messages: [] });
    });

    it('inside a schema, doubled 30 times over, are followed once: JSON', async () => {
      const definitions = Object.fromEntries(
        times(30, (n) => [
          `d${n}`,
          {
            anyOf: [1, 2].map((i) => ({
              type: 'array',
              title: `${i}`,
              items: { $ref: `#/definitions/d${n + 1}` },
            })),
          },
        ]),
      );
      const text = JSON.stringify({
        $ref: '#/definitions/d0',
        definitions: { ...definitions, d30: { type: 'string' } },
      });
      const name = await isRegistered('JSON', text);
      expect((await check(name, 'JSON', text)).body.is_compatible).to.equal(true);
    });

    it('in thousands are refused', async () => {
      const references = times(5_000, (n) => ({ name: `n${n}`, subject: 'bomb-L0_0', version: 1 }));
      const { body } = await register(subject(), 'AVRO', '"int"', { references });
      expect(body.error_code).to.equal(42201);
    });

    it('that cross each other by the thousand are refused', async () => {
      const record = (name: string) => JSON.stringify({ type: 'record', name, fields: [] });
      const [leaves, knots] = [times(100, (n) => `Leaf${n}`), times(101, (n) => `Knot${n}`)];
      const to = (names: readonly string[]) => names.map((name) => ({ name, subject: name, version: 1 }));
      for (const name of leaves)
        await send('POST', `/subjects/${name}/versions`, JSON.stringify(sent('AVRO', record(name))));
      for (const name of knots) {
        const { status } = await send(
          'POST',
          `/subjects/${name}/versions`,
          JSON.stringify(sent('AVRO', record(name), { references: to(leaves) })),
        );
        expect(status).to.equal(200);
      }
      const few = await register(subject(), 'AVRO', record('Few'), { references: to(knots.slice(0, 50)) });
      expect(few.status).to.equal(200);
      const many = await register(subject(), 'AVRO', record('Many'), { references: to(knots) });
      expect(many.body.error_code).to.equal(42201);
      expect(many.body.message).to.contain('more than 10000');
    });

    for (const [type, text] of [
      [
        'JSON',
        (name: string, below: readonly string[]) =>
          JSON.stringify({
            $id: `http://bombs/${name}`,
            properties: Object.fromEntries(
              below.flatMap((one) => [1, 2].map((n) => [`${one}_${n}`, { $ref: `http://bombs/${one}` }])),
            ),
          }),
      ],
      [
        'PROTOBUF',
        (name: string, below: readonly string[]) =>
          `syntax = "proto3"; ${below.map((one) => `import "http://bombs/${one}";`).join(' ')} message ${name} { ${below.map((one, n) => `${one} a${n} = ${2 * n + 1}; repeated ${one} b${n} = ${2 * n + 2};`).join(' ')} }`,
      ],
    ] as const) {
      it(`of each schema to ten others, six levels deep: ${type}`, async () => {
        let below: string[] = [];
        for (let level = 0; level < 6; level++) {
          const names = times(10, (n) => `${type}${level}_${n}`);
          for (const name of names) {
            const references = below.map((one) => ({
              name: `http://bombs/${one}`,
              subject: one,
              version: 1,
            }));
            const { status, body } = await register(name, type, text(name, below), { references });
            expect(status, JSON.stringify(body).slice(0, 300)).to.equal(200);
          }
          below = names;
        }
        const before = times(10, (n) => `${type}4_${n}`);
        const references = before.map((one) => ({ name: `http://bombs/${one}`, subject: one, version: 1 }));
        const schema = text(`${type}5_0`, before);
        const { body } = await ask(
          'POST',
          `/compatibility/subjects/${type}5_0/versions/latest`,
          sent(type, schema, { references }),
        );
        expect(body).to.deep.equal({ is_compatible: true });
      });
    }

    for (const [type, text, open] of [
      [
        'AVRO',
        (n: number) => ({
          name: `Level${n}`,
          text: JSON.stringify({
            type: 'record',
            name: `Level${n}`,
            fields: n === 0 ? [] : ['a', 'b'].map((name) => ({ name, type: `Level${n - 1}` })),
          }),
        }),
        'resolved',
      ],
      [
        'JSON',
        (n: number) => ({
          name: `http://levels/${n}`,
          text: JSON.stringify({
            $id: `http://levels/${n}`,
            properties:
              n === 0 ? {} : { a: { $ref: `http://levels/${n - 1}` }, b: { $ref: `http://levels/${n - 1}` } },
          }),
        }),
        'none',
      ],
      [
        'PROTOBUF',
        (n: number) => ({
          name: `level${n}.proto`,
          text: `syntax = "proto3"; ${n === 0 ? '' : `import public "level${n - 1}.proto";`} message Level${n} { ${n === 0 ? '' : `Level${n - 1} a = 1; Level${n - 1} b = 2;`} }`,
        }),
        'serialized',
      ],
    ] as const) {
      it(`doubled at each of 30 levels are followed once: ${type}`, async () => {
        const at = (n: number) => `levels-${type}-${n}`;
        for (let n = 0; n < 30; n++) {
          const references = n === 0 ? [] : [{ name: text(n - 1).name, subject: at(n - 1), version: 1 }];
          const { status, body } = await register(at(n), type, text(n).text, { references });
          expect(status, JSON.stringify(body).slice(0, 300)).to.equal(200);
        }
        const shown = await ask('GET', `/subjects/${at(29)}/versions/1?format=${open}`);
        expect(shown.body.schema.length).to.be.below(10_000);
        const references = [{ name: text(28).name, subject: at(28), version: 1 }];
        const { body } = await ask(
          'POST',
          `/compatibility/subjects/${at(29)}/versions/1`,
          sent(type, text(29).text, { references }),
        );
        expect(body).to.deep.equal({ is_compatible: true });
      });
    }

    it('of a schema to itself are refused', async () => {
      const { body } = await register('selfish', 'AVRO', '"Self"', {
        references: [{ name: 'Self', subject: 'selfish', version: 1 }],
      });
      expect(body.error_code).to.equal(42201);
    });
  });
});
