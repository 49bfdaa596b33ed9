"""One file a peer: the same network written the way its documentation shows for speed, short enough to be checked."""
