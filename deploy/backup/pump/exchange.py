"""Lets two folders change places, in one moment that nothing can come into.

renameat2(2) with RENAME_EXCHANGE, since Linux 3.15 on ext4, since 4.9 on XFS, Btrfs and overlayfs.
"""

import ctypes
import os

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE, linux/fcntl.h and linux/fs.h


def exchange(one: str, other: str) -> None:
    """Let `one` and `other`, of one file system, change places. Raises `OSError`."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), one)
