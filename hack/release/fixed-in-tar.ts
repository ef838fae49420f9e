/** Options of tar by which the same content gives the same bytes, whoever packs it and when. */
export const fixedInTar = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'] as const;
