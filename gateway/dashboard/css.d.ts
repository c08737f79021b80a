/* esbuild bundles the style sheets that a module imports; to TypeScript they are modules without exports. */
declare module "*.css";
