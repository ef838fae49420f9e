const names =
  /^(?:.*[-_.])?(?:licen[cs]es?|copying|notices?|copyrights?(?:notice)?|unlicen[cs]e|patents?|authors?|third[-_.]?party[-_.a-z]*)(?:[-_.].*)?$/i;
const folders = /(?:^|\/)(?:licen[cs]es?|third[-_.]?party(?:[-_.]licen[cs]es?)?)\/[^/]+$/i;
const code = /\.(?:[cm]?[jt]sx?|map|json|wasm|node|css|html?)$/i;

/** A file with the terms under which something may be passed on, or with what they ask to be passed on. */
export const isLicence = (path: string): boolean =>
  !code.test(path) && (names.test(path.split('/').at(-1) ?? '') || folders.test(path));

const terms =
  /permission is hereby granted|redistribution and use in source|permission to use, copy, modify|apache license\s+version 2/i;

/** What a README says of the licence, from its last heading on; undefined where it has not the text. */
export const licenceIn = (readMe: string): string | undefined => {
  const heading = [...readMe.matchAll(/^(?:#+ *\(?licen[cs]e.*|\(?licen[cs]e\)?\n[-=]+)$/gim)].at(-1);
  const section = heading && readMe.slice(heading.index);
  if (section !== undefined && terms.test(section)) return section;
  return terms.test(readMe) ? readMe : undefined;
};

type Manifest = {
  readonly name?: string;
  readonly license?: unknown;
  readonly author?: unknown;
};

const mit = (holder: string): string => `MIT License

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

/**
 * The text for a package that names its licence and was published without it; undefined where only a person can find it.
 * @param apache the text of the Apache License 2.0
 */
export const licenceText = ({ name = '', license, author }: Manifest, apache: string): string | undefined => {
  const written =
    typeof author === 'object' && author !== null ? (author as { name?: unknown }).name : author;
  const holder = typeof written === 'string' && written !== '' ? written : `the authors of ${name}`;
  const said = `${name} was published under the licence ${license} without its text, which is:\n\n`;
  if (license === 'MIT') return said + mit(holder);
  if (license === 'Apache-2.0') return said + apache;
  return undefined;
};
