"""One file per page: what it reads, what its forms change, and who may."""
