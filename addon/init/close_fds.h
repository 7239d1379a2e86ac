#ifndef NOCI_INIT_CLOSE_FDS_H
#define NOCI_INIT_CLOSE_FDS_H

/**
 * Closes `first` to `last`, both of them too; none is open from `limit` on. A profile from before Linux 5.9 knows nothing of
 * close_range(2), and then they are closed one by one. False with errno of the first that could not be closed.
 */
bool close_fds(unsigned first, unsigned last, unsigned limit);

#endif
