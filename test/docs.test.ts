import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { globSync } from 'tinyglobby';
import { projectFile } from '../stack/project.ts';

const folder = projectFile();
const pages = globSync(['*.md', '{bench,config,docs,samples}/**/*.md'], { cwd: folder });
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

t.test('links lead somewhere', async (t) => {
  t.ok(pages.includes('README.md'));
  for (const page of pages) {
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      t.ok(existsSync(join(folder, dirname(page), target)), `${page}: ${target}`);
    }
  }
});

t.test('a test of that title holds each rule of docs/delivery.md', async (t) => {
  const rows = [
    ...read('docs/delivery.md').matchAll(/^\|.*\| (test\/\S+\.test\.ts) \| (.+) \|$/gm),
  ];
  t.ok(rows.length > 30);
  for (const [, file = '', title = ''] of rows) {
    const source = read(file);
    const there = [`'${title}'`, `: ${title}\``].some((quoted) => source.includes(quoted));
    t.ok(there, `${file}: ${title}`);
  }
});
