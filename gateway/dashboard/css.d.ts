/** Style sheets are imported for what they do, and esbuild puts them into one. */
declare module "*.css";
