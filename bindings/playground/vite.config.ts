import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Tells the worker that keeps the site what the site is made of. */
function keeper(): Plugin {
  return {
    name: 'keeper',
    apply: 'build',
    enforce: 'post',
    generateBundle(_, bundle) {
      const files = [...Object.keys(bundle).filter(name => name !== 'index.html'), 'gate.svg'].sort();
      // Names have hashes of what is in them; the page itself has not.
      const page = bundle['index.html'];
      const hash = createHash('sha256').update(files.join('\n'));
      if (page?.type === 'asset') hash.update(page.source);
      const source = readFileSync(join(import.meta.dirname, 'src/offline/keeper.js'), 'utf8')
        .replace('/* files */', JSON.stringify(files))
        .replace('/* version */', hash.digest('hex').slice(0, 16));
      this.emitFile({ type: 'asset', fileName: 'keeper.js', source });
    },
  };
}

export default defineConfig({
  // Relative, so that the site works in any folder of any server.
  base: './',
  plugins: [react(), keeper()],
  resolve: {
    // The package beside this one, as it was built last.
    alias: [{ find: /^portcullis-web\/(\w+)/, replacement: join(import.meta.dirname, '../web/$1.js') }],
  },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1024,
  },
  // The lessons are the repository's own examples.
  server: { fs: { allow: ['../..'] } },
});
