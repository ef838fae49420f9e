import { availableParallelism } from 'node:os';
import { expect } from 'chai';
import { BadSettings, readSettings, settingsTable } from '../../registry-server/settings.ts';

describe('settings', () => {
  it('have a default or may be absent', () => {
    const settings = readSettings({});
    expect(settings).to.include({
      port: 8080,
      maxConnections: 50,
      logFormat: 'json',
      isMetricsEnabled: true,
    });
    expect(settings.databaseUrl).to.equal(undefined);
  });

  it('take an empty variable for none', () => {
    expect(readSettings({ DATABASE_URL: '', SERVER_PORT: '' })).to.include({ port: 8080 });
  });

  it('name every variable that is wrong, and what would be right', () => {
    const read = () =>
      readSettings({
        SERVER_PORT: '80 80',
        LOG_FORMAT: 'xml',
        ENABLE_METRICS: 'yes',
        CACHE_TTL: '1h',
        LOG_LEVEL: 'debug',
      });
    expect(read).to.throw(BadSettings);
    expect(read).to.throw(
      /SERVER_PORT: "80 80" is not a whole number.*\n.*ENABLE_METRICS: "yes" is neither true nor false\n.*CACHE_TTL.*\n.*LOG_FORMAT: "xml" is none of json, text$/s,
    );
  });

  it('never show a password', () => {
    for (const DATABASE_URL of [
      'postgres//u:s3cret@h/db',
      'mysql://u:s3cret@h/db',
      'postgres://u:s3cret@h:x/db',
    ]) {
      expect(() => readSettings({ DATABASE_URL, REDIS_URL: 'http://:s3cret@h' }))
        .to.throw(/DATABASE_URL: the value .*\nREDIS_URL/s)
        .with.property('message')
        .that.does.not.include('s3cret');
    }
  });

  it('compare what belongs together', () => {
    expect(() => readSettings({ DATABASE_MIN_CONNECTIONS: '60' })).to.throw(/DATABASE_MIN_CONNECTIONS/);
    expect(() => readSettings({ JWT_JWKS_URL: 'https://a/keys', JWT_ISSUER: 'https://a' })).to.throw(
      'JWT_JWKS_URL: needs JWT_ISSUER and JWT_AUDIENCE',
    );
    expect(() => readSettings({ JWT_JWKS_URL: 'https://a/keys', JWT_SECRET_FILE: '/secret' })).to.throw(
      'JWT_SECRET_FILE and JWT_JWKS_URL: set one of them',
    );
    expect(() => readSettings({ API_KEY_HEADER: 'Authorization' })).to.throw(
      'API_KEY_HEADER: "Authorization" is not the name of a header that is free, such as X-API-Key',
    );
  });

  it('take several workers only where there is a database for them', () => {
    const DATABASE_URL = 'postgres://u@h/db';
    expect(() => readSettings({ WORKERS: '2' })).to.throw(/WORKERS: "2" needs DATABASE_URL/);
    expect(() => readSettings({ WORKERS: 'many' })).to.throw(/WORKERS: "many" is neither auto nor/);
    expect(() => readSettings({ DATABASE_URL, WORKERS: '60' })).to.throw(
      /more than DATABASE_MAX_CONNECTIONS/,
    );
    expect(readSettings({ DATABASE_URL, WORKERS: '2' })).to.include({ workers: 2 });
    expect(readSettings({ WORKERS: 'auto' })).to.include({ workers: 1 });
    expect(readSettings({ DATABASE_URL, WORKERS: 'auto' }).workers).to.equal(availableParallelism());
  });

  for (const { name, default: text, parse, description } of settingsTable) {
    it(`say what ${name} is for`, () => {
      expect(description).not.to.equal('');
      if (text !== undefined) expect(() => parse(text)).not.to.throw();
    });
  }
});
